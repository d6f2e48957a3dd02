/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_MEASURE_H
#define KT_CONTROLLER_MEASURE_H
/*
 * One question from setup to records: all arms set up in one worker process, an iteration count for
 * each, then instances (instance.c): all arms set up anew, and pairs of short untraced epochs. An
 * arm rests when its p50 is decided (lib/measure/looks.h), and comes back for its tails (look.h);
 * the question ends when all are decided, or with its time. Traced blocks follow, of all arms again.
 *
 * An epoch that does not check (check.h) is left out of its instance or block and named there. An
 * arm that fails in its body, or whose epochs are bad too often, is torn down and named in a
 * `failed` record; the others go on. A worker that crashes, hangs or overwrites the shared page
 * ends the question; what was recorded before that stays.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/cli/progress.h"
#include "bench/controller/suite.h"
#include "bench/controller/tracing.h"
#include "lib/measure/verdict.h"
#include "lib/record/record.h"
#include "lib/record/types.h"

struct toggle;

/* What the two sides of questions are (join.h). */
struct measure_sides {
	enum record_kind kind;
	/* of each side: binaries that are variants of it, taken in turn */
	size_t nr_paths[2];
	const char *const *path[2];
	struct toggle *toggle; /* settings */
};

struct measure_opts {
	const char *path; /* of the benchmark binary */
	uint64_t time_ns; /* the instances of a question take no longer */
	/* Arms go on no longer for their mean and tails alone; 0: not at all. */
	uint64_t tails_ns;
	/*
	 * The instances of all questions of a run together take no longer, with all that belongs to
	 * them but is not traced (run.c): one that ends early leaves its time to the others; 0: no
	 * bound.
	 */
	uint64_t budget_ns;
	uint64_t seed;
	/* how long a worker may be silent beyond what calibration predicts, on an idle machine */
	uint64_t patience_ns;
	struct tracing *tracing; /* NULL: no traced blocks */
	/*
	 * Fewest executions of the binary over a question. 0 or 1: one process, as long as it lives;
	 * of two sides each instance has new ones.
	 */
	unsigned int repeat_exec;
	const struct measure_sides *sides; /* NULL: the questions have one side */
	struct record_writer *out;
	struct progress *progress; /* NULL: silent */
};

/* measure_path - the binary of @side for this instance */
static inline const char *measure_path(const struct measure_opts *o, unsigned int side,
				       uint64_t instance)
{
	const struct measure_sides *s = o->sides;

	return s ? s->path[side][instance % s->nr_paths[side]] : o->path;
}

/* Traced blocks take this share of the measuring time, extra. */
#define MEASURE_TRACED_SHARE (1.0 / 3)

enum measure_outcome {
	MEASURE_DONE,	/* arms answered; epochs may have been left out */
	MEASURE_EMPTY,	/* every arm skipped */
	MEASURE_FAILED, /* `failed` records say why; the question, or some of its arms, are lost */
	MEASURE_INTERRUPTED,
	MEASURE_OVER, /* a command of --toggle failed: no question can be measured */
};

/* A question that was measured once. */
struct measured;

/*
 * measure_question - measure @q and write its records
 * @kept: gets what was seen, for measure_again(); also on failure, unless there is no memory
 * @untraced_ns: gets how long it took, traced blocks left out
 *
 * Return: an enum measure_outcome, with a sentence in @err for MEASURE_FAILED and MEASURE_OVER; or
 * -errno when a record could not be written: then the run is over.
 */
int measure_question(const struct suite_question *q, const struct measure_opts *o,
		     struct measured **kept, uint64_t *untraced_ns, char *err, size_t errlen);

/* measure_nr_flagged - figures of arms of two sides that were called slower or faster */
size_t measure_nr_flagged(const struct measured *m);

/*
 * measure_again - their arms in fresh instances, as long as the first time at most, until the calls
 * are confirmed at @confidence (again.h)
 * @o: as of measure_question(), with its own time
 *
 * Return: as measure_question().
 */
int measure_again(struct measured *m, const struct measure_opts *o, double confidence, char *err,
		  size_t errlen);

/* measure_nr_confirmed - arms of which a second measuring confirmed that they are @v */
size_t measure_nr_confirmed(const struct measured *m, enum verdict v);
void measure_free(struct measured *m);

/* Setup and calibration, about, as seen with the built-in suite. */
#define MEASURE_SETUP_S 0.4

/* measure_cost_s - about how long it will take, traced blocks and setup included */
double measure_cost_s(const struct suite_question *q, const struct measure_opts *o);
#endif
