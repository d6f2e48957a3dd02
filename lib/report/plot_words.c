// SPDX-License-Identifier: GPL-2.0-only
/* What several kinds of plots say in words. */
#include "lib/report/plot.h"

#include <string.h>

void plot_ns(FILE *out, double ns)
{
	page_ns(&(struct page){ .out = out }, ns);
}

void plot_name(FILE *out, const struct report_result *r)
{
	page_word(out, *r->name ? r->name : "all");
}
