// SPDX-License-Identifier: GPL-2.0-only
/* How a summary is laid out: paragraphs that are wrapped, and lines with a bar that fit their width. */
#include "lib/report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/report/effects.h"

#define WORD	 48
#define MIN_NAME 12
#define MIN_BAR	 15 /* room for its title, "faster 1 slower" */
#define MAX_BAR	 31
#define MAX_WITH 10
#define MIN_CELL 5
#define MAX_CELL 10
#define NS	 7  /* "84.7 us" */
#define EFFECT	 6  /* "+4.4 %", "2.20 x", "1.009" */
#define INTERVAL 16 /* "[0.996, 1.010]" */
#define FACTOR	 1.9995

/* What is PLAIN needs no sequence. */
static const char *paint(const struct text *t, enum text_colour c)
{
	return c ? text_paint(t, c) : "";
}

static const char *unpaint(const struct text *t, enum text_colour c)
{
	return c ? text_paint(t, PLAIN) : "";
}

/* ---- paragraphs ------------------------------------------------------------------------------ */

void summary_word(FILE *out, const char *s)
{
	escape_terminal_cut(out, s, WORD);
}

bool summary_begin(struct summary_paragraph *p)
{
	*p = (struct summary_paragraph){ 0 };
	p->out = open_memstream(&p->text, &p->length);
	return p->out;
}

/* Columns of the first @length bytes: all of it has been escaped. */
static int columns_of(const char *s, size_t length)
{
	int columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += (s[i] & 0xc0) != 0x80;
	return columns;
}

/* "6 260 events", "3.2 %", "117 us": a number keeps its groups and its unit. */
static bool keeps(const char *before, const char *word, size_t length)
{
	static const char *const unit[] = { "%", "x", "ns", "us", "ms", "s" };

	if (!before || before[-1] < '0' || before[-1] > '9')
		return false;
	while (length && strchr(",;.:)]", word[length - 1]))
		length--;
	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (strlen(unit[i]) == length && !strncmp(word, unit[i], length))
			return true;
	return length >= 3 && word[0] >= '0' && word[0] <= '9' && strspn(word, "0123456789") == 3;
}

/* Bytes up to the next place for a break. */
static size_t piece_of(const char *s)
{
	size_t length = strcspn(s, " ");

	while (s[length] == ' ' && keeps(s + length, s + length + 1, strcspn(s + length + 1, " ")))
		length += 1 + strcspn(s + length + 1, " ");
	return length;
}

void summary_end(const struct text *t, struct summary_paragraph *p, const char *label,
		 enum text_colour colour)
{
	int indent = label ? SUMMARY_LABEL : 0, at = indent;
	size_t spaces = 0;

	fclose(p->out);
	if (label)
		fprintf(t->out, "%s%-*s%s", text_paint(t, DIM), SUMMARY_LABEL, label,
			text_paint(t, PLAIN));
	fputs(paint(t, colour), t->out);
	for (const char *s = p->text ? p->text : ""; *s; spaces = strspn(s, " "), s += spaces) {
		size_t length = piece_of(s);
		int columns = columns_of(s, length);

		if (spaces && at + (int)spaces + columns > t->width) {
			fprintf(t->out, "\n%*s", indent, "");
			at = indent;
		} else {
			fprintf(t->out, "%*s", (int)spaces, "");
			at += (int)spaces;
		}
		fwrite(s, 1, length, t->out);
		at += columns;
		s += length;
	}
	fprintf(t->out, "%s\n", unpaint(t, colour));
	free(p->text);
}

/* ---- names ----------------------------------------------------------------------------------- */

char *summary_short_name(const char *name)
{
	char *text = malloc(strlen(name) + 1), *to = text;

	while (text) {
		size_t part = strcspn(name, "/");
		const char *value = memchr(name, '=', part);
		size_t skip = value ? (size_t)(value - name) + 1 : 0;

		memcpy(to, name + skip, part - skip);
		to += part - skip;
		name += part;
		*to++ = *name;
		if (!*name++)
			break;
	}
	return text;
}

/* Short names, as long as different questions keep different ones. */
struct names {
	char **text;
	size_t nr;
};

static void free_names(struct names *n)
{
	for (size_t i = 0; n->text && i < n->nr; i++)
		free(n->text[i]);
	free(n->text);
	*n = (struct names){ 0 };
}

static bool make_short_names(const struct summary_table *table, struct names *n)
{
	n->nr = table->nr;
	n->text = calloc(table->nr + 1, sizeof(*n->text));
	for (size_t i = 0; n->text && i < n->nr; i++) {
		n->text[i] = summary_short_name(table->row[i].question);
		if (!n->text[i])
			return false;
		for (size_t k = 0; k < i; k++)
			if (!strcmp(n->text[k], n->text[i]) &&
			    strcmp(table->row[k].question, table->row[i].question))
				return false;
	}
	return n->text;
}

/* ---- widths ---------------------------------------------------------------------------------- */

struct layout {
	const struct text *t;
	const struct summary_table *table;
	struct names names; /* nr 0: the whole ones */
	int name, with, bar, interval, word;
	int cell[2];	 /* columns of a cell of each block, with its mark */
	size_t shown[2]; /* cells */
};

static const char *name_of(const struct layout *l, size_t row)
{
	return l->names.nr ? l->names.text[row] : l->table->row[row].question;
}

static int run_columns(const struct summary_row *row)
{
	return row->run ? snprintf(NULL, 0, " run %zu", row->run) : 0;
}

static int longest_name(const struct layout *l)
{
	int most = 0;

	for (size_t i = 0; i < l->table->nr; i++) {
		const struct summary_row *row = &l->table->row[i];
		int columns = escape_terminal(NULL, name_of(l, i)) + run_columns(row);

		most = columns > most ? columns : most;
	}
	return most;
}

static int longest_with(const struct summary_table *table)
{
	int most = 0;

	for (size_t i = 0; i < table->nr; i++) {
		const struct summary_row *row = &table->row[i];
		int columns = row->with && !row->note ? escape_terminal(NULL, row->with) : 0;

		most = columns > most ? columns : most;
	}
	return most < MAX_WITH ? most : MAX_WITH;
}

static int longest_word(const struct summary_table *table)
{
	int most = 0;

	for (size_t i = 0; i < table->nr; i++) {
		int columns = table->row[i].note ? 0 : (int)strlen(table->row[i].word);

		most = columns > most ? columns : most;
	}
	return most;
}

/* A baseline that all have needs no column: the sentence above has named it. */
static bool has_one_with(const struct summary_table *table)
{
	const char *with = NULL;

	for (size_t i = 0; i < table->nr; i++) {
		const struct summary_row *row = &table->row[i];

		if (row->note)
			continue;
		if (!row->with || (with && strcmp(with, row->with)))
			return false;
		with = row->with;
	}
	return true;
}

static int cell_columns(const struct summary_table *table, const struct summary_block *b)
{
	int most = MIN_CELL;

	for (size_t i = 0; i < b->nr; i++) {
		int columns = escape_terminal(NULL, table->cell[b->first + i]);

		most = columns > most ? columns : most;
	}
	return (most < MAX_CELL ? most : MAX_CELL) + 1;
}

/* What a line has without name, bar and all that is there only when there is room. */
static int fixed(const struct layout *l)
{
	return 1 + 1 + NS + (l->with ? 1 + l->with : 0) + 1 + EFFECT + 1 + l->word;
}

/* Takes @columns off what is left, when they are. */
static bool take(int *left, int columns)
{
	if (columns > *left)
		return false;
	*left -= columns;
	return true;
}

/* The room that a wide terminal has goes to the other arms first, then to what is said in short. */
static void spend(struct layout *l, int left, int whole)
{
	const struct summary_block *b = l->table->block;

	while (l->shown[0] < b[0].nr && take(&left, 1 + l->cell[0]))
		l->shown[0]++;
	if (l->shown[0] < b[0].nr)
		return;
	if (l->names.nr && take(&left, whole - l->name)) {
		l->name = whole;
		free_names(&l->names);
	}
	if (take(&left, 1 + INTERVAL))
		l->interval = INTERVAL;
	if (b[1].nr && take(&left, 2 + (int)b[1].nr * (1 + l->cell[1])))
		l->shown[1] = b[1].nr;
	l->bar += (left < MAX_BAR - MIN_BAR ? left : MAX_BAR - MIN_BAR) & ~1;
}

static void choose(struct layout *l)
{
	int whole = longest_name(l), room, longest;

	l->with = has_one_with(l->table) ? 0 : longest_with(l->table);
	l->word = longest_word(l->table);
	for (int i = 0; i < 2; i++)
		l->cell[i] = cell_columns(l->table, &l->table->block[i]);
	l->bar = MIN_BAR;
	room = l->t->width - fixed(l) - 1 - l->bar;
	if (room < MIN_NAME) {
		room += 1 + l->bar;
		l->bar = 0;
	}
	if (room < MIN_NAME)
		room = MIN_NAME;
	if ((whole > room || l->table->block[0].nr) && !make_short_names(l->table, &l->names))
		free_names(&l->names);
	longest = longest_name(l);
	l->name = longest < room ? longest : room;
	if (l->bar)
		spend(l, room - l->name, whole);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void gap(const struct layout *l, int columns)
{
	fprintf(l->t->out, "%*s", columns > 0 ? columns : 0, "");
}

/* At most @width columns of @s, on the left of them or on the right. */
static void cut_cell(const struct layout *l, const char *s, int width, bool right)
{
	int columns = escape_terminal(NULL, s);

	if (right)
		gap(l, width - columns);
	columns = escape_terminal_cut(l->t->out, s, width);
	if (!right)
		gap(l, width - columns);
}

/* Columns of a line before its cells. */
static int before_cells(const struct layout *l)
{
	return fixed(l) + l->name + (l->bar ? 1 + l->bar : 0) + (l->interval ? 1 + l->interval : 0);
}

/* Only where there are two blocks; else the legend below says what the cells are. */
static void block_titles(const struct layout *l)
{
	const struct summary_block *b = l->table->block;
	int width = (int)l->shown[0] * (1 + l->cell[0]);

	if (!l->shown[1])
		return;
	fputs(text_paint(l->t, DIM), l->t->out);
	gap(l, before_cells(l));
	if (l->shown[0])
		fprintf(l->t->out, " %-*.*s", width - 1, width - 1, b[0].title);
	fprintf(l->t->out, "   %s%s\n", b[1].title, text_paint(l->t, PLAIN));
}

static void titles(const struct layout *l)
{
	const struct summary_table *table = l->table;
	int half = l->bar / 2;

	block_titles(l);
	fprintf(l->t->out, "%s %*s %*s", text_paint(l->t, DIM), l->name, "", NS, table->ns);
	if (l->with)
		fprintf(l->t->out, " %-*.*s", l->bar ? l->with : 0, l->with, table->with);
	if (l->bar)
		fprintf(l->t->out, " %-*s1%*s", half, "faster", half, "slower");
	if (l->interval)
		fputs(" interval", l->t->out);
	if (l->shown[0] || l->shown[1])
		gap(l, (l->interval ? INTERVAL - 8 : 0) + 1 + EFFECT + 1 + l->word);
	for (int b = 0; b < 2; b++) {
		if (b && l->shown[b])
			gap(l, 2);
		for (size_t i = 0; i < l->shown[b]; i++) {
			gap(l, 1);
			cut_cell(l, table->cell[table->block[b].first + i], l->cell[b], true);
		}
	}
	fprintf(l->t->out, "%s\n", text_paint(l->t, PLAIN));
}

static int at_cell(const struct layout *l, double ratio)
{
	return l->bar / 2 + (int)lround(report_axis(ratio) * (l->bar / 2));
}

/* What was called lies beside 1, however little it is. */
static void bar(const struct layout *l, const struct summary_row *row)
{
	char text[MAX_BAR + 1];
	int half = l->bar / 2, at;

	memset(text, ' ', (size_t)l->bar);
	text[l->bar] = '\0';
	if (!isnan(report_axis(row->lo)) && !isnan(report_axis(row->hi)))
		for (int i = at_cell(l, row->lo); i <= at_cell(l, row->hi); i++)
			text[i] = '-';
	text[half] = '|';
	fputc(' ', l->t->out);
	if (isnan(report_axis(row->ratio))) {
		fputs(text, l->t->out);
		return;
	}
	at = at_cell(l, row->ratio);
	if (row->called && at == half)
		at += row->ratio > 1 ? 1 : -1;
	fprintf(l->t->out, "%.*s%s%c%s%s", at, text, paint(l->t, row->colour),
		row->ratio > REPORT_AXIS_REACH	     ? '>'
		: row->ratio < 1 / REPORT_AXIS_REACH ? '<'
						     : '*',
		unpaint(l->t, row->colour), text + at + 1);
}

/* Of what was called the difference (in percent of the baseline's time, or as a factor), of all else the ratio. */
static void effect(const struct layout *l, const struct summary_row *row)
{
	char text[FIGURE], figure[FIGURE + 3];
	double r = row->ratio;

	if (!row->called || !(r > 0))
		snprintf(figure, sizeof(figure), "%s", format_ratio(text, r));
	else if (r >= FACTOR || r * FACTOR <= 1)
		snprintf(figure, sizeof(figure), "%s x", format_ratio(text, r > 1 ? r : 1 / r));
	else
		snprintf(figure, sizeof(figure), "%c%s", r > 1 ? '+' : '-',
			 format_percent(text, fabs(r - 1)));
	fprintf(l->t->out, " %*s", EFFECT, figure);
}

static void cells(const struct layout *l, const struct summary_row *row)
{
	char text[FIGURE];

	for (int b = 0; row->cell && b < 2; b++) {
		if (b && l->shown[b])
			gap(l, 2);
		for (size_t i = 0; i < l->shown[b]; i++) {
			const struct summary_cell *c = &row->cell[l->table->block[b].first + i];
			bool there = isfinite(c->ratio);

			fprintf(l->t->out, " %s%*s%c%s", paint(l->t, c->colour), l->cell[b] - 1,
				there ? format_ratio(text, c->ratio) : "", there ? c->mark : '.',
				unpaint(l->t, c->colour));
		}
	}
}

static void line(const struct layout *l, size_t at)
{
	const struct summary_row *row = &l->table->row[at];
	char text[FIGURE], lo[FIGURE], hi[FIGURE], interval[2 * FIGURE + 8] = "";
	FILE *out = l->t->out;
	int run = run_columns(row);

	fputc(' ', out);
	cut_cell(l, name_of(l, at), l->name - run, false);
	if (run)
		fprintf(out, " run %zu", row->run);
	if (row->note) {
		fprintf(out, "  %s", paint(l->t, row->colour));
		escape_terminal_cut(out, row->note,
				    l->t->width > l->name + MIN_NAME ? l->t->width - l->name - 3
								     : MIN_NAME);
		fprintf(out, "%s\n", unpaint(l->t, row->colour));
		return;
	}
	fprintf(out, " %*s", NS, format_ns(text, row->ns));
	if (l->with) {
		fputc(' ', out);
		cut_cell(l, row->with ? row->with : "", l->with, false);
	}
	if (l->bar)
		bar(l, row);
	if (!isnan(row->lo))
		snprintf(interval, sizeof(interval), "[%s, %s]", format_ratio(lo, row->lo),
			 format_ratio(hi, row->hi));
	if (l->interval)
		fprintf(out, " %-*s", INTERVAL, interval);
	effect(l, row);
	fprintf(out, " %s%s%s", paint(l->t, row->colour), row->word, unpaint(l->t, row->colour));
	if (l->shown[0] || l->shown[1])
		gap(l, l->word - (int)strlen(row->word));
	cells(l, row);
	fputc('\n', out);
}

size_t summary_print_table(const struct text *t, const struct summary_table *table)
{
	struct layout l = { .t = t, .table = table };

	if (!table->nr)
		return 0;
	choose(&l);
	titles(&l);
	for (size_t i = 0; i < table->nr; i++)
		line(&l, i);
	free_names(&l.names);
	return table->block[0].nr - l.shown[0] + table->more_arms;
}

/* ---- which ----------------------------------------------------------------------------------- */

/* What was called comes first; what has no figures last, since the sentence above counts that. */
static int rank(const struct summary_row *row)
{
	return row->called ? 0 : row->note ? 2 : 1;
}

static double size_of(const struct summary_row *row)
{
	double size = fabs(log(row->ratio));

	return isfinite(size) ? size : -1;
}

static int largest_first(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (size_of(x) != size_of(y))
		return size_of(x) > size_of(y) ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int slowest_first(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;
	double left = x->note || !isfinite(x->ratio) ? -1 : x->ratio,
	       right = y->note || !isfinite(y->ratio) ? -1 : y->ratio;

	if (left != right)
		return left > right ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static void free_rows(struct summary_row *row, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		free(row[i].cell);
		free(row[i].own[0]);
		free(row[i].own[1]);
	}
}

void summary_sort_rows(struct summary_table *table, size_t most)
{
	for (size_t i = 0; i < table->nr; i++)
		table->row[i].at = i;
	if (table->nr > most) {
		qsort(table->row, table->nr, sizeof(*table->row), largest_first);
		free_rows(table->row + most, table->nr - most);
		table->more = table->nr - most;
		table->nr = most;
	}
	qsort(table->row, table->nr, sizeof(*table->row), slowest_first);
}

void summary_free_table(struct summary_table *table)
{
	free_rows(table->row, table->row ? table->nr : 0);
	free(table->row);
	free(table->cell);
	*table = (struct summary_table){ 0 };
}
