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

/*
 * How often the tracer does its housekeeping; more often while a command starts and maps its files.
 */
#define POLL_MS	       20
#define POLL_START_MS  1
#define START_PHASE_NS 300000000ULL

struct run {
	struct trace_request *q;
	struct trace_outcome *o;
	struct record_writer *w;
	struct tracer *t;
	struct trace_command *c;
	struct on_slow *on_slow; /* NULL: nothing to execute */
	struct caller who;	 /* whose the command is, and kt itself once it is attached */
	int signals;		 /* signalfd */
	uint64_t start_ns;
	int write_ret; /* of the first single wait that was not written */
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

static int write_event(const struct record_event *e, void *arg)
{
	struct run *r = arg;

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
	for (uint32_t g = 0; g < s->nr_groups; g++)
		for (uint32_t m = 0; m < NR_METRICS; m++)
			r->o->nr_values += tracer_snapshot_count(s, g, m);
	for (uint32_t i = 0; i < s->nr_counters; i++)
		r->o->lost |= s->counter[i].loss && s->counter[i].value;
	ret = snapshot_write_subjects(r->w, s, r->q->opts.group, &about);
	if (!ret)
		ret = snapshot_write_losses(r->w, s, NULL);
	if (ret)
		say(r, ret, "cannot write the record");
	else if (r->q->interval)
		r->q->interval(s, r->q->arg);
	tracer_snapshot_free(s);
	return ret;
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

static int loop(struct run *r)
{
	uint64_t next = r->start_ns + r->q->interval_ns, end = r->start_ns + r->q->duration_ns;

	for (;;) {
		struct pollfd p = { .fd = r->signals, .events = POLLIN };
		uint64_t now = now_ns();
		uint64_t left = r->q->duration_ns && end < now + POLL_MS * 1000000ULL
					? end - now
					: POLL_MS * 1000000ULL;
		struct timespec ts = { .tv_nsec = (long)left };
		int ret;

		if (r->q->duration_ns && now >= end)
			return 0;
		if (r->c && now < r->start_ns + START_PHASE_NS && left > POLL_START_MS * 1000000ULL)
			ts.tv_nsec = POLL_START_MS * 1000000L;
		ppoll(&p, 1, &ts, NULL);
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
		if (r->q->interval_ns && now >= next && (!r->q->duration_ns || now < end)) {
			ret = write_interval(r);
			if (ret)
				return ret;
			/* An interval that came late does not make the next ones short. */
			while (next <= now)
				next += r->q->interval_ns;
		}
	}
}

static int open_record(struct run *r)
{
	struct record_header h = { .tool = "trace" };
	int ret = 0;

	r->w = r->q->stream;
	if (!r->w)
		ret = record_create(&r->w, r->q->output, r->err, r->errlen);
	if (ret)
		return ret;
	r->o->recorded = true;
	record_build_self(&h.kt);
	ret = record_write_header(r->w, &h, r->q->argc, r->q->argv);
	if (!ret)
		ret = record_write_environment(r->w);
	return ret ? say(r, ret, "cannot write the record") : 0;
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
	}
	ret = tracer_open(&r->t, &opts, r->err, r->errlen);
	if (!ret)
		tracer_on_event(r->t, write_event, r);
	if (!ret)
		ret = tracer_attach(r->t, r->err, r->errlen);
	if (!ret && r->q->on_slow) {
		r->on_slow = on_slow_new(r->q->on_slow, &r->who);
		ret = r->on_slow ? 0 : say(r, -ENOMEM, "cannot trace");
	}
	ret = ret ?: tracer_settle(r->t, &r->who, r->on_slow, r->err, r->errlen);
	if (!ret && r->c)
		ret = trace_command_wake(r->c, r->err, r->errlen);
	if (ret)
		return ret;
	tracer_enable(r->t, true);
	r->start_ns = r->q->start_ns = now_ns();
	return r->c ? trace_command_go(r->c, r->err, r->errlen) : 0;
}

int trace_run(struct trace_request *q, struct trace_outcome *o, char *err, size_t errlen)
{
	struct run r = { .q = q, .o = o, .err = err, .errlen = errlen };
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
	tracer_enable(r.t, false);
	close_ret = tracer_poll(r.t);
	if (!ret && close_ret)
		ret = say_tracing(&r, close_ret, "tracing failed");
	snprintf(o->lacks, sizeof(o->lacks), "%s", tracer_lacks(r.t));
	if (!ret)
		ret = write_interval(&r);
	tracer_detach(r.t);
	if (!ret) {
		ret = record_write_end(r.w, o->interrupted ? RECORD_INTERRUPTED : RECORD_COMPLETE);
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
		if (!q->stream)
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
