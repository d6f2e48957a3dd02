// SPDX-License-Identifier: GPL-2.0-only
#include "lib/cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct terminal_style terminal_style_of(FILE *out)
{
	struct terminal_style s = { .colour = isatty(fileno(out)) && !getenv("NO_COLOR") };
	const char *term = getenv("TERM"), *columns = getenv("COLUMNS");
	struct winsize size;

	if (term && !strcmp(term, "dumb"))
		s.colour = false;
	if (isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &size))
		s.width = size.ws_col;
	else if (columns)
		s.width = atoi(columns);
	if (s.width < 40)
		s.width = 0;
	return s;
}
