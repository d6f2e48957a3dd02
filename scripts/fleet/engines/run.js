// SPDX-License-Identifier: GPL-2.0-only
/*
 * run.js ENGINES clickhouse|duckdb DATABASE: runs the statements on standard input, one after another, and prints what those
 * that ask answer, as CSV with a header. "version" instead of DATABASE prints the engine's. Errors go to stderr, exit 1.
 *
 * The same as `clickhouse local --path DATABASE` and `duckdb -csv DATABASE`, by the packages below ENGINES.
 */
'use strict';
const fs = require('fs');
const path = require('path');

const [, , engines, engine, database] = process.argv;
const load = (name) => require(path.join(engines, 'node_modules', name));

/* All of it, also into a pipe that is full. */
function print(text) {
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length;) {
		try {
			at += fs.writeSync(1, bytes, at);
		} catch (e) {
			if (e.code !== 'EAGAIN')
				throw e;
		}
	}
}

function field(value) {
	if (value === null || value === undefined)
		return '';
	const text = String(value);
	return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

async function duckdb(sql) {
	const { DuckDBInstance, version, StatementType } = load('@duckdb/node-api');
	if (database === 'version')
		return console.log(version());
	const connection = await (await DuckDBInstance.create(database)).connect();
	const statements = await connection.extractStatements(sql);
	for (let i = 0; i < statements.count; i++) {
		const result = await (await statements.prepare(i)).run();
		if (result.statementType !== StatementType.SELECT)
			continue;
		const out = [result.columnNames().map(field).join(',')];
		for (const row of await result.getRows())
			out.push(row.map(field).join(','));
		print(out.join('\n') + '\n');
	}
	connection.closeSync();
}

function clickhouse(sql) {
	const { Session, version } = load('chdb');
	const session = new Session(database === 'version' ? undefined : database);
	if (database === 'version')
		sql = 'SELECT version()';
	/* A statement ends with a line that ends with a semicolon. */
	for (const statement of sql.split(/;[ \t]*\n/)) {
		if (!statement.replace(/^\s*--.*$/gm, '').trim())
			continue;
		print(session.query(statement, database === 'version' ? 'TSV' : 'CSVWithNames'));
	}
	session.close();
}

async function main() {
	const sql = database === 'version' ? '' : fs.readFileSync(0, 'utf8');
	await (engine === 'duckdb' ? duckdb : clickhouse)(sql);
}

main().catch((e) => {
	console.error(e.message);
	process.exit(1);
});
