-- SPDX-License-Identifier: GPL-2.0-only
-- functions.sql: what the queries share; run before each of them.

-- The buckets of lib/measure/hist.h: the smallest value of one (and, of the next one, one past its largest), and that in which a
-- histogram of a smaller k has it.
CREATE OR REPLACE FUNCTION kt_low AS (i, k) -> if(i < bitShiftLeft(toUInt64(2), k), toUInt64(i),
	bitShiftLeft(bitShiftLeft(toUInt64(1), k) + bitAnd(toUInt64(i), bitShiftLeft(toUInt64(1), k) - 1),
		toUInt8(greatest(toInt64(bitShiftRight(toUInt64(i), k)) - 1, 0))));
CREATE OR REPLACE FUNCTION kt_msb AS (v) -> toUInt8(greatest(length(bin(v)) - 1 - (position(bin(v), '1') - 1), 0));
CREATE OR REPLACE FUNCTION kt_fold AS (i, k, to) -> toUInt16(if(kt_low(i, k) < bitShiftLeft(toUInt64(2), to), kt_low(i, k),
	bitShiftLeft(toUInt64(kt_msb(kt_low(i, k)) - to + 1), to) + bitAnd(
		bitShiftRight(kt_low(i, k), toUInt8(greatest(toInt16(kt_msb(kt_low(i, k))) - to, 0))), bitShiftLeft(toUInt64(1), to) - 1)));

-- hist_quantile() of lib/measure/hist.c, operation for operation, so that it gives the same bits: bucket and n are neither empty
-- nor out of order, count is their sum.
CREATE OR REPLACE FUNCTION kt_at AS (k, i, n, below, rank) ->
	toFloat64(kt_low(i, k)) + (toFloat64(kt_low(i + 1, k)) - toFloat64(kt_low(i, k))) * (rank - below) / n;
CREATE OR REPLACE FUNCTION kt_in AS (k, bucket, n, cumulated, at, rank) -> if(at = 0, inf,
	kt_at(k, bucket[at], toFloat64(n[at]), toFloat64(cumulated[at] - n[at]), rank));
CREATE OR REPLACE FUNCTION kt_quantile AS (k, bucket, n, cumulated, count, least, most, q) -> greatest(toFloat64(least), least(
	toFloat64(most), kt_in(k, bucket, n, cumulated,
		arrayFirstIndex(c -> toFloat64(c) >= q * toFloat64(count), cumulated), q * toFloat64(count))));
-- A percentile is shown when ten values lie beyond it.
CREATE OR REPLACE FUNCTION kt_is_backed AS (count, q) -> q <= 0.5 ? count > 0 : toFloat64(count) * (1 - q) >= 10 - 1e-9;
-- Mode "time": between the two values, in rising order, that are next to it.
CREATE OR REPLACE FUNCTION kt_rising AS (v, q) -> if(q = 0.5,
	if(length(v) % 2 = 1, v[intDiv(length(v), 2) + 1], (v[intDiv(length(v), 2)] + v[intDiv(length(v), 2) + 1]) / 2),
	if(toUInt64(q * (length(v) - 1)) + 2 > length(v), v[length(v)],
		v[toUInt64(q * (length(v) - 1)) + 1] + (q * (length(v) - 1) - toUInt64(q * (length(v) - 1))) *
		(v[toUInt64(q * (length(v) - 1)) + 2] - v[toUInt64(q * (length(v) - 1)) + 1])));

-- For changes.sql. Digamma and trigamma by their asymptotic series from x + 8 on.
CREATE OR REPLACE FUNCTION kt_digamma AS (x) -> log(x + 8) - 1 / (2 * (x + 8)) - 1 / (12 * pow(x + 8, 2)) + 1 / (120 * pow(x + 8, 4))
	- arraySum(j -> 1 / (x + j), range(8));
CREATE OR REPLACE FUNCTION kt_trigamma AS (x) -> 1 / (x + 8) + 1 / (2 * pow(x + 8, 2)) + 1 / (6 * pow(x + 8, 3)) - 1 / (30 * pow(x + 8, 5))
	+ arraySum(j -> 1 / pow(x + j, 2), range(8));
-- The value of a normal distribution that is as unlikely as t of Student's with nu degrees of freedom (Wallace 1959), and back.
CREATE OR REPLACE FUNCTION kt_normal AS (t, nu) -> sign(t) * (8 * nu + 1) / (8 * nu + 3) * sqrt(nu * log(1 + t * t / nu));
CREATE OR REPLACE FUNCTION kt_student AS (z, nu) -> sqrt(nu * (exp(pow(z * (8 * nu + 3) / (8 * nu + 1), 2) / nu) - 1));
-- How likely a normal distribution is to be at least z from 0 (Chebyshev fit of erfc, 1.2e-7 of its value).
CREATE OR REPLACE FUNCTION kt_erfc_of AS (x, s) -> s * exp(-x * x - 1.26551223 + s * (1.00002368 + s * (0.37409196 + s * (0.09678418
	+ s * (-0.18628806 + s * (0.27886807 + s * (-1.13520398 + s * (1.48851587 + s * (-0.82215223 + s * 0.17087277)))))))));
CREATE OR REPLACE FUNCTION kt_tails AS (z) -> greatest(1e-300, kt_erfc_of(abs(z) / sqrt(2), 1 / (1 + abs(z) / sqrt(2) / 2)));
