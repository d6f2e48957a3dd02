// SPDX-License-Identifier: GPL-2.0-only
/*
 * The look of plots; the colours are the page's variables. Lengths inside a drawing are tenths of its
 * units, of which the widest has 560 over the width of its figure.
 */
#include "lib/report/plot.h"

const char plot_style[] =
	"svg.plot{width:100%;height:auto;display:block}"
	".plot text{font-family:inherit;font-size:120px;fill:var(--muted);stroke:none}"
	".plot .t{fill:var(--fg);paint-order:stroke;stroke:var(--card);stroke-width:30px;stroke-linejoin:round}"
	".plot path{fill:none;stroke-width:10px;stroke-linejoin:round}"
	".plot .grid{stroke:var(--grid)}.plot .axis{stroke:var(--axis)}"
	".plot .c{stroke-width:20px}.plot .l{opacity:.55}.plot .r{stroke:none;opacity:.22}"
	".plot .o{stroke-width:32px;stroke-linecap:round;opacity:.5}.plot .e{stroke-width:20px;stroke-linecap:round;opacity:.4}"
	".plot .n{stroke:none;fill:var(--warn);opacity:.14}.plot .v{stroke:var(--axis)}"
	".plot .h1{fill:var(--d1);stroke:none}.plot .h2{fill:var(--d2);stroke:none}.plot .h3{fill:var(--d3);stroke:none}"
	".plot .h4{fill:var(--d4);stroke:none}.plot .h5{fill:var(--d5);stroke:none}.plot .h6{fill:var(--d6);stroke:none}"
	".plot .h7{fill:var(--d7);stroke:none}.plot .h8{fill:var(--d8);stroke:none}"
	"@media screen and (max-width:36rem){.plot text,.plot .t{font-size:168px}}";

const char plots_style[] =
	".plots.one{max-width:48rem}h4{font-size:.93rem;margin:1.1rem 0 .2rem}"
	".stack.bands{gap:.12rem .8rem}.stack.bands .row{height:1.15rem}.stack.bands .row span{line-height:1.15rem}"
	".stack.bands .of{grid-column:1/-1;margin-top:.35rem}.stack.bands .name{color:var(--muted)}"
	"ol.frames{margin:.2rem 0;padding-left:1.6rem;font-size:.8rem;white-space:normal}"
	/* One of two drawings of the same: chosen by radio buttons, without a script */
	".pick{display:flex;flex-wrap:wrap;align-items:baseline;align-content:flex-start;gap:.2rem .35rem;min-width:0;"
	"background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.4rem .6rem .3rem}"
	".pick>input{margin:0 0 0 .3rem}.pick>label{font-size:.87rem;margin-right:.6rem}"
	".pick>figure{flex:1 0 100%;border:0;padding:0;background:none}"
	"@media screen{.pick>input:nth-of-type(1):not(:checked)~.v1,.pick>input:nth-of-type(2):not(:checked)~.v2"
	"{display:none}}@media print{.pick>input,.pick>label{display:none}}";
