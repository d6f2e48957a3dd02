// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "lib/measure/looks.h"

static bool is_look(size_t nr)
{
	return nr && judge_next_look((unsigned int)nr - 1) == nr;
}

bool looks_due(const struct looks *l, size_t nr)
{
	return !l->decided && (is_look(nr) || (l->called_at && is_look(nr - l->called_at)));
}

static bool is_call(enum verdict v)
{
	return v == VERDICT_SLOWER || v == VERDICT_FASTER;
}

static enum verdict p50(const struct judge_instance *in, size_t nr, double zone, void *memory)
{
	return judge(JUDGE_P50, in, nr, zone, memory).verdict;
}

/* The instances after the call are fresh: what do they say of it? */
static void confirm(struct looks *l, const struct judge_instance *in, size_t nr, double zone,
		    void *memory)
{
	enum verdict fresh = p50(in + l->called_at, nr - l->called_at, 0, memory);

	if (fresh == l->call && p50(in, nr, zone, memory) == l->call) {
		l->decided = true;
		l->verdict = l->call;
		l->called_at = 0;
	} else if (is_call(fresh) && fresh != l->call) {
		l->called_at = 0;
	}
}

static void look(struct looks *l, const struct judge_instance *in, size_t nr, double zone,
		 void *memory)
{
	enum verdict v = p50(in, nr, zone, memory);

	if (v == VERDICT_EQUIVALENT) {
		l->decided = true;
		l->verdict = v;
		l->called_at = 0;
	} else if (is_call(v) && (!l->called_at || l->call != v)) {
		l->called_at = nr;
		l->call = v;
	}
}

struct looks looks_at(const struct judge_instance *in, size_t nr, double zone, void *memory)
{
	struct looks l = { .verdict = VERDICT_INCONCLUSIVE, .call = VERDICT_INCONCLUSIVE };

	for (size_t n = 1; n <= nr && !l.decided; n++) {
		if (l.called_at && is_look(n - l.called_at))
			confirm(&l, in, n, zone, memory);
		if (!l.decided && is_look(n))
			look(&l, in, n, zone, memory);
	}
	return l;
}
