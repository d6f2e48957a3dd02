-- SPDX-License-Identifier: GPL-2.0-only
-- load.sql: makes the tables where they are missing and adds what scripts/fleet/load made of records: files of JSON Lines, named
-- by the parameters runs, series, problems and delete (the host-nights whose place others take).
CREATE TABLE IF NOT EXISTS version (record UInt32, tables UInt32) ENGINE = MergeTree ORDER BY tuple();
INSERT INTO version SELECT 2, 1 WHERE (SELECT count() FROM version) = 0;
CREATE TABLE IF NOT EXISTS runs (
	night Date, host String, run String, host_id String, start String, kernel String, kt String, suite String,
	suite_build String, complete UInt8, lost UInt32, file String
) ENGINE = MergeTree PARTITION BY toYYYYMM(night) ORDER BY (night, host);
-- Neighbours are the same arm on other hosts: alike in all that is no measurement, and nearly so in the buckets they have.
CREATE TABLE IF NOT EXISTS series (
	night Date CODEC(ZSTD), host String CODEC(ZSTD(6)),
	question LowCardinality(String), arm LowCardinality(String), batch UInt64 CODEC(ZSTD), mode LowCardinality(String),
	zone Float64 CODEC(ZSTD), k UInt8 CODEC(ZSTD), count UInt64 CODEC(ZSTD(6)), sum UInt64 CODEC(ZSTD(6)),
	min UInt64 CODEC(ZSTD(6)), max UInt64 CODEC(ZSTD(6)), overflow UInt64 CODEC(ZSTD),
	bucket Array(UInt16) CODEC(Delta, ZSTD(9)), n Array(UInt64) CODEC(T64, ZSTD(9)),
	pass_ns Array(Float64) CODEC(ZSTD(6)), pass_iterations Array(Float64) CODEC(ZSTD(6)), p50 Nullable(Float64) CODEC(ZSTD(6))
) ENGINE = MergeTree PARTITION BY toYYYYMM(night) ORDER BY (night, question, arm, batch, host);
CREATE TABLE IF NOT EXISTS problems (night Date, host String, file String, what String)
	ENGINE = MergeTree ORDER BY (night, host);

DELETE FROM runs WHERE (night, host) IN (
	SELECT night, host FROM file({delete:String}, 'JSONEachRow', 'night Date, host String'));
DELETE FROM series WHERE (night, host) IN (
	SELECT night, host FROM file({delete:String}, 'JSONEachRow', 'night Date, host String'));
INSERT INTO series SELECT * FROM file({series:String}, 'JSONEachRow',
	'night Date, host String, question String, arm String, batch UInt64, mode String, zone Float64, k UInt8, count UInt64,
	sum UInt64, min UInt64, max UInt64, overflow UInt64, bucket Array(UInt16), n Array(UInt64), pass_ns Array(Float64),
	pass_iterations Array(Float64), p50 Nullable(Float64)');
INSERT INTO problems SELECT * FROM file({problems:String}, 'JSONEachRow', 'night Date, host String, file String, what String');
INSERT INTO runs SELECT * FROM file({runs:String}, 'JSONEachRow',
	'night Date, host String, run String, host_id String, start String, kernel String, kt String, suite String,
	suite_build String, complete UInt8, lost UInt32, file String');
