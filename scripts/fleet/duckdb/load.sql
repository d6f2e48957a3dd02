-- SPDX-License-Identifier: GPL-2.0-only
-- load.sql: makes the tables where they are missing and adds what scripts/fleet/load made of records: files of JSON Lines, named
-- by the variables runs, series, problems and delete (the host-nights whose place others take).
BEGIN;
CREATE TABLE IF NOT EXISTS version (record UINTEGER, tables UINTEGER);
INSERT INTO version SELECT 2, 1 WHERE (SELECT count(*) FROM version) = 0;
CREATE TABLE IF NOT EXISTS runs (
	night DATE, host VARCHAR, run VARCHAR, host_id VARCHAR, start VARCHAR, kernel VARCHAR, kt VARCHAR, suite VARCHAR,
	suite_build VARCHAR, complete UTINYINT, lost UINTEGER, file VARCHAR
);
CREATE TABLE IF NOT EXISTS series (
	night DATE, host VARCHAR, question VARCHAR, arm VARCHAR, batch UBIGINT, mode VARCHAR, zone DOUBLE, k UTINYINT,
	count UBIGINT, sum UBIGINT, min UBIGINT, max UBIGINT, overflow UBIGINT, bucket USMALLINT[], n UBIGINT[],
	pass_ns DOUBLE[], pass_iterations DOUBLE[], p50 DOUBLE
);
CREATE TABLE IF NOT EXISTS problems (night DATE, host VARCHAR, file VARCHAR, what VARCHAR);

DELETE FROM runs WHERE (night, host) IN (SELECT (night, host) FROM read_json(getvariable('delete'), format = 'newline_delimited',
	columns = {night: 'DATE', host: 'VARCHAR'}));
DELETE FROM series WHERE (night, host) IN (SELECT (night, host) FROM read_json(getvariable('delete'), format = 'newline_delimited',
	columns = {night: 'DATE', host: 'VARCHAR'}));
-- Neighbours are the same arm on other hosts: alike in all that is no measurement.
INSERT INTO series SELECT * FROM read_json(getvariable('series'), format = 'newline_delimited', maximum_object_size = 67108864,
	columns = {night: 'DATE', host: 'VARCHAR', question: 'VARCHAR', arm: 'VARCHAR', batch: 'UBIGINT', mode: 'VARCHAR',
		zone: 'DOUBLE', k: 'UTINYINT', count: 'UBIGINT', sum: 'UBIGINT', min: 'UBIGINT', max: 'UBIGINT',
		overflow: 'UBIGINT', bucket: 'USMALLINT[]', n: 'UBIGINT[]', pass_ns: 'DOUBLE[]', pass_iterations: 'DOUBLE[]',
		p50: 'DOUBLE'}) ORDER BY night, question, arm, batch, host;
INSERT INTO problems SELECT * FROM read_json(getvariable('problems'), format = 'newline_delimited',
	columns = {night: 'DATE', host: 'VARCHAR', file: 'VARCHAR', what: 'VARCHAR'});
INSERT INTO runs SELECT * FROM read_json(getvariable('runs'), format = 'newline_delimited',
	columns = {night: 'DATE', host: 'VARCHAR', run: 'VARCHAR', host_id: 'VARCHAR', start: 'VARCHAR', kernel: 'VARCHAR',
		kt: 'VARCHAR', suite: 'VARCHAR', suite_build: 'VARCHAR', complete: 'UTINYINT', lost: 'UINTEGER', file: 'VARCHAR'});
COMMIT;
