// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/trace_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/record/record.h"

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
	int signals; /* signalfd */
	int process; /* pidfd of the traced process, -1: none */
	uint64_t start_ns;
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

static int write_subject(struct run *r, const struct tracer_snapshot *s, const char *name,
			 json_t *metrics)
{
	return record_write(r->w,
			    json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "type", "trace", "kind",
				      tracer_kind_about(r->q->opts.kind)->name, "subject",
				      record_string(name), "start_ns", (json_int_t)s->start_ns,
				      "end_ns", (json_int_t)s->end_ns, "metrics", metrics));
}

/* Groups of one name are one subject: a function of several processes. */
static json_t *merged_metrics(const struct tracer_snapshot *s, uint32_t first)
{
	json_t *metrics = json_object();

	for (uint32_t m = 0; m < NR_METRICS; m++) {
		struct hist *sum = NULL;

		for (uint32_t g = first; g < s->nr_groups; g++) {
			const struct hist *h = s->group[g].metric[m];

			if (!h || strcmp(s->group[g].name, s->group[first].name))
				continue;
			if (!sum) {
				sum = malloc(sizeof(*sum));
				if (!sum)
					break;
				*sum = *h;
			} else {
				hist_merge(sum, h);
			}
		}
		if (sum)
			json_object_set_new(metrics, tracer_metric_name(m), hist_to_json(sum));
		free(sum);
	}
	return metrics;
}

static bool named_before(const struct tracer_snapshot *s, uint32_t g)
{
	for (uint32_t i = 0; i < g; i++)
		if (!strcmp(s->group[i].name, s->group[g].name))
			return true;
	return false;
}

static int write_losses(struct run *r, const struct tracer_snapshot *s)
{
	json_t *losses = json_object(), *counters = json_object();

	for (uint32_t i = 0; i < s->nr_counters; i++) {
		const struct tracer_counter *c = &s->counter[i];

		json_object_set_new(c->loss ? losses : counters, c->name,
				    json_integer((json_int_t)c->value));
		r->o->lost |= c->loss && c->value;
	}
	return record_write(r->w,
			    json_pack("{s:s, s:n, s:o, s:o, s:I, s:o, s:I}", "type", "losses",
				      "question", "losses", losses, "counters", counters, "events",
				      (json_int_t)s->events, "bpf_ns",
				      s->bpf_ns ? json_integer((json_int_t)s->bpf_ns) : json_null(),
				      "cpu_ns", (json_int_t)s->cpu_ns));
}

/* One interval: what came since the last one. */
static int write_interval(struct run *r)
{
	struct tracer_snapshot *s;
	int ret = tracer_read(r->t, &s);

	if (ret)
		return say(r, ret, "cannot read the histograms");
	for (uint32_t g = 0; g < s->nr_groups && !ret; g++) {
		json_t *metrics;

		for (uint32_t m = 0; m < NR_METRICS; m++)
			r->o->nr_values += s->group[g].metric[m] ? s->group[g].metric[m]->count : 0;

		if (named_before(s, g))
			continue;
		metrics = merged_metrics(s, g);
		if (json_object_size(metrics) || r->q->opts.group == TRACER_GROUP_ALL)
			ret = write_subject(r, s, s->group[g].name, metrics);
		else
			json_decref(metrics);
	}
	if (!ret)
		ret = write_losses(r, s);
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
	struct pollfd p = { .fd = r->process, .events = POLLIN };
	char path[32];

	if (r->c)
		return trace_command_ended(r->c);
	if (r->process >= 0)
		return poll(&p, 1, 0) > 0;
	if (!r->q->opts.tid)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/comm", r->q->opts.tid);
	return access(path, F_OK);
}

static int loop(struct run *r)
{
	uint64_t next = r->start_ns + r->q->interval_ns, end = r->start_ns + r->q->duration_ns;

	for (;;) {
		struct pollfd p[2] = { { .fd = r->signals, .events = POLLIN },
				       { .fd = r->process, .events = POLLIN } };
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
		ppoll(p, 2, &ts, NULL);
		ret = tracer_poll(r->t);
		if (ret)
			return say(r, ret, "tracing failed");
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
	int ret = record_create(&r->w, r->q->output, r->err, r->errlen);

	if (ret)
		return ret;
	r->o->recorded = true;
	ret = record_write(r->w, record_header("trace", r->q->argc, r->q->argv));
	if (!ret)
		ret = record_write(r->w, record_environment());
	return ret ? say(r, ret, "cannot write the record") : 0;
}

/* Everything up to the moment when counting is on and the command runs. */
static int begin(struct run *r)
{
	struct tracer_opts opts = r->q->opts;
	int ret;

	if (r->q->command) {
		ret = trace_command_hold(&r->c, r->q->command, r->err, r->errlen);
		if (ret)
			return ret;
		opts.tgid = trace_command_pid(r->c);
		opts.follow_children = true;
		opts.command = r->q->command[0];
	} else if (opts.tgid) {
		r->process = (int)syscall(SYS_pidfd_open, opts.tgid, 0);
	}
	ret = tracer_open(&r->t, &opts, r->err, r->errlen);
	if (!ret)
		ret = tracer_attach(r->t, r->err, r->errlen);
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
	struct run r = { .q = q, .o = o, .process = -1, .err = err, .errlen = errlen };
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
	tracer_poll(r.t);
	if (!ret)
		ret = write_interval(&r);
	tracer_detach(r.t);
	if (!ret) {
		ret = record_write(r.w, record_end(o->interrupted ? "interrupted" : "complete"));
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
		unlink(q->output);
		o->recorded = false;
	}
	if (counted)
		o->command = r.c;
	else
		trace_command_free(r.c);
	if (r.process >= 0)
		close(r.process);
	close(r.signals);
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
