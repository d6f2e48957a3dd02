/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_REPORT_DIFF_H
#define KT_REPORT_DIFF_H
/*
 * Recorded runs against recorded runs: two kernels, two hosts, two nights. diff.c reads both sides
 * run by run, diff_judge.c says what became of each arm, diff_facts.c in what the sides differ apart
 * from that; one file per format, diff_text.c, diff_html.c, diff_json.c, writes it.
 *
 * The unit is the run: blocks or instances of different runs have nothing in common that could be
 * paired, and when they are, every second comparison of equal code is called. So each run
 * gives one value to each figure of each arm (that of its report), and the values of both sides
 * are compared by their ranks. With a single run on a side nothing is said but what moved.
 */
#include "lib/measure/judge.h"
#include "lib/report/render.h"

enum diff_side { DIFF_BASE, DIFF_NEW, NR_DIFF_SIDES };

/* diff_side_name - "base", "new" */
const char *diff_side_name(enum diff_side s);

/* A run as it stands in the input. */
struct diff_run {
	enum diff_side side;
	const char *path;
	struct record_header header;
	struct record_environment environment;
	json_t *header_record; /* owns the texts of header */
	size_t copies;	       /* how often it stands in the input; it counts once */
	bool complete;
	size_t nr_results;
	size_t nr_questions, nr_unsteady; /* unsteady ones of them */
	bool left_out;			  /* a copy of it has more */
};

/* What one run says of an arm. */
struct diff_value {
	size_t run;
	double figure[NR_JUDGE_METRICS]; /* ns; NAN: not there */
	bool unsteady;
};

enum diff_reason {
	DIFF_DECIDED,
	DIFF_ADVISORY, /* a side has a single run */
	DIFF_FEW_RUNS, /* no interval exists */
	DIFF_WIDE,     /* the interval reaches over an edge of the zone */
	DIFF_CHANCE,   /* among so many arms one like this may be chance: its q is too large */
	DIFF_FAMILY,   /* the same, and no difference could be large enough with so few runs */
	DIFF_ZEROS,    /* zeros have no ratio */
	DIFF_NOTHING,  /* a side does not have the figure */
	NR_DIFF_REASONS
};

/* diff_reason_name - for programs: "decided", "advisory", "few_runs", ... */
const char *diff_reason_name(enum diff_reason r);

/* p50, mean, p99 or p99.9 of an arm on both sides. */
struct diff_figure {
	enum judge_metric metric;
	size_t nr[NR_DIFF_SIDES];     /* runs that have it */
	double median[NR_DIFF_SIDES]; /* over them, ns; NAN: none has */
	/* new / base: the median over all pairs of runs, and its interval; NAN where not known */
	double ratio, lo, hi;
	double confidence; /* of the interval; 0 without one */
	/*
	 * The ratio of both medians, which may be another one where runs fall into groups. @apart: it
	 * is not in the interval.
	 */
	double shown;
	bool apart;
	double p, q; /* q among all figures of all arms; NAN where not known */
	double zone;
	bool moved; /* the ratio itself is beyond the zone */
	enum verdict verdict;
	enum diff_reason reason;
	size_t runs_needed; /* about so many a side would decide; 0: not known, or decided */
};

enum diff_change {
	DIFF_REGRESSED,
	DIFF_IMPROVED,
	DIFF_UNCHANGED,
	DIFF_INCONCLUSIVE,
	DIFF_UNSTABLE, /* the machine was unsteady in more than half of the runs of a side */
	NR_DIFF_CHANGES
};

/* diff_change_name - "regressed", ..., "unstable" */
const char *diff_change_name(enum diff_change c);

/* An arm of a question, on one side or both. */
struct diff_row {
	const char *question, *arm;
	bool latency; /* mode "latency", else "time" */
	double zone;  /* of p50 and mean: the widest of the runs' */
	size_t nr[NR_DIFF_SIDES], room[NR_DIFF_SIDES], nr_unsteady[NR_DIFF_SIDES];
	struct diff_value *value[NR_DIFF_SIDES];
	bool compared; /* both sides have it; else nothing below is there */
	struct diff_figure figure[NR_JUDGE_METRICS];
	/*
	 * Regressed when any of the figures has, else improved when any has, else what p50 is. @telling
	 * is the figure that says so.
	 */
	enum diff_change change;
	enum judge_metric telling;
	bool moved; /* any of the figures */
};

struct diff_text {
	const char *text;
	size_t runs; /* that say so */
};

/* Something of machine, kernel or builds that is not the same in all runs. */
struct diff_fact {
	const char *key, *name; /* "kernel.release", "kernel" */
	size_t nr[NR_DIFF_SIDES], room[NR_DIFF_SIDES];
	struct diff_text *value[NR_DIFF_SIDES];
	bool between; /* the sides differ; else only the runs of one do among themselves */
};

struct diff {
	struct report *store; /* owns the texts; its list of drops is that of all runs */
	size_t nr_runs, room_runs;
	struct diff_run *run;	  /* with those that are left out */
	size_t nr[NR_DIFF_SIDES]; /* runs that count */
	size_t nr_files[NR_DIFF_SIDES];
	bool advisory; /* a side has a single run */
	size_t nr_rows, room_rows;
	struct diff_row *row; /* in the order in which they were met */
	size_t nr_compared;
	size_t nr_changes[NR_DIFF_CHANGES]; /* of those compared */
	size_t nr_moved;		    /* of those compared */
	size_t family;			    /* figures that a q is among */
	size_t nr_facts, room_facts;
	struct diff_fact *fact;
	uint64_t more_facts; /* not compared, because there are too many */
	/* while reading */
	size_t last_row, nr_values, room_drops, kept_bytes;
	enum diff_side side;
	const char *path;
	/* What the reader asked for; the text alone heeds it. */
	bool full;	  /* the tables, not the summary */
	const char *more; /* how to see all: the last line of a summary; NULL: none */
	bool (*wanted)(const char *question, void *arg); /* set by the caller; NULL: all are */
	void *wanted_arg;
};

#define DIFF_CONFIDENCE 0.95
#define DIFF_Q		0.05 /* the largest q of what is called */

/* diff_new - nothing yet, for diff_free(); NULL: no memory */
struct diff *diff_new(void);
void diff_free(struct diff *d);

/*
 * diff_read - the runs of file @path belong to side @s
 *
 * What cannot be used (a trace, a run that is a comparison by itself, a bad record) costs itself and
 * is listed in d->store. Return: 0, or -errno and one sentence in @err: the file cannot be read.
 */
int diff_read(struct diff *d, enum diff_side s, const char *path, char *err, size_t errlen);

/*
 * diff_finish - compare what was read
 *
 * Return: 0, also when nothing is in common; -EINVAL and one sentence in @err: a side has no run, or
 * a run stands on both; -ENOMEM.
 */
int diff_finish(struct diff *d, char *err, size_t errlen);

/* ---- parts of it ----------------------------------------------------------------------------- */

/* diff_judge - every row; 0, -ENOMEM */
int diff_judge(struct diff *d);

/* diff_compare_facts - in what the runs differ, into d->fact; 0, -ENOMEM */
int diff_compare_facts(struct diff *d);

/* ---- in words and figures -------------------------------------------------------------------- */

/* diff_write_finding - "3 of 56 regressed: ..." as one sentence without its full stop */
void diff_write_finding(FILE *out, const struct diff *d, report_word *word);

/* diff_write_side - "6 runs of FILE, begun ..." */
void diff_write_side(FILE *out, const struct diff *d, enum diff_side s, report_word *word);

/* diff_write_values - what the runs of a side say of @f: "powersave (5 runs), performance (1 run)" */
void diff_write_values(FILE *out, const struct diff_fact *f, enum diff_side s, report_word *word);

/*
 * diff_write_only - the arms that one side alone has, @most of them by name. Return: how many there
 * are; of none nothing is written
 */
size_t diff_write_only(FILE *out, const struct diff *d, enum diff_side s, size_t most,
		       report_word *word);

/* diff_write_why - why @f is inconclusive, and how many runs would decide; false: nothing to say */
bool diff_write_why(FILE *out, const struct diff *d, const struct diff_figure *f);

/* diff_summary - about 25 lines, as report_summary(). Return: 0, or -errno, of the stream or -ENOMEM */
int diff_summary(FILE *out, const struct diff *d, const struct terminal_style *style);

/*
 * What a comparison can be written as, as struct report_format is for reports. One file per format
 * exports one of these, named diff_format_NAME; diff_formats.c has a row for each.
 */
struct diff_format {
	const char *name; /* as `kt diff -f` takes it */
	const char *help; /* what it is, after its name */
	const char *
		suffix[REPORT_MAX_SUFFIXES + 1]; /* of files that are written in it, with the dot */
	/* 0, or -errno of the stream; @style NULL: plain */
	int (*render)(FILE *out, const struct diff *d, const struct terminal_style *style);
};

/* diff_format_at - number @i of all formats, the default first; NULL after the last */
const struct diff_format *diff_format_at(size_t i);

/* diff_format_named - the format of that name; NULL: none */
const struct diff_format *diff_format_named(const char *name);

/* diff_format_rows - the same for format_rows.h */
bool diff_format_rows(size_t i, struct format_row *row);

/* diff_format_of_file - the format that the suffix of @path stands for; NULL: none */
const struct diff_format *diff_format_of_file(const char *path);
#endif
