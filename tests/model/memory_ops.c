/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of memory.h: behind the declaration of the verifier's state. */

static int mm_newest(int w)
{
	return now.mm.value[w][now.mm.last[w]];
}

/* ---- C11 ---- */
static void mm_raise(unsigned char *a, unsigned char b)
{
	if (*a < b)
		*a = b;
}

/* Forget what nobody may see: equal memories become equal states. */
static void mm_forget(int w)
{
	int t, i, v, oldest = GONE;

	for (t = 0; t < NR_THREADS; t++)
		if (now.mm.at[t][w] < oldest)
			oldest = now.mm.at[t][w];
	if (oldest == GONE)
		oldest = now.mm.last[w];
	if (!oldest)
		return;
	for (i = oldest; i <= now.mm.last[w]; i++) {
		now.mm.value[w][i - oldest] = now.mm.value[w][i];
		memcpy(now.mm.knows[w][i - oldest], now.mm.knows[w][i], NR_WORDS);
	}
	for (i = now.mm.last[w] - oldest + 1; i <= now.mm.last[w]; i++) {
		now.mm.value[w][i] = 0;
		memset(now.mm.knows[w][i], 0, NR_WORDS);
	}
	now.mm.last[w] -= oldest;
	for (t = 0; t < NR_THREADS; t++)
		if (now.mm.at[t][w] != GONE)
			now.mm.at[t][w] -= oldest;
	for (v = 0; v < NR_WORDS; v++)
		for (i = 0; i <= now.mm.last[v]; i++)
			now.mm.knows[v][i][w] -= now.mm.knows[v][i][w] < oldest ? now.mm.knows[v][i][w] : oldest;
}

static void mm_tidy(void)
{
	int w;

	for (w = 0; w < NR_WORDS; w++)
		mm_forget(w);
}

static void mm_learn(int t, int w, int i)
{
	int v;

	for (v = 0; v < NR_WORDS; v++)
		mm_raise(&now.mm.at[t][v], now.mm.knows[w][i][v]);
}

/* A newest value; @onto: it continues what was released before. */
static void mm_append(int t, int w, int value, int order, int onto)
{
	int v, i = ++now.mm.last[w];

	if (i >= HISTORY)
		Uerror("the history of a word is too short");
	now.mm.value[w][i] = value;
	now.mm.at[t][w] = i;
	for (v = 0; v < NR_WORDS; v++) {
		now.mm.knows[w][i][v] = onto ? now.mm.knows[w][i - 1][v] : 0;
		if (order & 2)
			mm_raise(&now.mm.knows[w][i][v], now.mm.at[t][v]);
	}
	now.mm.knows[w][i][w] = i;
	mm_tidy();
}

/* ---- the steps ---- */
static int mm_sees_newer(int t, int w, int i)
{
	return !mm_tso && now.mm.at[t][w] + i < now.mm.last[w];
}

static int mm_load(int t, int w, int i, int order)
{
	int seen;

	if (mm_tso) {
		for (i = now.waiting[t] - 1; i >= 0; i--)
			if (now.mm.to[t][i] == w)
				return now.mm.what[t][i];
		return now.mm.value[w][0];
	}
	i += now.mm.at[t][w];
	now.mm.at[t][w] = i;
	seen = now.mm.value[w][i];
	if (order & 1)
		mm_learn(t, w, i);
	mm_tidy();
	return seen;
}

static void mm_store(int t, int w, int value, int order)
{
	if (!mm_tso) {
		mm_append(t, w, value, order, 0);
		return;
	}
	now.mm.to[t][now.waiting[t]] = w;
	now.mm.what[t][now.waiting[t]] = value;
	now.waiting[t]++;
}

static void mm_rmw(int t, int w, int value, int order)
{
	if (mm_tso) {
		now.mm.value[w][0] = value;
		return;
	}
	now.mm.at[t][w] = now.mm.last[w];
	if (order & 1)
		mm_learn(t, w, now.mm.last[w]);
	mm_append(t, w, value, order, 1);
}

static void mm_drain(int t)
{
	int i;

	now.mm.value[now.mm.to[t][0]][0] = now.mm.what[t][0];
	now.waiting[t]--;
	for (i = 0; i < now.waiting[t]; i++) {
		now.mm.to[t][i] = now.mm.to[t][i + 1];
		now.mm.what[t][i] = now.mm.what[t][i + 1];
	}
	now.mm.to[t][i] = 0;
	now.mm.what[t][i] = 0;
}

static void mm_finish(int t)
{
	memset(now.mm.at[t], GONE, NR_WORDS);
	mm_tidy();
}
