// SPDX-License-Identifier: GPL-2.0-only
#include "bench/controller/session.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/controller/toggle.h"
#include "lib/probe/slot.h"

static int lost(struct session *s, const char *arm, const char *fmt, ...)
{
	va_list ap;

	s->lost_arm = arm;
	va_start(ap, fmt);
	vsnprintf(s->lost_why, sizeof(s->lost_why), fmt, ap);
	va_end(ap);
	return QUESTION_LOST;
}

int session_lost(struct session *s, const char *reason)
{
	return lost(s, NULL, "%s", reason);
}

int session_call(struct session *s, struct client_request request, const struct place *p,
		 struct wire *reply)
{
	const char *in;
	char why[200];
	int ret;

	request.question = p->question;
	request.arm = p->arm;
	ret = client_call(&s->client[p->side], &request, s->limit_ns, reply, why, sizeof(why));
	if (!ret)
		return 0;
	if (ret == -EINTR)
		return STOP_ASKED;
	in = request.cmd == WIRE_SETUP ? "setup"
	     : request.cmd == WIRE_RUN ? "the body"
				       : "teardown";
	if (ret == -ETIMEDOUT)
		return lost(s, p->name, "%s in %s (longer with --patience)", why, in);
	return lost(s, p->name, "%s in %s", why, in);
}

int session_toggle(struct session *s, unsigned int side)
{
	struct toggle *toggle = s->o->sides ? s->o->sides->toggle : NULL;
	int ret;

	if (!toggle)
		return 0;
	ret = toggle_set(toggle, side, s->lost_why, sizeof(s->lost_why));
	if (ret == -EINTR)
		return STOP_ASKED;
	return ret ? TOGGLE_FAILED : 0;
}

const char *session_setting(unsigned int setting)
{
	static const char *const name[NR_WIRE_SETTINGS] = {
		[WIRE_AFFINITY] = "affinity",
		[WIRE_NICE] = "nice",
		[WIRE_POLICY] = "scheduling policy",
		[WIRE_SLACK] = "timer slack",
		[WIRE_LIMITS] = "limits",
	};

	return setting < NR_WIRE_SETTINGS ? name[setting] : NULL;
}

/* ---- arms ------------------------------------------------------------------------------------ */

int session_fail(struct session *s, const char *arm, const char *reason)
{
	const struct record_failed f = { .question = s->q->name, .arm = arm, .reason = reason };
	size_t len = s->failed ? strlen(s->err) : 0;

	s->failed = true;
	snprintf(s->err + len, s->errlen - len, "%s%s%s%s", len ? "; " : "", arm ? arm : "",
		 arm ? ": " : "", reason);
	return record_write_failed(s->o->out, &f);
}

int session_tear_down(struct session *s, unsigned int i)
{
	int ret;

	if (!s->place[i].set_up)
		return 0;
	s->place[i].set_up = false;
	ret = session_call(s, (struct client_request){ .cmd = WIRE_TEARDOWN }, &s->place[i],
			   &s->reply);
	s->place[i].changed |= s->reply.changed;
	return ret;
}

/*
 * The arm in place @i is not measured any more. Torn down at once: what it left running, or
 * writing, must not reach into the epochs of the others.
 */
static int give_up(struct session *s, unsigned int i, const char *reason)
{
	int ret = session_fail(s, session_arm(s, i), reason), partner = s->place[i].partner;

	s->place[i].given_up = true;
	s->nr_left--;
	if (!ret)
		ret = session_tear_down(s, i);
	/* Without it there is nothing to compare the other side with. */
	if (partner >= 0 && !s->place[partner].given_up) {
		s->place[partner].given_up = true;
		s->nr_left--;
		if (!ret)
			ret = session_tear_down(s, (unsigned int)partner);
	}
	return ret ? ret : ARM_LOST;
}

int session_set_up(struct session *s, unsigned int i)
{
	char text[WIRE_MESSAGE], reason[WIRE_MESSAGE + 32];
	int ret;

	if (s->place[i].set_up)
		return 0;
	ret = session_call(s, (struct client_request){ .cmd = WIRE_SETUP }, &s->place[i],
			   &s->reply);
	if (ret)
		return ret;
	s->place[i].changed |= s->reply.changed;
	if (!check_reply(&s->reply, text, sizeof(text))) {
		s->place[i].set_up = s->reply.status == WIRE_OK;
		if (s->place[i].set_up)
			return 0;
		snprintf(text, sizeof(text), "%s", s->reply.message);
	}
	snprintf(reason, sizeof(reason), "given up when set up anew: %s", text);
	return give_up(s, i, reason);
}

void place_count_losses(struct place *p)
{
	const struct wire *a = &p->answer;

	if (__builtin_add_overflow(p->nr_impossible, a->nr_impossible, &p->nr_impossible))
		p->nr_impossible = UINT64_MAX;
	for (uint32_t i = 0; i < a->nr_counters; i++)
		p->nr_counters += !isfinite(a->counter[i].value);
}

/* ---- epochs ---------------------------------------------------------------------------------- */

/* What the answer in place @i is worth. */
static int judge_answer(struct session *s, unsigned int i, const struct check_asked *asked)
{
	struct place *p = &s->place[i];
	char text[CHECK_REASON], reason[CHECK_REASON + 64];
	const char *wrong = check_epoch(&p->answer, asked, text, sizeof(text));
	bool too_many = check_tally_add(&p->tally, wrong != NULL);

	p->bad = wrong || p->answer.status != WIRE_OK;
	if (!p->bad)
		return 0;
	/* An arm that says itself that it failed is not asked again. */
	snprintf(p->why, sizeof(p->why), "%s", wrong ? wrong : p->answer.message);
	if (!wrong)
		return give_up(s, i, p->why);
	if (!too_many)
		return EPOCH_BAD;
	snprintf(reason, sizeof(reason),
		 "given up: %u of %u epochs were bad, the latest because %s", p->tally.nr_bad,
		 p->tally.nr, wrong);
	return give_up(s, i, reason);
}

int session_epoch(struct session *s, unsigned int i, uint64_t iterations)
{
	struct check_asked asked = { .iterations = iterations,
				     .latency = s->q->latency,
				     .time_only = s->calibrating };
	struct client_request run = { .cmd = WIRE_RUN,
				      .iterations = iterations,
				      .observe = s->traced };
	int ret;

	if (s->traced)
		tracing_epoch(s->o->tracing, true);
	asked.call_ns = slot_clock_ns();
	ret = session_call(s, run, &s->place[i], &s->place[i].answer);
	asked.return_ns = slot_clock_ns();
	if (s->traced)
		tracing_epoch(s->o->tracing, false);
	if (ret)
		return ret;
	s->place[i].changed |= s->place[i].answer.changed;
	return judge_answer(s, i, &asked);
}
