// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/trace_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/build.h"
#include "lib/record/record.h"
#include "lib/record/types.h"

#include "bpf/caller.h"
#include "bpf/on_slow.h"
#include "bpf/snapshot.h"
#include "bpf/trace_command.h"
#include "bpf/trace_layout.h"

/*
 * How often the tracer does its housekeeping; more often while a command starts and maps its files.
 */
#define POLL_NS	       20000000ULL
#define POLL_START_NS  1000000ULL
#define START_PHASE_NS 300000000ULL

/* How long and how often the kernel keeps the run time of BPF programs, at two clock reads a run. */
#define SAMPLE_NS	100000000ULL
#define SAMPLE_EVERY	10000000000ULL
#define SAMPLE_EVERY_ST 1000000000ULL /* with --stats */

struct run {
	struct trace_request *q;
	struct trace_outcome *o;
	struct record_writer *w;
	struct tracer *t;
	struct trace_command *c;
	struct on_slow *on_slow;       /* NULL: nothing to execute */
	struct caller who;	       /* whose the command is, and kt itself once it is attached */
	struct tracer_waiting waiting; /* in the end */
	int signals;		       /* signalfd */
	uint64_t called_ns, start_ns;
	bool sampling;
	uint64_t sample_ns; /* when the next sample begins, or this one ends; 0: no more */
	int write_ret;	    /* of the first single wait that was not written */
	char *err;
	size_t errlen;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static int say(struct run *r, int errnum, const char *what)
{
	snprintf(r->err, r->errlen, "%s: %s", what, strerror(-errnum));
	return errnum;
}

/* ---- records --------------------------------------------------------------------------------- */

static int write_event(const struct record_event *e, uint32_t group, void *arg)
{
	struct run *r = arg;

	(void)group;
	if (r->on_slow && e->ns >= r->q->opts.events.slower_ns &&
	    (e->why == RECORD_SLOW || e->why == RECORD_STREAM))
		on_slow_tell(r->on_slow, e);
	r->write_ret = record_write_event(r->w, e);
	return r->write_ret;
}

/* What went wrong with the tracer, or with the record when a single wait was written. */
static int say_tracing(struct run *r, int ret, const char *what)
{
	return say(r, ret, r->write_ret ? "cannot write the record" : what);
}

/* One interval: what came since the last one. */
static int write_interval(struct run *r)
{
	const struct record_trace about = { .kind = tracer_kind_about(r->q->opts.kind)->name };
	struct tracer_snapshot *s;
	int ret = tracer_read(r->t, &s);

	if (ret)
		return say_tracing(r, ret, "cannot read the histograms");
	for (uint32_t i = 0; i < s->nr_counters; i++) {
		r->o->lost |= s->counter[i].loss && s->counter[i].value;
		/* What was filtered out is that of others. */
		r->o->counted |= s->counter[i].value && strcmp(s->counter[i].name, "filtered");
	}
	/* Counted in samples: a cost record has that, with the runs that it is to be divided by. */
	s->bpf_ns = 0;
	ret = snapshot_write_subjects(r->w, s, r->q->opts.group, &about);
	if (!ret)
		ret = snapshot_write_losses(r->w, s, NULL);
	tracer_snapshot_free(s);
	return ret ? say(r, ret, "cannot write the record") : 0;
}

static int write_cost(struct run *r)
{
	const struct tracer_cost *cost = tracer_cost(r->t);
	struct record_cost c = { .sample_ns = cost->sample_ns,
				 .attach_ns = r->start_ns - r->called_ns,
				 .waiting = r->waiting.nr,
				 .waiting_ns = r->waiting.ns,
				 .waiting_name = r->waiting.nr ? r->waiting.name : NULL };

	_Static_assert(TRACER_MAX_PROGRAMS <= RECORD_MAX_NUMBERS, "all programs are one record");
	for (; c.nr_programs < cost->nr_programs; c.nr_programs++) {
		const struct tracer_program *p = &cost->program[c.nr_programs];

		c.program[c.nr_programs] = (struct record_program){ p->name, p->runs, p->ns };
	}
	return record_write_cost(r->w, &c);
}

/* ---- the loop -------------------------------------------------------------------------------- */

/*
 * What a signalfd is to deliver. A blocked signal reaches it even when it is ignored, so the SIGHUP
 * that nohup had us ignore is left out.
 */
static void signals_taken(sigset_t *set)
{
	struct sigaction hup;

	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGCHLD);
	if (sigaction(SIGHUP, NULL, &hup) || hup.sa_handler != SIG_IGN)
		sigaddset(set, SIGHUP);
}

/*
 * A signal that asks to end, or 0. A terminal's goes to the command as well, one sent to us alone
 * does not.
 */
static int take_signal(int fd, struct trace_command *c)
{
	struct signalfd_siginfo si;
	int sig = 0;

	while (read(fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			continue;
		sig = (int)si.ssi_signo;
		if (c && si.ssi_code <= 0)
			trace_command_signal(c, sig);
	}
	return sig;
}

static bool target_ended(struct run *r)
{
	return r->c ? trace_command_ended(r->c) : tracer_ended(r->t);
}

/* A sample begins or ends when it is time; where it may not begin there is none. */
static void sample(struct run *r, uint64_t now)
{
	if (!r->sample_ns || now < r->sample_ns)
		return;
	if (!tracer_sample(r->t, !r->sampling)) {
		r->sample_ns = 0;
		return;
	}
	r->sampling = !r->sampling;
	r->sample_ns = now + (r->sampling   ? SAMPLE_NS
			      : r->q->stats ? SAMPLE_EVERY_ST - SAMPLE_NS
					    : SAMPLE_EVERY - SAMPLE_NS);
}

static void sooner(uint64_t *at, uint64_t other)
{
	if (other && other < *at)
		*at = other;
}

/* Until @at or a signal. */
static void wait_until(const struct run *r, uint64_t at)
{
	struct pollfd p = { .fd = r->signals, .events = POLLIN };
	uint64_t now = now_ns(), left = at > now ? at - now : 0;
	struct timespec ts = { (time_t)(left / 1000000000ULL), (long)(left % 1000000000ULL) };

	ppoll(&p, 1, &ts, NULL);
}

static int loop(struct run *r)
{
	uint64_t every = r->q->interval_ns, next = every ? r->start_ns + every : 0,
		 end = r->q->duration_ns ? r->start_ns + r->q->duration_ns : 0, now = now_ns();
	int ret;

	while (!end || now < end) {
		uint64_t at = now + (r->c && now < r->start_ns + START_PHASE_NS ? POLL_START_NS
										: POLL_NS);

		sooner(&at, next);
		sooner(&at, end);
		sooner(&at, r->sample_ns);
		wait_until(r, at);
		ret = tracer_poll(r->t);
		if (ret)
			return say_tracing(r, ret, "tracing failed");
		if (take_signal(r->signals, r->c)) {
			/* The usual end of a trace without another one. */
			r->o->interrupted = r->q->duration_ns || r->c;
			return 0;
		}
		if (target_ended(r))
			return 0;
		now = now_ns();
		sample(r, now);
		if (!next || now < next || (end && now >= end))
			continue;
		ret = write_interval(r);
		if (ret)
			return ret;
		if (r->q->interval && !r->q->interval(r->q->arg))
			return 0;
		now = now_ns();
		/* An interval that came late does not make the next ones short. */
		while (next <= now)
			next += every;
	}
	return 0;
}

/* Whoever waits when counting ends is in no histogram. */
static int find_waiting(struct run *r)
{
	int ret = tracer_waiting(r->t, &r->waiting);

	return ret ? say(r, ret, "cannot find out who is waiting") : 0;
}

static int open_record(struct run *r)
{
	struct record_header h = { .tool = "trace" };
	int ret = 0;

	r->w = r->q->stream;
	if (!r->w && r->q->output)
		ret = record_create(&r->w, r->q->output, r->err, r->errlen);
	else if (!r->w && record_watched(&r->w, r->q->look, r->q->arg))
		ret = say(r, -ENOMEM, "cannot make a record");
	if (ret)
		return ret;
	if (r->q->look)
		record_watch(r->w, r->q->look, r->q->arg);
	r->o->recorded = true;
	record_build_self(&h.kt);
	ret = record_write_header(r->w, &h, r->q->argc, r->q->argv);
	if (!ret)
		ret = record_write_environment(r->w);
	return ret ? say(r, ret, "cannot write the record") : 0;
}

/* The name of the program, when one process is traced. */
static int write_layout(struct run *r)
{
	const struct filter *f = &r->q->opts.filter;
	char path[64], name[64];
	FILE *in = NULL;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/comm",
		 f->nr_tgids == 1  ? f->tgid[0]
		 : f->nr_tids == 1 ? f->tid[0]
				   : 0);
	if (f->nr_tgids + f->nr_tids == 1)
		in = fopen(path, "re");
	if (!in || !fgets(name, sizeof(name), in))
		name[0] = 0;
	if (in)
		fclose(in);
	name[strcspn(name, "\n")] = 0;
	ret = trace_layout_write(r->w, &r->q->opts, *name ? name : NULL);
	return ret ? say(r, ret, "cannot write the record") : 0;
}

static void say_ready(struct run *r)
{
	const struct trace_ready ready = { .attach_ns = r->start_ns - r->called_ns,
					   .command = r->c ? trace_command_pid(r->c) : 0,
					   .lacks = tracer_lacks(r->t) };

	if (r->q->ready)
		r->q->ready(&ready, r->q->arg);
}

/* Everything up to the moment when counting is on and the command runs. */
static int begin(struct run *r)
{
	struct tracer_opts opts = r->q->opts;
	pid_t command;
	int ret = r->q->as_root ? 0 : caller_find(&r->who, r->err, r->errlen);

	if (ret)
		return ret;
	if (r->q->command) {
		ret = trace_command_hold(&r->c, r->q->command, &r->who, r->err, r->errlen);
		if (ret)
			return ret;
		command = trace_command_pid(r->c);
		opts.filter.tgid = &command;
		opts.filter.nr_tgids = 1;
		opts.follow_children = true;
		opts.command = r->q->command[0];
		opts.who = &r->who;
	}
	ret = write_layout(r);
	ret = ret ?: tracer_open(&r->t, &opts, r->err, r->errlen);
	if (!ret)
		tracer_on_event(r->t, write_event, r);
	if (!ret)
		ret = tracer_attach(r->t, r->err, r->errlen);
	if (!ret && r->q->on_slow) {
		r->on_slow = on_slow_new(r->q->on_slow, &r->who);
		ret = r->on_slow ? 0 : say(r, -ENOMEM, "cannot trace");
	}
	/* What it takes to begin a sample is gone afterwards. */
	if (!ret)
		r->sampling = tracer_sample(r->t, true);
	ret = ret ?: tracer_settle(r->t, &r->who, r->on_slow, r->err, r->errlen);
	if (!ret && r->c)
		ret = trace_command_wake(r->c, r->err, r->errlen);
	if (ret)
		return ret;
	tracer_enable(r->t, true);
	r->start_ns = r->q->start_ns = now_ns();
	r->sample_ns = r->sampling ? r->start_ns + SAMPLE_NS : 0;
	ret = r->c ? trace_command_go(r->c, r->err, r->errlen) : 0;
	if (!ret)
		say_ready(r);
	return ret;
}

int trace_run(struct trace_request *q, struct trace_outcome *o, char *err, size_t errlen)
{
	struct run r = { .q = q, .o = o, .called_ns = now_ns(), .err = err, .errlen = errlen };
	sigset_t set;
	int ret, close_ret;
	bool counted = false;

	memset(o, 0, sizeof(*o));
	signals_taken(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A reader that went away must not cost the record its end. */
	signal(SIGPIPE, SIG_IGN);
	/*
	 * Where our parent had it ignored, the command's status would be lost and our wait would
	 * not end.
	 */
	signal(SIGCHLD, SIG_DFL);
	r.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (r.signals < 0)
		return say(&r, -errno, "cannot take signals");

	ret = open_record(&r);
	if (ret)
		goto close;
	ret = begin(&r);
	if (ret)
		goto close;
	counted = true;
	ret = loop(&r);
	if (!ret)
		ret = find_waiting(&r);
	tracer_enable(r.t, false);
	close_ret = tracer_poll(r.t);
	if (!ret && close_ret)
		ret = say_tracing(&r, close_ret, "tracing failed");
	tracer_sample(r.t, false);
	snprintf(o->lacks, sizeof(o->lacks), "%s", tracer_lacks(r.t));
	if (!ret)
		ret = write_interval(&r);
	if (!ret && q->interval)
		q->interval(q->arg);
	tracer_detach(r.t);
	if (!ret) {
		ret = write_cost(&r);
		ret = ret
			      ?: record_write_end(r.w, o->interrupted ? RECORD_INTERRUPTED
								      : RECORD_COMPLETE);
		if (ret)
			say(&r, ret, "cannot write the record");
	}
close:
	tracer_close(r.t);
	close_ret = record_close(r.w);
	if (!ret && close_ret)
		ret = say(&r, close_ret, "cannot write the record");
	if (o->recorded && !counted) {
		/* Made by us a moment ago, and empty of results. */
		if (!q->stream && q->output)
			unlink(q->output);
		o->recorded = false;
	}
	if (counted)
		o->command = r.c;
	else
		trace_command_free(r.c);
	close(r.signals);
	on_slow_free(r.on_slow);
	caller_free(&r.who);
	return ret;
}

int trace_run_wait(struct trace_outcome *o)
{
	int status, fd;
	sigset_t set;

	signals_taken(&set);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	while (fd >= 0 && !trace_command_ended(o->command)) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		poll(&p, 1, 1000);
		take_signal(fd, o->command);
	}
	status = trace_command_wait(o->command);
	trace_command_free(o->command);
	o->command = NULL;
	if (fd >= 0)
		close(fd);
	return status;
}
