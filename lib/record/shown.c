// SPDX-License-Identifier: GPL-2.0-only
#include "lib/record/shown.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/record/record.h"

static const char *root = "";

void shown_below(const char *new_root)
{
	root = new_root;
}

const char *shown_path(const char *path, char buffer[SHOWN_PATH])
{
	if (!*root)
		return path;
	snprintf(buffer, SHOWN_PATH, "%s%s", root, path);
	return buffer;
}

bool shown_exists(const char *path)
{
	char buffer[SHOWN_PATH];

	return !access(shown_path(path, buffer), F_OK);
}

FILE *shown_open(const char *path)
{
	char buffer[SHOWN_PATH];

	return fopen(shown_path(path, buffer), "re");
}

bool shown_line(const char *path, char *text, size_t size)
{
	FILE *in = shown_open(path);
	bool got = in && fgets(text, (int)size, in);
	size_t n;

	if (in)
		fclose(in);
	if (!got)
		return false;
	for (n = strlen(text); n && isspace((unsigned char)text[n - 1]);)
		text[--n] = '\0';
	return n > 0;
}

json_t *shown_text(const char *path)
{
	char text[1024];

	return shown_line(path, text, sizeof(text)) ? record_string(text) : json_null();
}

json_t *shown_list(const char *path)
{
	char text[1024];
	FILE *in;

	if (shown_line(path, text, sizeof(text)))
		return record_string(text);
	in = shown_open(path);
	if (!in)
		return json_null();
	fclose(in);
	return json_string("");
}

bool shown_number(const char *path, long long *n)
{
	char text[32], *end;
	long long value;

	if (!shown_line(path, text, sizeof(text)))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return false;
	*n = value;
	return true;
}

json_t *shown_count(const char *path)
{
	long long n;

	return shown_number(path, &n) ? json_integer(n) : json_null();
}

bool shown_value(const char *path, const char *key, char separator, char *value, size_t size)
{
	FILE *in = shown_open(path);
	char line[4096];
	bool found = false;

	while (in && !found && fgets(line, sizeof(line), in)) {
		char *at = strchr(line, separator), *end;

		if (!at || strncmp(line, key, strlen(key)))
			continue;
		end = line + strlen(key);
		while (isspace((unsigned char)*end))
			end++;
		if (end != at)
			continue;
		for (at++; isspace((unsigned char)*at) || *at == '"';)
			at++;
		for (end = at + strlen(at);
		     end > at && (isspace((unsigned char)end[-1]) || end[-1] == '"');)
			*--end = '\0';
		snprintf(value, size, "%s", at);
		found = true;
	}
	if (in)
		fclose(in);
	return found;
}

json_t *shown_value_text(const char *path, const char *key, char separator)
{
	char value[512];

	return shown_value(path, key, separator, value, sizeof(value)) ? record_string(value)
								       : json_null();
}

size_t shown_each(const char *pattern, void (*each)(const char *path, void *arg), void *arg)
{
	char buffer[SHOWN_PATH];
	size_t nr = 0;
	glob_t found;

	if (!glob(shown_path(pattern, buffer), 0, NULL, &found)) {
		nr = found.gl_pathc;
		for (size_t i = 0; each && i < nr; i++)
			each(found.gl_pathv[i] + strlen(root), arg);
	}
	globfree(&found);
	return nr;
}
