// SPDX-License-Identifier: GPL-2.0-only
/*
 * node page.js CHROMIUM PROFILE PLOTS FILE [tables]: what a reader can do with the page FILE, as Chromium shows it.
 *
 * PLOTS: at least so many drawings are on it. tables: its tables and its filter alone. Ends like the shell tests: `N passed, N
 * failed`, after a line for each failure.
 */
'use strict';

const { basename } = require('node:path');
const { readFileSync } = require('node:fs');
const { start } = require('./browser.js');

const WIDTHS = [360, 768, 1280, 3840];
const TALLEST_ROW = 300; /* pixels of a row of a table at 360: some lines, not a column of letters */
const SMALLEST = 9.5; /* pixels of the smallest letters, those of axes */
const PAPER = 704; /* A4 without its margins, in pixels */

let passed = 0, failed = 0, name = '';

function check(what, good, ...seen) {
	if (good) {
		passed++;
		return;
	}
	failed++;
	console.log(`FAIL: ${name}: ${what}`);
	for (const s of seen.flat().slice(0, 5))
		console.log(`  ${(typeof s === 'string' ? s : JSON.stringify(s)).slice(0, 500)}`);
}

function quiet(page, when) {
	check(`${when}: nothing is said on the console`, page.said.length === 0, page.said);
	check(`${when}: nothing is asked for but the page`, page.requests.length === 1, page.requests);
}

/* ---- what is there --------------------------------------------------------------------------- */

/* Drawings that show nothing, or have no words for those who do not see them; those behind a switch as well. */
function empty_plots() {
	const empty = (figure) => {
		const svgs = [...figure.querySelectorAll('svg')].filter((s) => s.checkVisibility());
		const drawn = (svg) => [...svg.querySelectorAll('path,rect,polyline,polygon,circle,line,use')]
			.some((e) => e.getBoundingClientRect().width + e.getBoundingClientRect().height > 4);
		const named = (svg) => svg.getAttribute('aria-label') || svg.getAttribute('aria-labelledby') ||
			svg.querySelector('title');

		if (!figure.checkVisibility())
			return false;
		if (!svgs.length)
			return !figure.innerText.trim();
		return !svgs.every((svg) => drawn(svg) && named(svg) && svg.getBoundingClientRect().width > 100);
	};
	const bad = new Set([...document.querySelectorAll('figure')].filter(empty));

	for (const radio of document.querySelectorAll('section input[type=radio]')) {
		const before = [...document.getElementsByName(radio.name)].find((r) => r.checked);

		radio.click();
		[...radio.closest('section').querySelectorAll('figure')].filter(empty).forEach((f) => bad.add(f));
		before.click();
	}
	return [...bad].map((figure) => figure.innerText.slice(0, 100) || figure.outerHTML.slice(0, 200));
}

function nr_plots() {
	return [...document.querySelectorAll('figure svg')].length;
}

/* How many of each element that carries something; the script may add controls, and nothing else. */
function inventory() {
	const nr = {};

	for (const selector of ['section', 'h2', 'h3', 'table', 'tr', 'td', 'th', 'figure', 'svg', 'path', 'li', 'dt', 'a'])
		nr[selector] = document.querySelectorAll(selector).length;
	return nr;
}

/* Rows that cannot be seen and that nothing opens: neither a fold nor a switch without a script. */
function unreachable() {
	const radios = [...document.querySelectorAll('input[type=radio]')], seen = new Set();
	const rows = [...document.querySelectorAll('tr,figure,li,dd')];
	const closed = [...document.querySelectorAll('details:not([open])')];
	const look = () => rows.forEach((r) => r.checkVisibility({ visibilityProperty: true }) && seen.add(r));

	closed.forEach((d) => {
		d.open = true;
	});
	look();
	for (const radio of radios) {
		radio.click();
		look();
	}
	return rows.filter((r) => !seen.has(r)).map((r) => r.textContent.slice(0, 200));
}

function ids_twice() {
	const all = [...document.querySelectorAll('[id]')].map((e) => e.id);

	return all.filter((id, i) => all.indexOf(id) !== i);
}

/* Links of the page to a place that is not there. */
function dead_links() {
	return [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href').slice(1))
		.filter((id) => !document.getElementById(decodeURIComponent(id)) && !document.getElementById(id));
}

/* ---- how it fits ----------------------------------------------------------------------------- */

function sticks_out() {
	const width = document.documentElement.clientWidth;
	const boxed = (e) => e.closest('.scroll,nav,pre') || e.closest('svg');

	if (document.documentElement.scrollWidth <= width)
		return [];
	return [`${document.documentElement.scrollWidth} of ${width} px`, ...[...document.querySelectorAll('main *')]
		.filter((e) => e.getBoundingClientRect().right > width + 0.5 && !boxed(e))
		.map((e) => e.outerHTML.slice(0, 120))];
}

function tall_rows(most) {
	return [...document.querySelectorAll('tr')].filter((r) => r.getBoundingClientRect().height > most)
		.map((r) => `${Math.round(r.getBoundingClientRect().height)} px: ${r.textContent.slice(0, 200)}`);
}

/* In a drawing letters are as large as its scale makes them. */
function small_letters(least) {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), small = new Set();

	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement, svg = e.closest('svg');
		let size = parseFloat(getComputedStyle(e).fontSize);

		if (!walker.currentNode.data.trim() || e.closest('script,style,title,.vh') || !e.checkVisibility())
			continue;
		if (svg && svg.viewBox.baseVal && svg.viewBox.baseVal.width)
			size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
		if (size < least)
			small.add(`${size.toFixed(1)} px: ${walker.currentNode.data.trim().slice(0, 40)} (${e.tagName} in ${
				(e.closest('[class]') || e).outerHTML.slice(0, 60)})`);
	}
	return [...small];
}

/* Words of a drawing that are cut off by its edge, or stand on one another. */
function crowded() {
	const bad = [];

	for (const svg of document.querySelectorAll('figure svg')) {
		const frame = svg.getBoundingClientRect();
		const words = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim())
			.map((t) => ({ text: t.textContent.trim(), box: t.getBoundingClientRect() }));

		if (!svg.checkVisibility())
			continue;
		for (const [i, { text, box }] of words.entries()) {
			if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
			    box.bottom > frame.bottom + 1)
				bad.push(`'${text}' is cut off`);
			for (const other of words.slice(i + 1)) {
				const wide = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
				const high = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);

				if (wide > 1 && high > 0.4 * box.height)
					bad.push(`'${text}' and '${other.text}' stand on one another`);
			}
		}
	}
	return [...new Set(bad)];
}

/* Running text is read in lines of a hundred characters at most, however wide the window is. */
function long_lines() {
	return [...document.querySelectorAll('p:not(.banner)')].filter((p) => {
		const style = getComputedStyle(p), probe = document.createElement('span');

		if (!p.checkVisibility() || p.closest('.scroll,figure,nav'))
			return false;
		probe.textContent = '0'.repeat(105);
		probe.style.cssText = `position:absolute;visibility:hidden;white-space:nowrap;font:${style.font}`;
		document.body.append(probe);
		const room = probe.getBoundingClientRect().width;

		probe.remove();
		return p.getBoundingClientRect().width > room;
	}).map((p) => p.innerText.slice(0, 80));
}

async function fits(browser, file) {
	for (const width of WIDTHS) {
		const page = await browser.open(file, { width });
		const out = await page.call(sticks_out);
		const small = await page.call(small_letters, SMALLEST), crowd = await page.call(crowded);

		check(`${width} px: nothing sticks out`, !out.length, out);
		check(`${width} px: all letters can be read`, !small.length, small);
		check(`${width} px: words of drawings have room`, !crowd.length, crowd);
		if (width === 360) {
			const tall = await page.call(tall_rows, TALLEST_ROW);

			check(`${width} px: rows are rows`, !tall.length, tall);
		}
		if (width === 3840) {
			const long = await page.call(long_lines);

			check(`${width} px: letters grow`, await page.evaluate(
				'parseFloat(getComputedStyle(document.body).fontSize) >= 18'));
			check(`${width} px: lines can be followed`, !long.length, long);
		}
		await page.close();
	}
}

/* ---- for everybody --------------------------------------------------------------------------- */

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

async function accessible(browser, file, settings) {
	const page = await browser.open(file, settings);
	const when = `${settings.width || 1280} px, ${settings.dark ? 'dark' : 'light'}`;

	await page.evaluate(`${AXE};0`);
	/* What the scheme changes is colours; all else has been looked at in light, at the same width. */
	const what = settings.dark ? "runOnly: ['color-contrast', 'link-in-text-block']" :
		"rules: { 'target-size': { enabled: true } }";
	const found = await page.evaluate(`axe.run(document, {
		resultTypes: ['violations'], ${what},
	}).then((r) => r.violations.map((v) => ({
		impact: v.impact, rule: v.id, nr: v.nodes.length, first: v.nodes[0].html.slice(0, 160),
		why: v.nodes[0].failureSummary.slice(0, 300),
	})))`);

	check(`axe, ${when}: no finding`, !found.length, found);
	await page.close();
}

async function forced(browser, file) {
	const page = await browser.open(file, { forced: true });

	check('forced colours: marks of arms keep theirs', await page.evaluate(
		`[...document.querySelectorAll('.sw')].every((e) => getComputedStyle(e).forcedColorAdjust === 'none')`));
	check('less movement is asked for: nothing scrolls smoothly',
		await page.evaluate('getComputedStyle(document.documentElement).scrollBehavior') === 'auto');
	await page.close();
}

/* Black on white, whatever the reader's scheme, without what one would click; no wider than the sheet. */
async function printed(browser, file) {
	const page = await browser.open(file, { print: true, dark: true, width: PAPER });
	const out = await page.call(sticks_out);
	const cut = await page.evaluate(`[...document.querySelectorAll('figure,.stack,tr')].filter((e) =>
		e.checkVisibility() && getComputedStyle(e).breakInside !== 'avoid').map((e) => e.outerHTML.slice(0, 80))`);
	const wide = await page.evaluate(`[...document.querySelectorAll('table')].filter((t) => t.checkVisibility() &&
		t.getBoundingClientRect().right > ${PAPER} + 1).map((t) => t.getBoundingClientRect().right + ' px: ' +
		t.innerText.slice(0, 60))`);

	check('on paper: white', await page.evaluate('getComputedStyle(document.body).backgroundColor') ===
		'rgb(255, 255, 255)');
	check('on paper: black', await page.evaluate('getComputedStyle(document.body).color') === 'rgb(0, 0, 0)');
	check('on paper: no contents to click', !await page.evaluate(`[...document.querySelectorAll('nav,form,.skip')]
		.some((e) => e.checkVisibility())`));
	check('on paper: nothing sticks out', !out.length, out);
	check('on paper: no table is cut off', !wide.length, wide);
	check('on paper: nothing is cut in two', !cut.length, cut);
	check('on paper: it can be printed', (await page.pdf()).subarray(0, 5).toString() === '%PDF-');
	await page.close();
}

/* ---- what a reader does ---------------------------------------------------------------------- */

/*
 * The cells of a column in their order: of a table and of those that go on with it, which may be folded. What is folded has no
 * innerText of its own, so that a cell would change when a row moves there.
 */
function column(table, at) {
	const all = [...document.querySelectorAll('table.sort')], { set } = all[table].dataset;

	return all.filter((t, i) => (set ? t.dataset.set === set : i === table)).flatMap((t) => [...t.tBodies[0].rows])
		.map((r) => r.cells[at].textContent.replace(/\s+/g, ' ').trim());
}

function sortable() {
	return [...document.querySelectorAll('table.sort')].map((t) => ({
		rows: t.tBodies[0].rows.length,
		shown: t.checkVisibility(),
		by: [...t.tHead.rows[0].cells].map((h) => Boolean(h.querySelector('button'))),
	}));
}

function press(table, at) {
	const heading = document.querySelectorAll('table.sort')[table].tHead.rows[0].cells[at];

	heading.querySelector('button').click();
	return heading.getAttribute('aria-sort');
}

/* "1.62 µs", "×2.20", "÷31", "−4.4 %", "futex 3.34 µs" as numbers; NaN: words. */
function number(text) {
	const m = /([×÷]?)([−+-]?\d[\d  ]*(?:\.\d+)?(?:e[+-]?\d+)?)\s*(ns|us|µs|ms|s|%)?(?![\w.])/.exec(text);

	if (!m)
		return NaN;
	const v = Number(m[2].replace(/[  ]/g, '').replace('−', '-'));

	if (m[1] === '÷')
		return 1 / v;
	return m[3] === '%' ? 1 + v / 100 : v * ({ ns: 1, us: 1e3, 'µs': 1e3, ms: 1e6, s: 1e9 }[m[3]] || 1);
}

/* Names go by their words and numbers; equal figures stand in any order, and what is rounded may differ by that. */
function ascends(cells, names) {
	const words = new Intl.Collator('en', { numeric: true });
	const v = cells.map(number).filter((n) => !Number.isNaN(n));

	if (names)
		return cells.every((c, i) => !i || words.compare(cells[i - 1], c) <= 0);

	return v.every((n, i) => !i || n >= v[i - 1] - Math.abs(v[i - 1]) * 0.01);
}

async function sorts(page) {
	const tables = await page.call(sortable);
	let tried = 0;

	for (const [t, table] of tables.entries()) {
		if (table.rows < 2 || !table.shown)
			continue;
		for (const [c, by] of table.by.entries()) {
			if (!by)
				continue;
			const before = await page.call(column, t, c);
			const state = [await page.call(press, t, c)], up = await page.call(column, t, c);

			state.push(await page.call(press, t, c));
			const down = await page.call(column, t, c);

			state.push(await page.call(press, t, c));
			const again = await page.call(column, t, c), what = `table ${t}, column ${c}`;

			tried++;
			check(`${what}: says how it is sorted`, state.join() === 'ascending,descending,none', state);
			check(`${what}: goes up`, ascends(up, !c), up);
			check(`${what}: then down`, ascends([...down].reverse(), !c), down);
			check(`${what}: then as it was`, again.join('\n') === before.join('\n'), again);
			check(`${what}: no cell is lost`, [...up].sort().join('\n') === [...before].sort().join('\n') &&
				[...down].sort().join('\n') === [...before].sort().join('\n'));
		}
	}
	return tried;
}

/* What a filter leaves: the questions' sections; where there are none, as of a comparison of runs, their links in the contents. */
function questions() {
	const sections = [...document.querySelectorAll('section.question')];

	return (sections.length ? sections : [...document.querySelectorAll('nav .topic a')]).map((s) => ({
		shown: s.checkVisibility(),
		name: (s.querySelector('h2') || s).textContent.replace(/\s+/g, ' ').toLowerCase(),
	}));
}

/* Typed as a reader types. */
async function filters(page) {
	const all = await page.call(questions);
	const word = all.length ? all[all.length - 1].name.split(/[ /=#]+/).filter((w) => w)[0] : '';
	const want = all.filter((s) => s.name.includes(word)).length;

	await page.evaluate(`document.querySelector('form.filter input').focus()`);
	await page.send('Input.insertText', { text: word });
	const some = await page.call(questions);

	check(`filter '${word}': shows those and no others`, some.every((s) => s.shown === s.name.includes(word)),
		some.filter((s) => s.shown !== s.name.includes(word)).map((s) => s.name));
	check(`filter '${word}': says how many`, (await page.evaluate(`document.querySelector('form.filter output').value`))
		.startsWith(`${want} `));
	await page.key('Escape', 'Escape', 27);
	check('filter: Escape shows all again', (await page.call(questions)).every((s) => s.shown));
	await page.send('Input.insertText', { text: 'no question has such a name' });
	check('filter: what nothing has', (await page.call(questions)).every((s) => !s.shown));
	await page.key('Escape', 'Escape', 27);
}

function focused() {
	const e = document.activeElement, box = e.getBoundingClientRect();

	return {
		what: `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ''}.${e.className}`,
		seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.left < innerWidth,
		ring: getComputedStyle(e).outlineStyle !== 'none' && parseFloat(getComputedStyle(e).outlineWidth) >= 1,
	};
}

/* From the keyboard: past the contents, and on; each place can be seen and has a ring. */
async function keyboard(browser, file) {
	const page = await browser.open(file, {});
	const bad = [];

	await page.key('Tab', 'Tab', 9);
	const first = await page.call(focused);

	check('keyboard: first a link past the contents', /skip/.test(first.what) && first.seen, first);
	await page.key('Enter', 'Enter', 13, '\r');
	check('keyboard: it goes to the main part', (await page.call(focused)).what.startsWith('main'),
		await page.call(focused));
	for (let i = 0; i < 25; i++) {
		await page.key('Tab', 'Tab', 9);
		const at = await page.call(focused);

		if (at.what.startsWith('body'))
			break;
		if (!at.seen || !at.ring)
			bad.push(at);
	}
	check('keyboard: one sees where one is', !bad.length, bad);
	const sorter = `[...document.querySelectorAll('table.sort th button')].find((b) => b.checkVisibility())`;

	if (await page.evaluate(`!!${sorter}`)) {
		await page.evaluate(`${sorter}.focus()`);
		await page.key('Enter', 'Enter', 13, '\r');
		check('keyboard: sorts', await page.evaluate(
			`document.activeElement.closest('th').getAttribute('aria-sort') === 'ascending'`));
	}
	await page.close();
}

/* A link to a question, as somebody else was sent it. */
async function permalink(browser, file) {
	const page = await browser.open(file, {});
	const link = await page.evaluate(`(document.querySelector('section.question h2[id],section.question[id]') || {}).id`);

	await page.close();
	if (!link)
		return;
	const there = await browser.open(file, { hash: `#${encodeURI(link)}` });

	check('a link to a question leads there', await there.evaluate(`(() => {
		const top = document.getElementById(${JSON.stringify(link)}).getBoundingClientRect().top;
		return top >= -1 && top < innerHeight;
	})()`), link);
	quiet(there, 'by a link');
	await there.close();
}

/* ---- all of it ------------------------------------------------------------------------------- */

async function all(browser, plots, file) {
	const page = await browser.open(file, {});
	const there = await page.call(inventory);

	quiet(page, 'opened');
	const empty = await page.call(empty_plots), nr = await page.call(nr_plots);

	check(`${nr} plots, at least ${plots} expected`, nr >= plots);
	check('each plot shows something and says what it is', !empty.length, empty);
	const twice = await page.call(ids_twice), dead = await page.call(dead_links);

	check('each id is there once', !twice.length, twice);
	check('each link leads somewhere', !dead.length, dead);
	const rows = (await page.call(sortable)).map((t) => t.shown && t.rows);

	if (Math.max(0, ...rows) > 1)
		check('tables were sorted', await sorts(page) > 0);
	const filter = await page.evaluate(`!!document.querySelector('form.filter input')`);

	check('many questions can be filtered', filter || (await page.call(questions)).length < 4);
	if (filter)
		await filters(page);
	quiet(page, 'used');
	await page.close();

	const bare = await browser.open(file, { script: false });
	const bare_nr = await bare.call(inventory), hidden = await bare.call(unreachable);

	check('without a script all is there', JSON.stringify(bare_nr) === JSON.stringify(there), there, bare_nr);
	check('and can be got at', !hidden.length, hidden);
	check('what needs one is not shown', !await bare.evaluate(`[...document.querySelectorAll('form,button')]
		.some((e) => e.checkVisibility())`));
	quiet(bare, 'without a script');
	await bare.close();

	await fits(browser, file);
	await keyboard(browser, file);
	await permalink(browser, file);
	await forced(browser, file);
	await printed(browser, file);
	for (const settings of [{}, { dark: true }, { width: 360 }, { width: 360, dark: true }])
		await accessible(browser, file, settings);
}

/* Of a page that is like others, but longer: tables that go on in a fold are sorted as one. */
async function tables(browser, file) {
	const page = await browser.open(file, {});
	const sets = await page.evaluate(`[...document.querySelectorAll('details table.sort[data-set]')].length`);

	check('a table goes on in a fold', sets > 0, sets);
	check('tables were sorted', await sorts(page) > 0);
	await filters(page);
	quiet(page, 'used');
	await page.close();
}

async function main([chromium, profile, plots, file, part]) {
	const browser = await start(chromium, profile);

	name = basename(file, '.html');
	try {
		await (part === 'tables' ? tables(browser, file) : all(browser, Number(plots), file));
	} finally {
		await browser.stop();
	}
	console.log(`${passed} passed, ${failed} failed`);
	process.exitCode = failed ? 1 : 0;
}

main(process.argv.slice(2)).catch((error) => {
	console.log(`FAIL: ${name}: ${error.message}\n${passed} passed, ${failed + 1} failed`);
	process.exitCode = 1;
});
