// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/cli/number.h"

static int width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width;

	/* A serial line is a terminal that does not know its size. */
	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		width = size.ws_col;
	else if (!columns || !number_parse(columns, 1, UINT64_MAX, &width))
		return 0;
	return width < TERMINAL_MIN_WIDTH   ? TERMINAL_MIN_WIDTH
	       : width > TERMINAL_MAX_WIDTH ? TERMINAL_MAX_WIDTH
					    : (int)width;
}

bool terminal_is(FILE *out)
{
	return isatty(fileno(out));
}

struct terminal_style terminal_style_of(FILE *out)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	int fd = fileno(out);
	struct terminal_style s = { .width = width_of(fd) };

	s.cursor = terminal_is(out) && term && *term && strcmp(term, "dumb");
	s.colour = s.cursor && !(no_colour && *no_colour);
	return s;
}
