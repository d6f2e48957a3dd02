// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same as openmetrics.c in Prometheus's older text format, for the node exporter's textfile
 * collector: it takes no timestamps, and the server says when it has seen them.
 */
#include "lib/report/openmetrics.h"

static int render(FILE *out, const struct report *r, const struct terminal_style *style)
{
	(void)style;
	return openmetrics_write(out, r, false);
}

const struct report_format report_format_prometheus = {
	.name = "prometheus",
	.help = "the same without timestamps, for the node exporter",
	.suffix = { ".prom" },
	.render = render,
};
