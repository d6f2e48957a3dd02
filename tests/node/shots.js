// SPDX-License-Identifier: GPL-2.0-only
/*
 * node shots.js CHROMIUM PROFILE OUT FILE...: pictures of each page at four widths in two schemes, below OUT: the first
 * screen as NAME-WIDTH-SCHEME.png, all of it as NAME-WIDTH-SCHEME-all.png; and NAME.pdf, as it is printed.
 */
'use strict';

const { basename, join } = require('node:path');
const { writeFileSync } = require('node:fs');
const { start } = require('./browser.js');

const SCREENS = [[360, 740], [768, 1024], [1280, 1100], [3840, 2160]];

async function shoot(browser, out, file) {
	const name = basename(file, '.html');

	for (const [width, height] of SCREENS) {
		for (const dark of [false, true]) {
			const page = await browser.open(file, { width, height, dark });
			const path = join(out, `${name}-${width}-${dark ? 'dark' : 'light'}`);

			writeFileSync(`${path}.png`, await page.picture());
			writeFileSync(`${path}-all.png`, await page.picture(true));
			await page.close();
		}
	}
	const page = await browser.open(file, { print: true });

	writeFileSync(join(out, `${name}.pdf`), await page.pdf());
	await page.close();
}

async function main([chromium, profile, out, ...files]) {
	const browser = await start(chromium, profile);

	try {
		for (const file of files)
			await shoot(browser, out, file);
	} finally {
		await browser.stop();
	}
}

main(process.argv.slice(2)).catch((error) => {
	console.error(`shots: ${error.message}`);
	process.exit(1);
});
