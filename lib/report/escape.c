// SPDX-License-Identifier: GPL-2.0-only
/* The one place where text from records is made harmless, per output format. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/report/render.h"

/* One well-formed UTF-8 character: its bytes, or 0 when @s begins with none. */
static size_t decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc0 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf8 ? 4
				 : 0;

	if (n < 2) {
		*code = s[0];
		return n;
	}
	*code = s[0] & (0x7f >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (s[i] & 0x3f);
	}
	if (*code < lowest[n] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/*
 * Characters that show as themselves: no controls (C0, C1), nothing invisible, nothing that turns
 * the direction.
 */
static bool is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0xfeff ||
	    c >= 0xe0000)
		return false;
	return !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e) &&
	       !(c >= 0x2060 && c <= 0x206f) && !(c >= 0xfff9 && c <= 0xfffb) &&
	       !(c >= 0xfe00 && c <= 0xfe0f);
}

/* Length of the character at @s that may be shown, 0: its first byte is to be written as \xNN. */
static size_t shown_length(const char *s)
{
	uint32_t code;
	size_t n = decode((const unsigned char *)s, &code);

	return n && is_shown(code) ? n : 0;
}

int escape_terminal(FILE *out, const char *s)
{
	int columns = 0;

	while (*s) {
		size_t n = shown_length(s);

		if (n) {
			if (out)
				fwrite(s, 1, n, out);
			columns++;
			s += n;
		} else {
			if (out)
				fprintf(out, "\\x%02x", (unsigned char)*s);
			columns += 4;
			s++;
		}
	}
	return columns;
}

/* Of what does not fit, both ends are told: what questions differ in often comes last. */
int escape_terminal_cut(FILE *out, const char *s, int columns)
{
	int all = escape_terminal(NULL, s), head, tail, at = 0, written = 0;

	if (all <= columns)
		return escape_terminal(out, s);
	head = (columns - 2) / 2;
	tail = columns - 2 - head;
	while (*s) {
		size_t n = shown_length(s);
		int wide = n ? 1 : 4;

		if (at + wide <= head || at >= all - tail) {
			if (n)
				fwrite(s, 1, n, out);
			else
				fprintf(out, "\\x%02x", (unsigned char)*s);
			written += wide;
		} else if (at <= head) {
			fputs("..", out);
			written += 2;
			head = -1;
		}
		at += wide;
		s += n ? n : 1;
	}
	return written;
}

void escape_terminal_word(FILE *out, const char *s)
{
	escape_terminal(out, s);
}

/* The first character of @s. Return: its bytes in @s; those in HTML go to @size. */
static size_t html_character(FILE *out, const char *s, size_t *size)
{
	size_t n = shown_length(s);
	const char *entity = *s == '<'	  ? "&lt;"
			     : *s == '>'  ? "&gt;"
			     : *s == '&'  ? "&amp;"
			     : *s == '"'  ? "&quot;"
			     : *s == '\'' ? "&#39;"
					  : NULL;

	*size = !n ? 4 : entity ? strlen(entity) : n;
	if (!out)
		return n ? n : 1;
	if (!n)
		fprintf(out, "\\x%02x", (unsigned char)*s);
	else if (entity)
		fputs(entity, out);
	else
		fwrite(s, 1, n, out);
	return n ? n : 1;
}

void escape_html(FILE *out, const char *s)
{
	size_t size;

	while (*s)
		s += html_character(out, s, &size);
}

/* As many characters from @s on as take @room bytes in HTML. Return: where they end */
static const char *html_head(FILE *out, const char *s, size_t room)
{
	size_t size, n;

	while (*s) {
		n = html_character(NULL, s, &size);
		if (size > room)
			break;
		html_character(out, s, &size);
		room -= size;
		s += n;
	}
	return s;
}

static bool is_inside_character(const char *s)
{
	return ((unsigned char)*s & 0xc0) == 0x80;
}

void escape_html_short(FILE *out, const char *s, size_t most)
{
	size_t length = strlen(s), size;
	const char *tail = s + length - most / 4;
	char count[FIGURE];

	if (length <= most) {
		escape_html(out, s);
		return;
	}
	html_head(out, s, most / 2);
	while (is_inside_character(tail))
		tail++;
	while (*html_head(NULL, tail, most / 4))
		tail += html_character(NULL, tail, &size);
	fprintf(out, " … [%s bytes] … ", format_count(count, (double)length));
	escape_html(out, tail);
}

/* FNV-1a */
static uint64_t hash_of(const char *s)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3ULL;
	return hash;
}

#define MAX_LABEL 200

void escape_label(FILE *out, const char *s)
{
	const char *begin = s;
	bool whole = true;

	while (*s && (size_t)(s - begin) < MAX_LABEL) {
		size_t n = shown_length(s);

		whole &= n != 0;
		if (!n)
			fprintf(out, "\\\\x%02x", (unsigned char)*s);
		else if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	if (*s || !whole)
		fprintf(out, "~%016llx", (unsigned long long)hash_of(begin));
}

/*
 * Bytes that must not reach a terminal are spelled in $'...', which bash and others turn back into
 * them.
 */
void escape_shell(FILE *out, const char *s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%^";
	bool hidden = false;

	if (*s && s[strspn(s, plain)] == '\0') {
		fputs(s, out);
		return;
	}
	for (const char *at = s; *at && !hidden;) {
		size_t n = shown_length(at);

		hidden = !n;
		at += n;
	}
	fputs(hidden ? "$'" : "'", out);
	while (*s) {
		size_t n = shown_length(s);

		if (!n)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else if (*s == '\'')
			fputs(hidden ? "\\'" : "'\\''", out);
		else if (hidden && *s == '\\')
			fputs("\\\\", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	fputc('\'', out);
}

/* ---- CSV ------------------------------------------------------------------------------------- */

/*
 * What spreadsheets take for the beginning of a formula: = + - @, and where the language has them, their
 * wide forms.
 */
static bool begins_formula(const char *s)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
					    "\xef\xbc\xa0" };

	if (*s && strchr("=+-@", *s))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (!strncmp(s, wide[i], strlen(wide[i])))
			return true;
	return false;
}

/*
 * A spreadsheet may drop blanks before it looks, and take a semicolon, where commas are decimal points,
 * for the end of the cell, quoted or not.
 */
void escape_csv(FILE *out, const char *s)
{
	bool quoted = !*s || s[strcspn(s, " \",;'")], fresh = true;

	if (quoted)
		fputc('"', out);
	while (*s) {
		size_t n = shown_length(s);

		if (fresh && begins_formula(s))
			fputc('\'', out);
		fresh = *s == ';' || (fresh && (*s == ' ' || *s == '"'));
		if (!n)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else if (*s == '"')
			fputs("\"\"", out);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
	if (quoted)
		fputc('"', out);
}

/* ---- Markdown -------------------------------------------------------------------------------- */

/*
 * In a code span nothing is Markdown except its end and, in a table, the bar; GitHub looks for no
 * mentions, issues or emojis there.
 */
static bool is_code_span(const char *s)
{
	size_t length = strlen(s);

	return length && *s != ' ' && s[length - 1] != ' ' && !strpbrk(s, "`|");
}

/* Without a character that Markdown knows; the comment keeps what is around an @ from being an address. */
static void markdown_character(FILE *out, const char *s, size_t n)
{
	static const char punctuation[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ";

	if (n > 1 || !strchr(punctuation, *s))
		fwrite(s, 1, n, out);
	else
		fprintf(out, "&#%d;%s", *s, *s == '@' ? "<!-- -->" : "");
}

void escape_markdown(FILE *out, const char *s)
{
	bool span = is_code_span(s);

	fputs(span ? "`" : "<code>", out);
	while (*s) {
		size_t n = shown_length(s);

		if (!n)
			fprintf(out, span ? "\\x%02x" : "&#92;x%02x", (unsigned char)*s);
		else if (span)
			fwrite(s, 1, n, out);
		else
			markdown_character(out, s, n);
		s += n ? n : 1;
	}
	fputs(span ? "`" : "</code>", out);
}

/* www.x, x:y (addresses, emojis), GH-1 (an issue): links come of these without any brackets. */
static bool begins_link(const char *s)
{
	return !strncasecmp(s, "www.", 4) || (*s == ':' && s[1] && s[1] != ' ') ||
	       (*s == '-' && s[1] >= '0' && s[1] <= '9');
}

bool escape_markdown_is_plain(const char *s)
{
	static const char harmless[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ,.;:()%/='\"-";

	for (; *s; s++)
		if (!strchr(harmless, *s) || begins_link(s))
			return false;
	return true;
}
