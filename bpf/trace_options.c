// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/trace_options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cli/cli.h"
#include "lib/cli/number.h"
#include "lib/cli/time.h"

/* Waits that are recorded by themselves. */
#define NR_WORST       10
#define SLOW_PER_S     100
#define SLOWER_THAN_NS 1000000

/* ---- what single options take ---------------------------------------------------------------- */

/* TAKE_FILTER - take_NAME(), which adds to the filter by filter_add_NAME() */
#define TAKE_FILTER(name)                                                          \
	static int take_##name(struct trace_options *o, const char *text)          \
	{                                                                          \
		char err[512];                                                     \
                                                                                   \
		if (!filter_add_##name(&o->q.opts.filter, text, err, sizeof(err))) \
			return 0;                                                  \
		return cli_refuse(KT_EXIT_USAGE, "%s", err);                       \
	}
TAKE_FILTER(tgids)
TAKE_FILTER(tids)
TAKE_FILTER(globs)
TAKE_FILTER(cgroup)
TAKE_FILTER(cpus)

static int take_top(struct trace_options *o, const char *text)
{
	if (number_parse(text, 1, 1000000, &o->top))
		return 0;
	return cli_refuse(KT_EXIT_USAGE, "invalid --top '%s': expected a number from 1 to 1000000",
			  text);
}

/* ---- help that the kinds write --------------------------------------------------------------- */

static void list_by(FILE *out)
{
	char kinds[128];

	fputs("Figures per ", out);
	for (enum tracer_by by = 0; by < NR_TRACER_BYS; by++) {
		uint32_t can = tracer_kinds_by(by);

		fputs(tracer_by_name(by), out);
		if (can != TRACER_ALL_KINDS)
			fprintf(out, " (%s)", tracer_kind_list(can, "and", kinds, sizeof(kinds)));
		fputs(", ", out);
	}
	fputs("or for all (default)", out);
}

static void list_kinds(FILE *out)
{
	fputs("KIND is one of", out);
	for (enum tracer_kind k = 0; k < NR_TRACER_KINDS; k++) {
		const struct tracer_kind_about *a = tracer_kind_about(k);

		fprintf(out, "\n  %s: %s", a->name, a->measures);
		for (uint32_t m = 0; m < a->nr_metrics; m++)
			fprintf(out, "\n    %-12s  %s", a->metrics[m].name, a->metrics[m].meaning);
	}
}

/* ---- the table ------------------------------------------------------------------------------- */

enum topic { SUBJECTS = 1, TIMES, FIGURES, RECORD, NR_TOPICS };

static const char *const topic_title[NR_TOPICS] = {
	[SUBJECTS] = "Which threads:",
	[TIMES] = "For how long:",
	[FIGURES] = "Which figures:",
	[RECORD] = "What is kept and done:",
};

enum takes { TAKES_CALL, TAKES_FLAG, TAKES_TIME, TAKES_TEXT };

struct trace_option {
	enum topic topic;
	const char *name, *argument; /* argument NULL: takes none */
	char letter;		     /* 0: none */
	enum takes takes;
	size_t field;						/* of struct trace_options */
	int (*call)(struct trace_options *o, const char *text); /* an exit status, 0: go on */
	const char *help;
	void (*list)(FILE *out); /* writes the help instead */
};

/* The bool is set; the uint64_t becomes the time in ns; the const char * becomes the text. */
#define FLAG(f)	   TAKES_FLAG, offsetof(struct trace_options, f), NULL
#define TIME(f)	   TAKES_TIME, offsetof(struct trace_options, f), NULL
#define TEXT(f)	   TAKES_TEXT, offsetof(struct trace_options, f), NULL
#define CALL(take) TAKES_CALL, 0, take

/* clang-format off */
static const struct trace_option table[] = {
	{ SUBJECTS, "pid", "PID,...", 'p', CALL(take_tgids),
	  "Only the threads of these processes", NULL },
	{ SUBJECTS, "children", NULL, 0, FLAG(q.opts.follow_children),
	  "With -p: the threads of their descendants as well", NULL },
	{ SUBJECTS, "tid", "TID,...", 't', CALL(take_tids),
	  "Only these threads", NULL },
	{ SUBJECTS, "comm", "GLOB,...", 'c', CALL(take_globs),
	  "Only threads whose name matches one of these shell patterns", NULL },
	{ SUBJECTS, "cgroup", "PATH", 0, CALL(take_cgroup),
	  "Only threads in this cgroup and in those below it", NULL },
	{ SUBJECTS, "cpu", "LIST", 0, CALL(take_cpus),
	  "Only what ends on these CPUs, such as 0,2-3: a wait counts on the CPU where the thread then runs",
	  NULL },
	{ SUBJECTS, "kthreads", NULL, 0, FLAG(q.opts.kthreads),
	  "The kernel's threads instead of user threads", NULL },

	{ TIMES, "duration", "TIME", 'd', TIME(q.duration_ns),
	  "End after TIME (units ns us ms s m h, seconds without one)", NULL },
	{ TIMES, "interval", "TIME", 'i', TIME(q.interval_ns),
	  "Record and print a line every TIME, 1ms or longer", NULL },

	{ FIGURES, "by", "WHAT", 0, TEXT(by), NULL, list_by },
	{ FIGURES, "refine", NULL, 0, FLAG(q.opts.refine),
	  "With wakeup: also resched, switch and ipi, which newer kernels have; costs more", NULL },
	{ FIGURES, "matrix", NULL, 0, FLAG(q.opts.matrix),
	  "With wakeup, without --by: waits after wakes by the CPU of the waker and the one that the thread then runs on",
	  NULL },
	{ FIGURES, "top", "N", 0, CALL(take_top),
	  "With --by: a line for the N that waited longest (default 20), one for the rest", NULL },
	{ FIGURES, "verbose", NULL, 'v', FLAG(verbose),
	  "All that is known: phases of each subject, the ten longest waits, counters", NULL },
	{ FIGURES, "stats", NULL, 0, FLAG(q.stats),
	  "What each BPF program costs, measured for a tenth of the time", NULL },

	{ RECORD, "slower-than", "TIME", 0, TIME(q.opts.events.slower_ns),
	  "Record each wait of TIME or longer by itself, with its waker and who ran meanwhile "
	  "(default 1ms, at most 100 a second); the 10 longest always are. With work, workqueue "
	  "and park: each work that waited so long, each park that took so long to come or to end", NULL },
	{ RECORD, "stacks", NULL, 0, FLAG(q.opts.events.stacks),
	  "Record single waits with the stack of the waker, or of the thread where it was preempted",
	  NULL },
	{ RECORD, "flight", "TIME", 0, TIME(q.opts.events.flight_ns),
	  "Record what waited in the TIME before each wait of --slower-than, as far back as the buffer reaches", NULL },
	{ RECORD, "on-slow", "CMD", 0, TEXT(q.on_slow),
	  "Let the shell execute CMD after a wait of --slower-than, which the variables KT_NS, "
	  "KT_COMM, ... describe; one at a time, at most one a second", NULL },
	{ RECORD, "stream", NULL, 0, FLAG(q.opts.events.stream),
	  "Record every wait by itself; with work and workqueue every work, with park every park", NULL },
	{ RECORD, "output", "FILE", 'o', TEXT(q.output),
	  "Keep the record in FILE, which must not exist; into a pipe, a device or standard output "
	  "(-) it goes without a table", NULL },
	{ RECORD, "as-root", NULL, 0, FLAG(q.as_root),
	  "Under sudo: run COMMAND as root, not as the user who called sudo", NULL },
	{ RECORD, "fail-on-loss", NULL, 0, FLAG(fail_on_loss),
	  "Exit with 1 when something was lost", NULL },
};
/* clang-format on */
#define NR_OPTIONS (sizeof(table) / sizeof(table[0]))

static const char doc[] =
	"Measure live threads."
	"\vCOMMAND is traced with all its descendants from its first instruction on, and kt trace exits "
	"with its status; -d ends only the tracing.\n\n"
	"Exit status: 0 fine, 1 losses under --fail-on-loss, 2 usage, bad input or missing privilege, "
	"5 failed while tracing, 130 interrupted before the end of -d.";

/* ---- from the table to argp ------------------------------------------------------------------ */

/* An option without a letter has a number that is not a character. */
#define FIRST_KEY 256

static int key_of(size_t i)
{
	return table[i].letter ? table[i].letter : FIRST_KEY + (int)i;
}

static const struct trace_option *option_of(int key)
{
	for (size_t i = 0; i < NR_OPTIONS; i++)
		if (key == key_of(i))
			return &table[i];
	return NULL;
}

/* Titles first, then the options: argp sorts them into their groups. */
static void argp_options(struct argp_option out[NR_TOPICS + NR_OPTIONS])
{
	enum topic topic;
	size_t i;

	for (topic = 1; topic < NR_TOPICS; topic++)
		*out++ = (struct argp_option){ .doc = topic_title[topic], .group = topic };
	for (i = 0; i < NR_OPTIONS; i++)
		*out++ = (struct argp_option){
			.name = table[i].name,
			.key = key_of(i),
			.arg = table[i].argument,
			.doc = table[i].help ?: "",
			.group = table[i].topic,
		};
	*out = (struct argp_option){ 0 };
}

/* Allocated, as argp wants it. */
static char *help_filter(int key, const char *text, void *input)
{
	const struct trace_option *option = option_of(key);
	char *made = NULL;
	size_t size;
	FILE *out;

	(void)input;
	/* Asked for each part of the help, also for those that have no text. */
	if (!text || !(key == ARGP_KEY_HELP_POST_DOC || (option && option->list)))
		return (char *)text;
	out = open_memstream(&made, &size);
	if (!out)
		return (char *)text;
	if (option) {
		option->list(out);
	} else {
		list_kinds(out);
		fprintf(out, "\n\n%s", text);
	}
	return fclose(out) ? NULL : made;
}

static int take_time(const struct trace_option *option, uint64_t *ns, const char *text)
{
	char name[64];

	*ns = time_parse(text);
	if (*ns)
		return 0;
	if (option->letter)
		snprintf(name, sizeof(name), "-%c", option->letter);
	else
		snprintf(name, sizeof(name), "--%s", option->name);
	return cli_refuse(KT_EXIT_USAGE,
			  "invalid %s '%s': expected a time above zero, such as 500ms or 3s", name,
			  text);
}

static int take_option(struct trace_options *o, const struct trace_option *option, const char *text)
{
	void *field = (char *)o + option->field;

	switch (option->takes) {
	case TAKES_FLAG:
		*(bool *)field = true;
		return 0;
	case TAKES_TIME:
		return take_time(option, field, text);
	case TAKES_TEXT:
		*(const char **)field = text;
		return 0;
	case TAKES_CALL:
		break;
	}
	return option->call(o, text);
}

static int take_kind(struct trace_options *o, const char *text)
{
	char known[128];

	if (o->kind_given)
		return cli_refuse(KT_EXIT_USAGE,
				  "unexpected argument '%s'; put a command to run after --", text);
	o->q.opts.kind = tracer_kind_find(text);
	if (o->q.opts.kind == NR_TRACER_KINDS)
		return cli_refuse(KT_EXIT_USAGE, "unknown kind '%s': expected %s", text,
				  tracer_kind_list(TRACER_ALL_KINDS, "or", known, sizeof(known)));
	o->kind_given = true;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const struct trace_option *option = option_of(key);

	if (option)
		return take_option(state->input, option, arg);
	return key == ARGP_KEY_ARG ? take_kind(state->input, arg) : ARGP_ERR_UNKNOWN;
}

/* ---- what does not go together --------------------------------------------------------------- */

static int check_kind(struct trace_options *o)
{
	char known[128];

	if (o->kind_given)
		return 0;
	return cli_refuse(KT_EXIT_USAGE,
			  "no kind given: expected %s; kt trace --help lists the options",
			  tracer_kind_list(TRACER_ALL_KINDS, "or", known, sizeof(known)));
}

static int check_subjects(struct trace_options *o)
{
	const struct tracer_opts *t = &o->q.opts;
	const struct filter *f = &t->filter;

	if (t->kthreads && f->nr_tgids)
		return cli_refuse(
			KT_EXIT_USAGE,
			"--kthreads and -p exclude each other: kernel threads belong to no process");
	if (o->q.command && (f->nr_tgids || f->nr_tids || t->kthreads))
		return cli_refuse(
			KT_EXIT_USAGE,
			"a command and %s exclude each other: the command is what is traced",
			f->nr_tgids  ? "-p"
			: f->nr_tids ? "-t"
				     : "--kthreads");
	if (t->follow_children && !f->nr_tgids && !o->q.command)
		return cli_refuse(KT_EXIT_USAGE,
				  "--children goes with -p, which says whose children");
	for (uint32_t i = 0; i < f->nr_tgids; i++)
		if (f->tgid[i] == getpid())
			return cli_refuse(KT_EXIT_USAGE, "process %d is kt trace itself",
					  f->tgid[i]);
	return 0;
}

static int check_refine(struct trace_options *o)
{
	if (!o->q.opts.refine || o->q.opts.kind == TRACER_WAKEUP)
		return 0;
	return cli_refuse(KT_EXIT_USAGE, "--refine goes with wakeup only");
}

static int check_matrix(struct trace_options *o)
{
	if (!o->q.opts.matrix)
		return 0;
	if (o->q.opts.kind != TRACER_WAKEUP)
		return cli_refuse(KT_EXIT_USAGE, "--matrix goes with wakeup only");
	if (o->q.opts.group == TRACER_GROUP_SUBJECT)
		return cli_refuse(KT_EXIT_USAGE,
				  "--matrix and --by exclude each other: it is of all threads");
	return 0;
}

static int check_command(struct trace_options *o)
{
	if (!o->q.command || *o->q.command)
		return 0;
	return cli_refuse(KT_EXIT_USAGE, "no command given after --");
}

static int check_by(struct trace_options *o)
{
	struct tracer_opts *t = &o->q.opts;
	char known[128] = "";

	if (!o->by || !strcmp(o->by, "all"))
		return 0;
	t->group = TRACER_GROUP_SUBJECT;
	for (t->by = 0; t->by < NR_TRACER_BYS; t->by++) {
		size_t used = strlen(known);

		if (!(tracer_kinds_by(t->by) >> t->kind & 1))
			continue;
		if (!strcmp(o->by, tracer_by_name(t->by)))
			return 0;
		snprintf(known + used, sizeof(known) - used, "%s%s", used ? ", " : "",
			 tracer_by_name(t->by));
	}
	return cli_refuse(KT_EXIT_USAGE, "invalid --by '%s': expected %s or all", o->by, known);
}

/* What goes into a record only, and there is none. */
static int check_kept(const struct trace_options *o, const char *option)
{
	if (!option || o->q.output)
		return 0;
	return cli_refuse(KT_EXIT_USAGE,
			  "%s writes into a record, and none is kept: name one with -o", option);
}

/* Single waits alone have these. */
static const char *about_waits(const struct trace_options *o)
{
	const struct events_opts *e = &o->q.opts.events;

	return e->stacks      ? "--stacks"
	       : e->flight_ns ? "--flight"
	       : o->q.on_slow ? "--on-slow"
			      : NULL;
}

/* Single events of a kind that has no waits. */
static int check_episodes(const struct trace_options *o)
{
	const struct events_opts *e = &o->q.opts.events;
	const char *of_all = e->stream ? "--stream" : e->slower_ns ? "--slower-than" : NULL;

	if (about_waits(o))
		return cli_refuse(KT_EXIT_USAGE, "%s is about single waits, which only wakeup has",
				  about_waits(o));
	if (!of_all || tracer_kind_about(o->q.opts.kind)->episodes)
		return check_kept(o, of_all);
	return cli_refuse(KT_EXIT_USAGE,
			  "%s is about single waits, works and parks, which only wakeup, work, "
			  "workqueue and park have",
			  of_all);
}

static int check_events(struct trace_options *o)
{
	struct events_opts *e = &o->q.opts.events;
	int status;

	if (e->stream && e->flight_ns)
		return cli_refuse(KT_EXIT_USAGE,
				  "--stream and --flight exclude each other: a stream "
				  "has every wait already");
	if (o->q.on_slow && !*o->q.on_slow)
		return cli_refuse(KT_EXIT_USAGE, "--on-slow needs a command for the shell");
	if (!tracer_kind_about(o->q.opts.kind)->waits)
		return check_episodes(o);
	status = check_kept(o, e->stream ? "--stream" : e->flight_ns ? "--flight" : NULL);
	if (status)
		return status;
	e->worst = NR_WORST;
	/* Whoever has set no limit shall not get a record without one. */
	if (!e->slower_ns) {
		e->slower_ns = SLOWER_THAN_NS;
		e->slow_per_s = SLOW_PER_S;
	}
	return 0;
}

/* A read takes about as long; below 10 ms intervals are already what the scheduler makes of them. */
#define MIN_INTERVAL_NS 1000000

static int check_interval(struct trace_options *o)
{
	if (!o->q.interval_ns || o->q.interval_ns >= MIN_INTERVAL_NS)
		return 0;
	return cli_refuse(KT_EXIT_USAGE, "the interval of -i is too short: expected at least 1ms");
}

static int check_top(struct trace_options *o)
{
	if (!o->top || o->q.opts.group == TRACER_GROUP_SUBJECT)
		return 0;
	return cli_refuse(KT_EXIT_USAGE, "--top goes with --by: without it there is one line");
}

/* In this order; the first that refuses is the one that speaks. */
static int (*const checks[])(struct trace_options *o) = {
	check_command, check_kind,     check_subjects, check_by,     check_events,
	check_top,     check_interval, check_refine,   check_matrix,
};

/* ---- the command line ------------------------------------------------------------------------ */

/* The command begins after the first "--", before the options are sorted. */
static char **split_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (!strcmp(argv[i], "--")) {
			*argc = i;
			return &argv[i + 1];
		}
	return NULL;
}

static const char *kind_name(size_t i)
{
	return i < NR_TRACER_KINDS ? tracer_kind_about((enum tracer_kind)i)->name : NULL;
}

static const char *by_name(size_t i)
{
	return tracer_by_name((enum tracer_by)i);
}

static int key_named(const char *name)
{
	size_t i = 0;

	while (strcmp(table[i].name, name))
		i++;
	return key_of(i);
}

bool trace_options_parse(struct trace_options *o, int argc, char **argv, int *status)
{
	struct argp_option options[NR_TOPICS + NR_OPTIONS];
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "KIND [-- COMMAND ARGUMENT...]",
		.doc = doc,
		.help_filter = help_filter,
	};
	const struct cli_values values[] = {
		{ CLI_ARGUMENTS, CLI_ONE_OF, kind_name },
		{ key_named("by"), CLI_ONE_OF, by_name },
		{ key_named("cgroup"), CLI_DIRECTORY, NULL },
		{ 0 },
	};
	/* What was typed goes into the record as it is. */
	char **sorted = calloc((size_t)argc + 1, sizeof(*sorted));
	bool go_on;

	if (!sorted) {
		*status = cli_refuse(KT_EXIT_USAGE, "out of memory");
		return false;
	}
	argp_options(options);
	o->q.argc = argc;
	o->q.argv = argv;
	o->q.command = split_command(&argc, argv);
	memcpy(sorted, argv, (size_t)argc * sizeof(*sorted));
	cli_offer(values);
	go_on = cli_parse("kt trace", &argp, argc, sorted, o, status);
	free(sorted);
	for (size_t i = 0; go_on && i < sizeof(checks) / sizeof(checks[0]); i++) {
		*status = checks[i](o);
		go_on = !*status;
	}
	return go_on;
}
