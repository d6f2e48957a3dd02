/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SESSION_H
#define KT_CONTROLLER_SESSION_H
/*
 * One question while it is measured: its workers, its arms, and single epochs of them. For measure.c
 * (its course) and the files that share it: setup.c, instance.c with two_sides.c and part.c (its
 * untraced part), look.c and again.c (which arms need more).
 */
#include <stdbool.h>
#include <stdint.h>

#include "bench/controller/check.h"
#include "bench/controller/client.h"
#include "bench/controller/measure.h"
#include "bench/controller/noise.h"
#include "bench/controller/schedule.h"
#include "lib/measure/looks.h"
#include "lib/record/types.h"

/* Blocks of an instance at most. */
#define SESSION_MAX_BLOCKS 128

/* Instances that are looked at, and as many again in a recheck. */
#define SESSION_MAX_LOOK      1024
#define SESSION_MAX_INSTANCES (2 * SESSION_MAX_LOOK)

/* The instances' part of a question that is traced as well, for the progress. */
#define SESSION_UNTRACED (1 / (1 + MEASURE_TRACED_SHARE))

/* "counter NAME" */
#define SESSION_LOSS_NAME (sizeof(((struct wire_counter *)0)->name) + sizeof("counter "))

/* What an arm did in the instance that runs. */
struct session_part {
	struct record_part record; /* its strings are here and in the place's counters */
	struct record_pass pass[SESSION_MAX_BLOCKS];
	double p50[SESSION_MAX_BLOCKS]; /* by block; NAN: none */
	struct hist hist;
	char counter[RECORD_MAX_NUMBERS][sizeof(((struct wire_counter *)0)->name)];
	char loss[RECORD_MAX_NUMBERS][SESSION_LOSS_NAME];
};

/* One arm that is in, and its latest epoch. */
struct place {
	const char *name;	/* the question's */
	unsigned int side;	/* whose worker it is in; 0 where there is one */
	uint32_t question, arm; /* its numbers in that worker */
	int against;		/* the place it is compared with; -1: it is with none */
	int partner;		/* the place of the other side; -1: there is one side */
	struct wire answer;	/* a copy of the page */
	bool bad;		/* it is left out */
	bool given_up;		/* and so are all that would follow */
	bool set_up;		/* in the worker, now */
	bool decided;		/* its p50, against the baseline's */
	bool rests;		/* it is not in the instances that come */
	char why[WIRE_MESSAGE]; /* reason of the latest bad one */
	struct check_tally tally;
	uint32_t changed;    /* settings that it changed since its latest instance: bits */
	uint64_t iterations; /* of its epochs */
	uint64_t epoch_ns;   /* about how long they are */
	/* Left out of the epochs that are kept, over all of them. */
	uint64_t nr_impossible, nr_counters;
	uint64_t nr_elided;		       /* epochs whose loop was not there */
	uint64_t nr_changed[NR_WIRE_SETTINGS]; /* instances in which it changed that */
	struct session_part *part;
	/* Its instances against the baseline's, and what the looks at them said. */
	struct looks looks;
	struct looks more_looks[NR_JUDGE_METRICS]; /* of the other metrics, made when asked for */
	double wanted[NR_JUDGE_METRICS];	   /* instances that would decide it, about */
	uint64_t cost_ns;			   /* its part of the latest instance it was in */
	struct judge_sample *latest;		   /* the last of these, of the latest instance */
	size_t nr_samples;
	struct judge_sample *sample[SESSION_MAX_INSTANCES];
	/* Of two sides: how many instances the first measuring has, what it called, what stood. */
	size_t nr_first;
	enum verdict called[NR_JUDGE_METRICS];
	bool confirmed[NR_JUDGE_METRICS];
	size_t nr_instances;
	struct judge_instance instance[SESSION_MAX_INSTANCES];
};

struct session {
	const struct suite_question *q;
	const struct measure_opts *o;
	unsigned int nr_sides;
	struct client client[2]; /* a worker per side */
	unsigned int nr;	 /* arms that are in */
	unsigned int nr_left;	 /* of them not given up */
	struct place *place;	 /* one per arm that is in */
	uint64_t number;	 /* of the next instance */
	double confidence;	 /* asked of the second measuring; 0: it is the first */
	uint64_t limit_ns;	 /* of a call */
	uint64_t patience_ns;	 /* the part of it that was given, under this load */
	uint64_t traced_ns;	 /* what the traced blocks took */
	struct noise noise;
	bool calibrating, traced;
	bool failed;		     /* a `failed` record was written */
	bool lost;		     /* the question was: it is not measured again */
	struct wire reply;	     /* to the latest SETUP or TEARDOWN */
	const char *lost_arm;	     /* whose call did not come back well; NULL: none's */
	char lost_why[WIRE_MESSAGE]; /* and how */
	char *err;
	size_t errlen;
};

/*
 * A call ended badly: what the flow above does about it. 0 and negatives are the usual ones. After
 * EPOCH_BAD and ARM_LOST the question goes on with the arms that are left.
 */
enum { QUESTION_LOST = 1, STOP_ASKED, NOBODY_LEFT, ARM_LOST, EPOCH_BAD, TOGGLE_FAILED };

static inline bool goes_on(int ret)
{
	return !ret || ret == ARM_LOST || ret == EPOCH_BAD;
}

static inline const char *session_arm(const struct session *s, unsigned int i)
{
	return s->place[i].name;
}

/* session_least_instances - before a verdict counts: each is an execution where there are two sides */
static inline uint64_t session_least_instances(const struct session *s)
{
	uint64_t nr = s->o->repeat_exec;

	return nr > JUDGE_MIN_INSTANCES ? nr : JUDGE_MIN_INSTANCES;
}

/* session_zone - of metric @m in this question */
static inline double session_zone(const struct session *s, enum judge_metric m)
{
	return judge_zone(m, s->q->zone);
}

/* session_is_active - is the arm in place @i in the next instance? */
static inline bool session_is_active(const struct session *s, unsigned int i)
{
	return !s->place[i].given_up && !s->place[i].rests;
}

/*
 * session_begin - start the workers and set all arms up in them; those that are in have their places
 * then, and the question its record. The usual return.
 */
int session_begin(struct session *s);

/* session_calibrate - find the iterations of each place's epochs */
int session_calibrate(struct session *s);

/* session_call - @request about the arm in @p; 0, QUESTION_LOST, STOP_ASKED */
int session_call(struct session *s, struct client_request request, const struct place *p,
		 struct wire *reply);

/* session_lost - the question is lost for that reason; QUESTION_LOST */
int session_lost(struct session *s, const char *reason);

/* session_fail - the record of a failure, and its part of the sentence; @arm NULL: the question */
int session_fail(struct session *s, const char *arm, const char *reason);

/* Set the arm in place @i up anew, tear it down; nothing when that is so already. */
int session_set_up(struct session *s, unsigned int i);
int session_tear_down(struct session *s, unsigned int i);

/* place_count_losses - what is left out of the epoch in @p, which is kept */
void place_count_losses(struct place *p);

/* session_setting - name of an enum wire_setting: "affinity" */
const char *session_setting(unsigned int setting);

/*
 * session_epoch - one epoch of the arm in place @i, traced in a traced phase; the answer stands in
 * the place
 */
int session_epoch(struct session *s, unsigned int i, uint64_t iterations);

/*
 * session_toggle - the machine gets the setting of @side; 0 also where there are no settings,
 * STOP_ASKED, or TOGGLE_FAILED with the reason in s->lost_why: the run is over
 */
int session_toggle(struct session *s, unsigned int side);

/*
 * instances - the untraced part of the question, until its arms are decided or its time is over; where
 * s->confidence is set, the instances that measure again what was called
 */
int instances(struct session *s);

#endif
