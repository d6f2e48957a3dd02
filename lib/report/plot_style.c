// SPDX-License-Identifier: GPL-2.0-only
/*
 * The look of plots; the colours are the page's variables. Lengths inside a drawing are tenths of its
 * units, of which the widest has 560 over the width of its figure.
 */
#include "lib/report/plots.h"

const char plots_style[] =
	"svg.plot{width:100%;height:auto;display:block}"
	".plot text{font-family:inherit;font-size:120px;fill:var(--muted);stroke:none}"
	".plot .t{fill:var(--fg);paint-order:stroke;stroke:var(--card);stroke-width:30px;stroke-linejoin:round}"
	".plot path{fill:none;stroke-width:10px;stroke-linejoin:round}"
	".plot .grid{stroke:var(--grid)}.plot .axis{stroke:var(--axis)}"
	".plot .c{stroke-width:20px}.plot .l{opacity:.55}.plot .r{stroke:none;opacity:.22}"
	/* One of two drawings of the same: chosen by radio buttons, without a script */
	".pick{display:flex;flex-wrap:wrap;align-items:baseline;align-content:flex-start;gap:.3rem .4rem}"
	".pick>figure{flex:1 0 100%;min-width:0}"
	"@media screen{.pick>input:nth-of-type(1):not(:checked)~.v1,.pick>input:nth-of-type(2):not(:checked)~.v2"
	"{display:none}}@media print{.pick>input,.pick>label{display:none}}"
	"@media screen and (max-width:36rem){.plot text{font-size:168px}.plot .t{font-size:165px}}";
