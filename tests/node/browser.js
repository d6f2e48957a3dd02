// SPDX-License-Identifier: GPL-2.0-only
/*
 * A headless Chromium, driven over its debugging pipe: no port, nothing to install but the browser.
 *
 *	const browser = await start(command, directory);
 *	const page = await browser.open(path, { width: 360, dark: true, script: false });
 *	await page.evaluate('document.title');
 *	await browser.stop();
 *
 * Every wait is for an event or an answer, and bounded.
 */
'use strict';

const { spawn } = require('node:child_process');
const { pathToFileURL } = require('node:url');

const LONGEST_MS = 60000;

/* What @promise gives, or an error that names @what when it takes too long. */
function within(promise, what) {
	let timer;
	const late = new Promise((resolve, reject) => {
		timer = setTimeout(() => reject(new Error(`${what}: no answer in ${LONGEST_MS / 1000} s`)), LONGEST_MS);
	});

	return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

class Browser {
	constructor(child) {
		this.child = child;
		this.asked = new Map(); /* id of a command -> what waits for its answer */
		this.pages = new Map(); /* session -> page */
		this.idle = []; /* pages that were closed: a process each, for the next ones */
		this.next = 1;
		this.rest = '';
		child.stdio[4].setEncoding('utf8');
		child.stdio[4].on('data', (text) => this.take(text));
		this.ended = new Promise((resolve) => {
			child.on('exit', resolve);
			child.on('error', resolve);
		});
		this.ended.then(() => {
			for (const { reject } of this.asked.values())
				reject(new Error('the browser ended'));
		});
	}

	/* Messages end with a NUL. */
	take(text) {
		const parts = (this.rest + text).split('\0');

		this.rest = parts.pop();
		for (const part of parts) {
			const message = JSON.parse(part);

			if (message.id)
				this.answer(message);
			else if (this.pages.has(message.sessionId))
				this.pages.get(message.sessionId).event(message.method, message.params);
		}
	}

	answer({ id, result, error }) {
		const { resolve, reject } = this.asked.get(id);

		this.asked.delete(id);
		if (error)
			reject(new Error(error.message));
		else
			resolve(result);
	}

	send(method, params = {}, sessionId = undefined) {
		const id = this.next++;

		return within(new Promise((resolve, reject) => {
			this.asked.set(id, { resolve, reject });
			this.child.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
		}), method);
	}

	/* A page at @path, loaded to its end. */
	async open(path, settings = {}) {
		const page = this.idle.pop() || await this.create();

		await page.load(path, settings);
		return page;
	}

	async create() {
		const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
		const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
		const page = new Page(this, sessionId);

		this.pages.set(sessionId, page);
		for (const domain of ['Page', 'Runtime', 'Log', 'Network'])
			await page.send(`${domain}.enable`);
		return page;
	}

	async stop() {
		this.send('Browser.close').catch(() => {});
		await within(this.ended, 'the end of the browser').catch(() => this.child.kill('SIGKILL'));
	}
}

class Page {
	constructor(browser, sessionId) {
		this.browser = browser;
		this.sessionId = sessionId;
		this.begin();
	}

	begin() {
		this.said = []; /* what the page put on its console, or the browser about it */
		this.requests = [];
		this.loaded = new Promise((resolve) => {
			this.tell_loaded = resolve;
		});
	}

	event(method, params) {
		if (method === 'Runtime.consoleAPICalled')
			this.said.push(params.args.map((a) => a.value ?? a.description).join(' '));
		else if (method === 'Runtime.exceptionThrown')
			this.said.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
		else if (method === 'Log.entryAdded')
			this.said.push(params.entry.text);
		else if (method === 'Network.requestWillBeSent')
			this.requests.push(params.request.url);
		else if (method === 'Page.loadEventFired')
			this.tell_loaded();
	}

	send(method, params) {
		return this.browser.send(method, params, this.sessionId);
	}

	async load(path, { width = 1280, height = 900, dark = false, script = true, print = false, forced = false,
		hash = '' }) {
		await this.send('Emulation.setDeviceMetricsOverride',
			{ width, height, deviceScaleFactor: 1, mobile: width < 600 });
		await this.send('Emulation.setEmulatedMedia', {
			media: print ? 'print' : 'screen',
			features: [
				{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
				{ name: 'prefers-reduced-motion', value: 'reduce' },
				{ name: 'forced-colors', value: forced ? 'active' : 'none' },
			],
		});
		await this.send('Emulation.setScriptExecutionDisabled', { value: !script });
		await this.go(pathToFileURL(path).href + hash);
	}

	async go(url) {
		this.begin();
		const { errorText } = await this.send('Page.navigate', { url });

		if (errorText)
			throw new Error(`${url}: ${errorText}`);
		await within(this.loaded, 'the page');
	}

	/* The value of @expression in the page; a promise is waited for. */
	async evaluate(expression) {
		const { result, exceptionDetails } = await this.send('Runtime.evaluate',
			{ expression, awaitPromise: true, returnByValue: true });

		if (exceptionDetails)
			throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
		return result.value;
	}

	/* @f with @arguments, in the page. */
	call(f, ...args) {
		return this.evaluate(`(${f})(${args.map((a) => JSON.stringify(a)).join(',')})`);
	}

	async key(key, code = key, number = 0, text = undefined) {
		const event = { key, code, windowsVirtualKeyCode: number, nativeVirtualKeyCode: number, text };

		await this.send('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...event });
		await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event, text: undefined });
	}

	/* A picture of the window or, with @whole, of all of the page down to @most pixels. */
	async picture(whole = false, most = 16000) {
		const { cssContentSize: size } = await this.send('Page.getLayoutMetrics');
		const clip = { x: 0, y: 0, width: size.width, height: Math.min(size.height, most), scale: 1 };
		const { data } = await this.send('Page.captureScreenshot',
			whole ? { captureBeyondViewport: true, clip } : {});

		return Buffer.from(data, 'base64');
	}

	async pdf() {
		const { data } = await this.send('Page.printToPDF', { preferCSSPageSize: true });

		return Buffer.from(data, 'base64');
	}

	/* Empty, for the next one: the same address again, with another place in it, would load nothing. */
	async close() {
		await this.go('about:blank');
		this.browser.idle.push(this);
	}
}

/*
 * start - run @command with its profile in @directory, which the caller removes
 *
 * Without its sandbox: it is run by root in containers, and opens nothing but our own files.
 */
async function start(command, directory) {
	const child = spawn(command, [
		'--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
		'--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
		'--disable-extensions', '--force-color-profile=srgb', `--user-data-dir=${directory}`,
		'--remote-debugging-pipe', 'about:blank',
	], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
	const browser = new Browser(child);

	child.stdio[3].on('error', () => {});
	await browser.send('Browser.getVersion');
	return browser;
}

module.exports = { start };
