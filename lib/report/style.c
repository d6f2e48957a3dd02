// SPDX-License-Identifier: GPL-2.0-only
/*
 * The look of the HTML report, from a telephone to a wall, by the reader's own settings: light or dark,
 * size of letters, forced colours, movement; and on paper. page_colours.c has the colours.
 *
 * All lengths are relative to the letters, which grow a little with the window. Nothing makes the page
 * itself wider than the window: what is wide scrolls in its own box, its first column in place.
 */
#include "lib/report/page.h"

const char page_style[] =
	":root{color-scheme:light dark;--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}"
	"*{box-sizing:border-box}[hidden]{display:none!important}"
	"html{font-size:max(93.75%,calc(75% + .23vw));scroll-padding-top:1rem;-webkit-text-size-adjust:100%;"
	"text-size-adjust:100%}"
	"@media(prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}"
	"body{margin:0;background:var(--bg);color:var(--fg);"
	"font:1rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif}"
	":focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}"

	/* words */
	"a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}"
	"p a,small a,.note a,.sub a{text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.15em}"
	"a.chip{text-decoration:none}"
	"code,pre{font-family:var(--mono);font-size:.92em}code{overflow-wrap:anywhere}"
	"pre{background:var(--soft);border:1px solid var(--line);border-radius:.4rem;padding:.7rem .9rem;"
	"white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}"
	"h2{font-size:1.2rem;margin:2.6rem 0 .5rem;letter-spacing:-.005em;overflow-wrap:anywhere}"
	"h3{font-size:.95rem;margin:1.3rem 0 .35rem}"
	"h2 .par{font-weight:400;color:var(--muted)}.par i{font-style:normal;color:var(--axis)}"
	"p{max-width:100ch}.sub,.note{color:var(--muted);margin:.1rem 0 .6rem}.note{font-size:.87rem;max-width:80ch}"
	".run{font-weight:400;font-size:.83rem;padding:.02rem .45rem;border:1px solid var(--line);border-radius:99px;"
	"white-space:nowrap}.runs{color:var(--muted);font-size:.87rem}"
	".banner{max-width:none;border:1px solid currentColor;border-left-width:.3rem;border-radius:.4rem;padding:.6rem .9rem;"
	"margin:1rem 0;color:var(--warn);background:var(--warn-bg);overflow-wrap:anywhere}"
	"ul{padding-left:1.2rem;margin:.4rem 0}li{margin:.15rem 0;overflow-wrap:anywhere}"
	"dl{display:grid;grid-template-columns:minmax(min-content,max-content) minmax(0,1fr);gap:.15rem 1.2rem;margin:.4rem 0;"
	"font-size:.93rem}dt{color:var(--muted);overflow-wrap:anywhere}dd{margin:0;overflow-wrap:anywhere}"
	"details summary{cursor:pointer;color:var(--link);font-size:.93rem;margin:.2rem 0;padding:.2rem 0}"
	"footer{margin-top:3rem;color:var(--muted);font-size:.87rem}"

	/* the page and its contents */
	".layout{display:grid;grid-template-columns:15rem minmax(0,1fr);max-width:150rem;margin:0 auto}"
	"main{padding:1.6rem 1.4rem 4rem;min-width:0}"
	"nav{position:sticky;top:0;align-self:start;max-height:100vh;overflow:auto;padding:1.6rem .2rem 1.6rem 1rem;"
	"font-size:.87rem;line-height:1.35}"
	"nav b{display:block;margin:.9rem 0 .2rem;color:var(--muted);font-weight:600;overflow-wrap:anywhere}"
	"nav a{display:block;padding:.2rem .5rem;min-height:1.6rem;border-radius:4px;color:var(--fg);overflow-wrap:anywhere}"
	"nav a:hover{background:var(--soft);text-decoration:none}nav i{font-style:normal;color:var(--axis)}"

	/* tables */
	".scroll{position:relative;overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.5rem;margin:.6rem 0;"
	"overscroll-behavior-x:contain}"
	"table{border-collapse:separate;border-spacing:0;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}"
	"th,td{padding:.32rem .55rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}"
	"tr:last-child>td{border-bottom:0}tbody:not(:last-child)>tr:last-child>td{border-bottom:1px solid var(--line)}"
	"th{font-weight:600;color:var(--muted);font-size:.83rem;background:var(--soft)}"
	"th:first-child,td:first-child,.l{text-align:left}"
	"td.name{white-space:normal;overflow-wrap:anywhere;min-width:9rem}"
	"small.why{display:block;color:var(--muted);font-size:.8rem;white-space:normal;max-width:24ch}"
	"tr.more td{border-bottom:0}.subjects td{padding-top:.2rem;padding-bottom:.2rem}"
	"td.three{line-height:1.35}td.three span{font-size:.83rem}"
	"td.quiet,span.quiet{color:var(--muted)}"
	"td.reason{white-space:normal;text-align:left;color:var(--muted);overflow-wrap:break-word;min-width:15rem;"
	"font-size:.87rem;line-height:1.35}"

	/* marks of arms, verdicts */
	".sw,.chip,.stack .row span{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	".sw{display:inline-block;width:1.6em;height:.25em;border-radius:1px;margin-right:.5em;vertical-align:.25em}"
	".chip{display:inline-block;padding:.02rem .5rem;border-radius:99px;font-size:.83rem;color:var(--same);"
	"background:var(--same-bg)}"
	".slower{color:var(--bad);background:var(--bad-bg)}.faster{color:var(--good);background:var(--good-bg)}"
	".inconclusive{background:none;outline:1px dashed var(--axis);outline-offset:-1px;color:var(--muted)}"
	".unstable{color:var(--warn);background:var(--warn-bg);outline:0}"

	/* plots */
	".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(28rem,100%),1fr));gap:.7rem;margin:.6rem 0}"
	"figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .6rem .3rem;min-width:0}.pick,.plots>figure{max-width:54rem}"
	"figcaption{font-size:.87rem;color:var(--muted);padding:0 .3rem}"
	".legend{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;font-size:.87rem;margin:.5rem .1rem;overflow-wrap:anywhere}"

	/* phases */
	".stack{display:grid;grid-template-columns:minmax(min-content,max-content) minmax(0,1fr) max-content;gap:.3rem .8rem;"
	"align-items:center;font-size:.87rem;padding:.7rem .85rem;background:var(--card);border:1px solid var(--line);"
	"border-radius:.5rem;font-variant-numeric:tabular-nums}"
	".stack .name{max-width:16rem;overflow-wrap:anywhere}"
	".stack .row{display:flex;height:1.6rem;border-radius:3px;overflow:hidden;gap:1px}"
	".stack .row span{overflow:hidden;white-space:nowrap;font-size:.78rem;line-height:1.6rem;padding-left:.35rem;min-width:0}"
	".p0{background:var(--p0);color:var(--on0)}.p1{background:var(--p1);color:var(--on1)}"
	".p2{background:var(--p2);color:var(--on2)}.p3{background:var(--p3);color:var(--on3)}"
	".p4{background:var(--p4);color:var(--on4)}"
	".sw.p0,.sw.p1,.sw.p2,.sw.p3,.sw.p4{width:.8em;height:.8em;vertical-align:-.05em}"

	/* what the figures rest on */
	".env{columns:24rem;column-gap:2.5rem}.env>div{break-inside:avoid;padding-top:.6rem}.env h3{margin-top:0}"

	/* less room: closer together, then the contents no longer beside the page */
	"@media screen and (max-width:84rem){.layout{grid-template-columns:12rem minmax(0,1fr)}main{padding:1.6rem 1rem 4rem}"
	"nav{padding-left:.5rem}th,td{padding-left:.4rem;padding-right:.4rem}td.name{min-width:8.6rem}"
	".verdicts .chip{padding:.02rem .4rem}}"
	"@media screen and (max-width:72rem){.layout{display:block}nav{position:static;max-height:none;padding:1rem 1rem 0}"
	"nav .list{columns:2}main{padding:1rem}"
	/* The name stays where it is while the rest of its row scrolls. */
	".scroll td:first-child,.scroll th:first-child{position:sticky;left:0;z-index:1}"
	".scroll td:first-child{background:var(--card);max-width:42vw}.scroll th:first-child{background:var(--soft)}}"
	"@media screen and (max-width:34rem){main{padding:.8rem .7rem 3rem}.scroll td,.scroll th{padding-left:.35rem;padding-right:.35rem}"
	".plots{gap:.5rem}figure{padding:.3rem .3rem .2rem}"
	"td.name{min-width:8.4rem}.stack{grid-template-columns:minmax(0,1fr) max-content;grid-auto-flow:dense;gap:.1rem .6rem}"
	".stack .row{grid-column:1/-1}"
	".stack .name{max-width:none}dl{gap:.1rem .7rem;grid-template-columns:minmax(min-content,9rem) minmax(0,1fr)}"
	".env{columns:auto}}"

	/* colours that the reader forces on the page: what is told by a ground keeps its own, words get theirs */
	"@media(forced-colors:active){.sw,svg.plot,.stack .row span{forced-color-adjust:none}"
	".chip,.run{border:1px solid}.plot text{fill:CanvasText}}"

	/* paper: black on white, nothing to click, nothing cut in two */
	"@page{margin:14mm 12mm}"
	"@media print{:root{--bg:#fff;--card:#fff;--soft:#f4f4f4;--fg:#000;--muted:#3d3d3d;--link:#000}html{font-size:8.5pt}"
	"nav{display:none}.layout{display:block;max-width:none}main{padding:0}"
	"h2,h3,figcaption,.legend,summary{break-after:avoid}figure,.stack,.banner,tr,li,pre{break-inside:avoid}"
	"thead{display:table-header-group}.scroll{overflow:visible}p,li{orphans:3;widows:3}"
	"table,.note,.legend,figcaption,.stack,.sub,dl{font-size:.9rem}th,td.three span,.chip{font-size:.83rem}"
	"th,td{padding:.15rem .3rem}th,td.l{white-space:normal}.matrix thead th{overflow-wrap:anywhere;min-width:4.8rem}td.reason{min-width:0}a{color:inherit}"
	".plots{grid-template-columns:1fr 1fr}details::details-content{content-visibility:visible;block-size:auto}}";
