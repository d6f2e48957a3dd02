/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_TYPES_H
#define KT_RECORD_TYPES_H
/*
 * The types of records: for each one a struct, one writer and one reader. Nobody else makes or
 * takes apart a record's JSON; SCHEMA.md has a row for each field, and a test holds both together.
 *
 * A writer takes any value that its struct can hold and appends one record: whole numbers up to
 * 2^64-1 (those from 2^63 on stand as decimal strings, since JSON readers take 63 bits), numbers
 * that are NaN or infinite (null), names of any bytes (see record_string()). What a writer can
 * write the reader of the same type accepts, and gets the same values back.
 *
 * A reader fills its struct from a record that may hold anything. Strings and JSON values in the
 * struct belong to the record. On failure it returns -EINVAL with the reason in @why ("iterations
 * is not a whole number"), and of the struct only the names that say what the record is about
 * (question, kind, subject, arm; the name of a question) may be used: NULL where they could not be
 * read. A field that is not there reads as 0, false, NAN or NULL unless its row in SCHEMA.md says
 * that it must be there.
 *
 * Both return 0 or -errno; writers as record_write().
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/hist.h"

struct record_writer;

/* A name and a number: a counter (any number), a loss (a whole one). */
struct record_number {
	const char *name;
	double value;
};

struct record_count {
	const char *name;
	uint64_t value;
};

/* ---- header, environment, end ---------------------------------------------------------------- */

/* What one program was built as. NULL: not known. */
struct record_build {
	const char *version;  /* "0.1.0-12-gabc1234", "+" at its end when the tree was changed */
	const char *build_id; /* of its ELF file, in hexadecimal */
	const char *compiler, *flags;
};

/* What the arms of a question are compared with. */
enum record_kind {
	RECORD_ARMS,	 /* the question's baseline arm */
	RECORD_BUILDS,	 /* the same arm in another build of the suite: sides "old", "new" */
	RECORD_SETTINGS, /* the same arm under another setting of the machine: sides "A", "B" */
	NR_RECORD_KINDS
};

/* record_kind_name - "arms", "builds", "settings" */
const char *record_kind_name(enum record_kind k);

/* The build that the run's suite is compared with. */
struct record_against {
	const char *name;	/* as the user gave it; NULL: there is none */
	const char *suite_name; /* its file name without directories */
	struct record_build build;
};

enum record_code_status {
	RECORD_CODE_NOT_COMPARED,
	RECORD_CODE_SAME,
	RECORD_CODE_CHANGED,
	RECORD_CODE_UNKNOWN,
	NR_RECORD_CODE_STATUSES
};

#define RECORD_MAX_CODE_NAMES 20

/* The functions of both builds, compared except for where they lie. */
struct record_code {
	enum record_code_status status;
	const char *reason; /* of UNKNOWN */
	uint64_t compared, changed;
	size_t nr_names; /* some of those that changed */
	const char *changed_name[RECORD_MAX_CODE_NAMES];
};

/* Begins a run. Written first; the file put together by cat has several. */
struct record_header {
	int schema;	  /* read: that of the file */
	const char *tool; /* "bench", "trace" */
	struct record_build kt;
	struct record_build suite; /* bench: of the suite binary; all NULL: not said */
	const char *suite_name;	   /* bench: its file name without directories; NULL: none */
	json_t *command;	   /* array of strings */
	const char *id;		   /* UUID; two headers of one id are the same run; see below */
	const char *start;	   /* UTC, ISO 8601 */
	uint64_t start_ns;
	bool has_seed;
	uint64_t seed;
	bool traced;		  /* bench */
	const char *trace_reason; /* bench: why not traced; NULL */
	/* bench: of runs with two sides; the suite above is then the new one */
	enum record_kind kind;
	struct record_against against; /* builds */
	const char *toggle[2];	       /* settings: the commands that make A and B; NULL */
	struct record_code code;       /* builds */
	uint64_t hosts, runs;	       /* of a run that is the union of others: how many; else 0 */
};

#define RECORD_ID_SIZE 37

/* record_make_id - a new one, for those who need it before the file is there */
void record_make_id(char id[RECORD_ID_SIZE]);

/*
 * record_write_header - @h without schema, start, start_ns and command, which are made here; so is
 * an id that is NULL
 */
int record_write_header(struct record_writer *w, const struct record_header *h, int argc,
			char **argv);
int record_read_header(const json_t *record, struct record_header *h, char *why, size_t whylen);

/* record_write_environment - machine, kernel, CPUs, clock, mitigations, limits, warnings */
int record_write_environment(struct record_writer *w);

/* What distinguishes machines and kernels; the rest of an environment is for people, in @all. */
struct record_environment {
	const char *host_id, *kernel; /* "release version" is not needed: release alone */
	const char *boot_id;	      /* NULL: not known */
	json_t *all;
};
int record_read_environment(const json_t *record, struct record_environment *e, char *why,
			    size_t whylen);

/* What an environment says to tell machines and kernels apart; "" where it is not known. */
struct record_machine {
	char host_id[32], cpu[256], kernel[96];
};

/* record_machine_now - this one */
void record_machine_now(struct record_machine *m);

enum record_status { RECORD_COMPLETE, RECORD_INTERRUPTED };
int record_write_end(struct record_writer *w, enum record_status status);
int record_read_end(const json_t *record, enum record_status *status, char *why, size_t whylen);

/* ---- questions of a bench run ---------------------------------------------------------------- */

#define RECORD_MAX_ARMS 64

struct record_arm {
	const char *name;
	const char *label; /* NULL: none */
	uint64_t epoch_ns; /* in a calibration */
	/*
	 * Of a question of two sides: its name in the suite, the side, and the name of the arm that
	 * it is compared with (NULL: of none). All NULL: the question has one side.
	 */
	const char *of, *side, *against;
};

struct record_skipped {
	const char *arm, *reason;
};

struct record_question {
	const char *name;
	bool latency;	      /* mode "latency", else "time" */
	const char *baseline; /* NULL: none */
	double zone;
	bool phases;
	enum record_kind kind;
	size_t nr_arms, nr_skipped;
	struct record_arm arm[RECORD_MAX_ARMS];
	struct record_skipped skipped[RECORD_MAX_ARMS];
};
int record_write_question(struct record_writer *w, const struct record_question *q);
int record_read_question(const json_t *record, struct record_question *q, char *why, size_t whylen);

struct record_calibration {
	const char *question;
	uint64_t iterations;
	size_t nr_arms;
	struct record_arm arm[RECORD_MAX_ARMS];
};
int record_write_calibration(struct record_writer *w, const struct record_calibration *c);
int record_read_calibration(const json_t *record, struct record_calibration *c, char *why,
			    size_t whylen);

#define RECORD_MAX_NUMBERS 64

struct record_epoch {
	const char *arm;
	uint64_t iterations, start_ns, end_ns, cpu_ns, nvcsw, nivcsw, minflt;
	size_t nr_counters, nr_losses;
	struct record_number counter[RECORD_MAX_NUMBERS];
	struct record_count loss[RECORD_MAX_NUMBERS]; /* "impossible": values left out */
	struct hist *hist;			      /* the caller's */
};

/* An epoch that was not kept. */
struct record_dropped {
	const char *arm, *reason;
};

/* What disturbed a block or an instance; NAN: not known. */
struct record_noise {
	double steal, psi_cpu, canary_ns;
	double foreign;	  /* CPUs that other programs kept busy, on average */
	uint64_t wall_ns; /* the time that this is about; 0: not said, its epochs' */
};

struct record_block {
	const char *question;
	uint64_t number;
	bool traced;
	size_t nr_epochs, nr_dropped;
	const struct record_epoch *epoch; /* writing: in the order in which they ran */
	struct record_dropped dropped[RECORD_MAX_ARMS];
	struct record_noise noise;
};
int record_write_block(struct record_writer *w, const struct record_block *b);

/*
 * record_read_block - all but the epochs; record_read_epoch() reads number @i of b->nr_epochs, so
 * that one that is bad costs itself only. @e->hist is given by the caller; on failure @e->arm is
 * the arm where it could be read, else NULL.
 */
int record_read_block(const json_t *record, struct record_block *b, char *why, size_t whylen);
int record_read_epoch(const json_t *record, size_t i, struct record_epoch *e, char *why,
		      size_t whylen);

/* ---- instances ------------------------------------------------------------------------------- */

/* One short epoch of an arm, as far as pairs need it. */
struct record_pass {
	uint64_t block;	   /* passes of one block make pairs */
	uint64_t start_ns; /* CLOCK_MONOTONIC */
	uint64_t ns, iterations;
	double p50; /* of its values, ns; in mode "time" ns / iterations; NAN: none */
};

/* What one arm did in an instance. */
struct record_part {
	const char *arm;
	size_t nr_passes;
	const struct record_pass *pass;		/* writing; record_read_pass() reads */
	uint64_t cpu_ns, nvcsw, nivcsw, minflt; /* over all passes */
	size_t nr_counters, nr_losses;
	struct record_number counter[RECORD_MAX_NUMBERS]; /* sums */
	struct record_count loss[RECORD_MAX_NUMBERS];
	struct hist *hist; /* the caller's: all operations of all passes */
};

/*
 * One set-up of all arms and the untraced blocks measured on it; traced blocks are blocks. Arms that
 * are decided rest: they are in few of the later instances, or in none.
 */
struct record_instance {
	const char *question;
	uint64_t number;
	/*
	 * Operations that each value in the histograms stands for: values and p50s are of so many
	 * together, and readers divide. Read: at least 1; written: 0 is 1.
	 */
	uint64_t batch;
	uint64_t setup_ns; /* tearing down the arms of the one before, setting up these */
	size_t nr_parts, nr_dropped;
	const struct record_part *part; /* writing */
	struct record_dropped dropped[RECORD_MAX_ARMS];
	struct record_noise noise; /* over the instance */
};
int record_write_instance(struct record_writer *w, const struct record_instance *i);
int record_read_instance(const json_t *record, struct record_instance *i, char *why, size_t whylen);

/* record_read_part - number @i, as record_read_epoch(); record_read_pass - number @k of part @i */
int record_read_part(const json_t *record, size_t i, struct record_part *p, char *why,
		     size_t whylen);
int record_read_pass(const json_t *record, size_t i, size_t k, struct record_pass *p, char *why,
		     size_t whylen);

/*
 * Arms of a question of two sides that are measured again, since their p50, or a tail of theirs,
 * was called slower or faster. Written when all questions have been measured once; the instances
 * follow.
 */
struct record_recheck {
	const char *question;
	uint64_t first;	   /* number of the first instance that belongs to it */
	double confidence; /* that the instances from there on are asked for */
	size_t nr_arms;
	const char *arm[RECORD_MAX_ARMS];
};
int record_write_recheck(struct record_writer *w, const struct record_recheck *r);
int record_read_recheck(const json_t *record, struct record_recheck *r, char *why, size_t whylen);

/* A question, or an arm of it, that could not be finished. */
struct record_failed {
	const char *question, *arm, *reason; /* arm NULL: the question */
};
int record_write_failed(struct record_writer *w, const struct record_failed *f);
int record_read_failed(const json_t *record, struct record_failed *f, char *why, size_t whylen);

/* ---- what verdicts are worth on a machine ---------------------------------------------------- */

#define RECORD_MAX_RATES 512

/* Verdicts of one metric about arms of which it is known by how much they are slower. */
struct record_rate {
	const char *operation, *metric; /* "wake/cpu=same"; as judge_metric_name(), or "any" */
	double shift; /* by which share they are slower; 0: the same code; NAN: not a share */
	uint64_t compared;
	uint64_t slower, faster, equivalent; /* of them; the rest were inconclusive */
	double added; /* what the shift came to when it was measured; NAN: not measured */
};

/*
 * What `kt selftest` found. Stored for the machine, and copied into each bench run of it, after the
 * environment.
 */
struct record_selftest {
	const char *start;		    /* UTC, ISO 8601 */
	const char *host_id, *cpu, *kernel; /* as in the environment; NULL: not known */
	const char *version;		    /* of kt */
	bool load;			    /* beside a load of its own that comes and goes */
	bool complete;			    /* not interrupted */
	uint64_t duration_ns;
	uint64_t questions, unsteady; /* measured; on an unsteady machine */
	size_t nr_rates;
	struct record_rate rate[RECORD_MAX_RATES];
};

/* -EINVAL: rates without a name, or of more verdicts than comparisons */
int record_write_selftest(struct record_writer *w, const struct record_selftest *s);
int record_read_selftest(const json_t *record, struct record_selftest *s, char *why, size_t whylen);

/* ---- traces ---------------------------------------------------------------------------------- */

#define RECORD_MAX_METRICS 64

struct record_metric {
	const char *name;
	const struct hist *hist;
};

/* What a metric of a kind is to the others. */
struct record_layout_metric {
	const char *name;
	const char *title, *meaning; /* for people; NULL: not said */
	const char *of;		     /* the metric that it is a part of; NULL: a whole */
	const char *waits; /* it is a wait for a CPU: "after wakes"; NULL: it is something else */
	bool running;	   /* it is the time on a CPU */
	bool counted;	   /* its values are the events that the head of a report counts */
};

/* What a loss costs. */
struct record_layout_loss {
	const char *name,
		*text; /* text: a clause, "the kernel reported no switch"; NULL: not said */
	/*
	 * What it is one of: "values" of the counted metrics, "hits" of tracepoints and probes,
	 * "events" that are recorded one by one; NULL: none of these
	 */
	const char *of;
};

/* How the figures of a kind of a trace belong together. Once per trace, before what it is about. */
struct record_layout {
	const char *kind;
	const char *noun;   /* what is counted: "wakes"; NULL: not said */
	const char *by;	    /* what a subject is: "thread"; NULL: everything */
	const char *target; /* name of the program that is traced; NULL: not one */
	size_t nr_metrics, nr_losses;
	struct record_layout_metric metric[RECORD_MAX_METRICS];
	struct record_layout_loss loss[RECORD_MAX_NUMBERS];
};
int record_write_layout(struct record_writer *w, const struct record_layout *l);
int record_read_layout(const json_t *record, struct record_layout *l, char *why, size_t whylen);

#define RECORD_MAX_SUMS	 8
#define RECORD_MAX_CELLS 8192

/* Whole wakes that are about as long as each other. */
struct record_band {
	uint32_t index; /* their bucket in a histogram of the first sum's metric */
	uint64_t count;
	uint64_t sum[RECORD_MAX_SUMS]; /* what they took together */
};

/* Whole wakes by their length, each with all its parts, so that one can say what long ones are long of. */
struct record_bands {
	uint32_t k; /* of the histogram, 1 to HIST_K_USER */
	size_t nr_sums;
	const char *sum[RECORD_MAX_SUMS]; /* metrics: first the whole, then its parts */
	size_t nr;			  /* that are not empty; 0: there are no bands */
	const struct record_band *band;	  /* writing: rising; record_read_band() reads */
};

/* Waits after wakes, by the CPU of the waker and that of the woken. */
struct record_matrix {
	const char *metric; /* of which wait; NULL: there is no matrix */
	size_t nr;
	uint64_t others; /* values for which there was no room */
	/* Writing: cell number @i, its values into @h. record_read_cell() reads. */
	void (*cell)(const void *arg, size_t i, uint64_t *waker_cpu, uint64_t *cpu, struct hist *h);
	const void *arg;
};

/* What a tracer saw of one subject in one interval. */
struct record_trace {
	const char *question, *kind; /* one of both: beside the arms of a question, or a trace */
	const char *subject;
	const char *main_metric; /* the one that stands for the subject in tables; NULL: not said */
	uint64_t start_ns, end_ns;
	size_t nr_metrics;
	struct record_metric metric[RECORD_MAX_METRICS]; /* writing */
	struct record_bands bands;
	struct record_matrix matrix;
};
int record_write_trace(struct record_writer *w, const struct record_trace *t);

/*
 * record_read_trace - all but the histograms, of which nr_metrics are there, bands and matrix;
 * record_read_metric() reads number @i of the histograms into @h and its name
 */
int record_read_trace(const json_t *record, struct record_trace *t, char *why, size_t whylen);
int record_read_metric(const json_t *record, size_t i, const char **name, struct hist *h, char *why,
		       size_t whylen);

/*
 * record_read_bands, record_read_matrix - of a `trace` that has been read; none there is not an
 * error. record_read_band() and record_read_cell() read number @i of them, so that one that is bad
 * costs itself only.
 */
int record_read_bands(const json_t *record, struct record_bands *b, char *why, size_t whylen);
int record_read_band(const json_t *record, size_t i, struct record_band *b, char *why,
		     size_t whylen);
int record_read_matrix(const json_t *record, struct record_matrix *m, char *why, size_t whylen);
int record_read_cell(const json_t *record, size_t i, uint64_t *waker_cpu, uint64_t *cpu,
		     struct hist *h, char *why, size_t whylen);

/* Why a single wait stands in the record; one wait may stand there once for each. */
enum record_why {
	RECORD_WORST,  /* one of the longest of an interval */
	RECORD_SLOW,   /* longer than --slower-than */
	RECORD_STREAM, /* all were asked for */
	RECORD_FLIGHT, /* shortly before a slow one */
	NR_RECORD_WHYS
};

/* record_why_name - "worst", "slow", ...; NULL: there is none */
const char *record_why_name(enum record_why why);

#define RECORD_MAX_PHASES 8
#define RECORD_MAX_BEHIND 16
#define RECORD_MAX_FRAMES 64
#define RECORD_NO_CPU	  UINT64_MAX /* not known */

/* Ids as the kernel's first pid namespace shows them. */
struct record_task {
	const char *comm;
	uint64_t tgid, tid; /* tid 0: the CPU was idle */
};

struct record_waker {
	struct record_task task; /* the current task; of an interrupt: the one it interrupted */
	const char *context;	 /* "task", "softirq", "interrupt", "idle"; NULL: not known */
	uint64_t cpu;
};

struct record_behind {
	struct record_task task;
	uint64_t ns;
};

struct record_stack {
	size_t nr;
	const char *frame[RECORD_MAX_FRAMES]; /* from the innermost on: a symbol, or an address */
};

/*
 * One wait for a CPU, over: the task has been switched in. Or one work or park, which is over as well:
 * ns is then from its queueing, or its request, to its end.
 */
struct record_event {
	const char *kind;	/* "wakeup" */
	const char *function;	/* that a work executed; NULL: it is not a work */
	const char *question;	/* in whose traced blocks it was; NULL: in a trace */
	const char *subject;	/* with it: the arm whose it was; NULL: not known */
	const char *population; /* the metric that counts it: "woken", "preempted", ... */
	enum record_why why;
	uint64_t time_ns, ns; /* its end; its length */
	size_t nr_phases;
	/* Parts of ns, one after the other, by their metrics; "parked" has none. */
	struct record_count phase[RECORD_MAX_PHASES];
	struct record_task task;
	uint64_t cpu_before;	   /* it ran on before */
	uint64_t cpu_queued;	   /* it was put into the queue of */
	uint64_t cpu;		   /* it runs on now */
	uint64_t migrations;	   /* while it was queued */
	bool has_waker;		   /* of "woken", of a work and of a park, when it was seen */
	struct record_waker waker; /* who woke it, queued the work, or asked for the park */
	/* Who ran on the CPUs where it was queued, meanwhile; other_ns: more of them, or not known. */
	bool has_behind;
	size_t nr_behind;
	struct record_behind behind[RECORD_MAX_BEHIND];
	uint64_t other_ns;
	/* Of the waker, or of the task itself when it was preempted. */
	bool has_stack;
	struct record_stack kernel, user;
};
int record_write_event(struct record_writer *w, const struct record_event *e);
int record_read_event(const json_t *record, struct record_event *e, char *why, size_t whylen);

/* What the tracing missed, counted and cost. */
struct record_losses {
	const char *question;	   /* NULL: of a trace */
	uint64_t start_ns, end_ns; /* 0: not said */
	size_t nr_losses, nr_counters;
	struct record_count loss[RECORD_MAX_NUMBERS], counter[RECORD_MAX_NUMBERS];
	uint64_t events, cpu_ns;
	bool has_bpf_ns;
	uint64_t bpf_ns;
};
int record_write_losses(struct record_writer *w, const struct record_losses *l);
int record_read_losses(const json_t *record, struct record_losses *l, char *why, size_t whylen);

/* A BPF program, as long as the kernel kept run times. */
struct record_program {
	const char *name;
	uint64_t calls, ns;
};

/* What there is to say in the end: what `kt trace` cost beside the CPU time that the losses have. */
struct record_cost {
	uint64_t sample_ns; /* how long the kernel kept run times for us; 0: it did not */
	uint64_t attach_ns; /* from the start of kt to the moment when counting began */
	/* Threads whose wait was not over in the end, and the one that had waited longest. */
	uint64_t waiting, waiting_ns;
	const char *waiting_name; /* NULL: there is none */
	size_t nr_programs;
	struct record_program program[RECORD_MAX_NUMBERS];
};
int record_write_cost(struct record_writer *w, const struct record_cost *c);
int record_read_cost(const json_t *record, struct record_cost *c, char *why, size_t whylen);
#endif
