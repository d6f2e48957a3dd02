/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of memory.h: with now, the verifier's state. @t is the thread, @w the word. */

static unsigned char *view(int t, int w)
{
	return &now.at[t * nr_words + w];
}

static void raise_to(unsigned char *a, unsigned char b)
{
	if (*a < b)
		*a = b;
}

static void learn(int t, int w, int i)
{
	int v;

	for (v = 0; v < nr_words; v++)
		raise_to(view(t, v), now.memory.knows[w][i][v]);
}

static void lower(unsigned char *a, int n)
{
	*a -= *a < n ? *a : n;
}

/* Forget the @n oldest values of @w, and shift all views of it. */
static void forget(int w, int n)
{
	struct memory *m = &now.memory;
	int t, v, i, left = now.last[w] + 1 - n;

	memmove(m->value[w], m->value[w] + n, left * sizeof(m->value[w][0]));
	memset(m->value[w] + left, 0, n * sizeof(m->value[w][0]));
	memmove(m->knows[w], m->knows[w] + n, left * sizeof(m->knows[w][0]));
	memset(m->knows[w] + left, 0, n * sizeof(m->knows[w][0]));
	now.last[w] -= n;
	for (t = 0; t < nr_threads; t++)
		lower(view(t, w), n);
	for (v = 0; v < nr_words; v++)
		for (i = 0; i <= now.last[v]; i++)
			lower(&m->knows[v][i][w], n);
}

/* Equal futures become equal states: values that no thread may see are forgotten. */
static void tidy(void)
{
	int t, w, oldest;

	for (w = 0; w < nr_words; w++) {
		oldest = now.last[w];
		for (t = 0; t < nr_threads; t++)
			if (!now.gone[t] && loads(t, w) && *view(t, w) < oldest)
				oldest = *view(t, w);
		if (oldest)
			forget(w, oldest);
	}
}

/* A newest value of @w; with @onto it passes on what the one before carried. */
static void append(int t, int w, int value, int order, int onto)
{
	struct memory *m = &now.memory;
	int v, i = now.last[w] + 1;

	if (i >= history) {
		printf("the history of word %d is too short\n", w);
		exit(3);
	}
	now.last[w] = i;
	now.newest[w] = value;
	m->value[w][i] = value;
	*view(t, w) = i;
	for (v = 0; v < nr_words; v++) {
		m->knows[w][i][v] = onto ? m->knows[w][i - 1][v] : 0;
		if (order & RELEASES)
			raise_to(&m->knows[w][i][v], *view(t, v));
	}
	m->knows[w][i][w] = i;
	tidy();
}

/* ---- the steps ---- */

/* The value of @w that is @newer than the oldest that @t may see. */
static int do_load(int t, int w, int newer, int order)
{
	int i, seen;

	if (tso) {
		for (i = now.waiting[t] - 1; i >= 0; i--)
			if (now.memory.to[t][i] == w)
				return now.memory.what[t][i];
		return now.newest[w];
	}
	if (!loads(t, w) || now.gone[t]) {
		printf("thread %d loads word %d: LOADS is wrong\n", t, w);
		exit(3);
	}
	i = *view(t, w) += newer;
	seen = now.memory.value[w][i];
	if (order & ACQUIRES)
		learn(t, w, i);
	tidy();
	return seen;
}

static void do_store(int t, int w, int value, int order)
{
	if (!tso) {
		append(t, w, value, order, 0);
		return;
	}
	now.memory.to[t][now.waiting[t]] = w;
	now.memory.what[t][now.waiting[t]] = value;
	now.waiting[t]++;
}

static void do_rmw(int t, int w, int value, int order)
{
	if (tso) {
		now.newest[w] = value;
		return;
	}
	*view(t, w) = now.last[w];
	if (order & ACQUIRES)
		learn(t, w, now.last[w]);
	append(t, w, value, order, 1);
}

/* The oldest of @t's stores reaches memory. */
static void do_drain(int t)
{
	struct memory *m = &now.memory;
	int i;

	now.newest[m->to[t][0]] = m->what[t][0];
	now.waiting[t]--;
	for (i = 0; i < now.waiting[t]; i++) {
		m->to[t][i] = m->to[t][i + 1];
		m->what[t][i] = m->what[t][i + 1];
	}
	m->to[t][i] = 0;
	m->what[t][i] = 0;
}

/* Between two accesses of its own, @u passes a barrier that @t waits for. */
static void do_barrier(int t, int u)
{
	int v;

	if (tso || now.gone[u])
		return;
	for (v = 0; v < nr_words; v++) {
		raise_to(view(u, v), *view(t, v));
		raise_to(view(t, v), *view(u, v));
	}
	tidy();
}

static void do_finish(int t)
{
	if (tso)
		return;
	now.gone[t] = 1;
	memset(view(t, 0), 0, nr_words);
	tidy();
}
