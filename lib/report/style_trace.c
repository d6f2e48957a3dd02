// SPDX-License-Identifier: GPL-2.0-only
/* The look of traces: shares as bars below their figure, intervals over time, single waits. */
#include "lib/report/page.h"

const char page_style_trace[] =
	"td.share{min-width:5rem;background:linear-gradient(var(--d4),var(--d4)) left bottom/var(--w,0) .22rem no-repeat;"
	"print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	"td.in1{padding-left:1.6rem}td.in2{padding-left:2.7rem}td.in3{padding-left:3.8rem}"
	"tr.part td{color:var(--muted)}"
	".waits td{vertical-align:top}.waits td.l{white-space:normal;min-width:9rem;overflow-wrap:anywhere}"
	".waits tr.detail td{padding-top:0;white-space:normal}.waits tr.top td{border-bottom:0}"
	".waits pre{margin:.2rem 0 .4rem;max-height:24rem;overflow:auto}"
	".waits details summary{padding:0;margin:0}"
	/* cells of intervals, few to most; lengths as in all plots are tenths */
	".over{max-width:54rem}.tmap path{stroke:none}.tmap .d1{fill:var(--d1)}.tmap .d2{fill:var(--d2)}.tmap .d3{fill:var(--d3)}.tmap .d4{fill:var(--d4)}"
	".tmap .d5{fill:var(--d5)}.tmap .d6{fill:var(--d6)}.tmap .d7{fill:var(--d7)}.tmap .d8{fill:var(--d8)}"
	".tmap .w{fill:var(--hot4)}.tmap .lost{fill:var(--bad)}"
	".tmap .q{fill:none;stroke:var(--card);stroke-width:44px}.tmap .m{fill:none;stroke:var(--fg);stroke-width:18px}"
	".tmap .far{stroke-dasharray:70 45}.tmap path.grid{fill:none;stroke-width:10px}.tmap .mid{text-anchor:middle}.tmap .end{text-anchor:end}"
	".tones{display:inline-flex;gap:1px;vertical-align:-.1em;margin:0 .4em}.tones i{width:1.1em;height:.8em;"
	"print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}"
	".tones .d1{background:var(--d1)}.tones .d2{background:var(--d2)}.tones .d3{background:var(--d3)}"
	".tones .d4{background:var(--d4)}.tones .d5{background:var(--d5)}.tones .d6{background:var(--d6)}"
	".tones .d7{background:var(--d7)}.tones .d8{background:var(--d8)}";
