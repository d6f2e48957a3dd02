-- SPDX-License-Identifier: GPL-2.0-only
-- functions.sql: what the queries share; run before each of them.

-- The buckets of lib/measure/hist.h: the smallest value of one (and, of the next one, one past its largest), and that in which a
-- histogram of a smaller k has it.
CREATE OR REPLACE TEMP MACRO kt_low(i, k) AS CASE WHEN i::BIGINT < (2::BIGINT << k::BIGINT) THEN i::BIGINT
	ELSE ((1::BIGINT << k::BIGINT) + (i::BIGINT & ((1::BIGINT << k::BIGINT) - 1))) << ((i::BIGINT >> k::BIGINT) - 1) END;
CREATE OR REPLACE TEMP MACRO kt_msb(v) AS length(ltrim(bin(v::BIGINT), '0')) - 1;
CREATE OR REPLACE TEMP MACRO kt_index(v, k) AS CASE WHEN v < (2::BIGINT << k::BIGINT) THEN v
	ELSE ((kt_msb(v) - k::BIGINT + 1) << k::BIGINT) + ((v >> (kt_msb(v) - k::BIGINT)) & ((1::BIGINT << k::BIGINT) - 1)) END;
CREATE OR REPLACE TEMP MACRO kt_fold(i, k, too) AS CASE WHEN k = too THEN i ELSE kt_index(kt_low(i, k), too)::USMALLINT END;

-- hist_quantile() of lib/measure/hist.c, operation for operation, so that it gives the same bits: in bucket i with n values, below
-- which others lie.
CREATE OR REPLACE TEMP MACRO kt_at(k, i, n, below, rank, least, most) AS greatest(least::DOUBLE, least(most::DOUBLE,
	kt_low(i, k)::DOUBLE + (kt_low(i + 1, k)::DOUBLE - kt_low(i, k)::DOUBLE) * (rank - below::DOUBLE) / n::DOUBLE));
-- A percentile is shown when ten values lie beyond it.
CREATE OR REPLACE TEMP MACRO kt_is_backed(count, q) AS CASE WHEN q <= 0.5::DOUBLE THEN count > 0
	ELSE count::DOUBLE * (1::DOUBLE - q) >= 10::DOUBLE - 1e-9::DOUBLE END;
-- Mode "time": between the two values, in rising order, that are next to it.
CREATE OR REPLACE TEMP MACRO kt_place(v, q) AS q * (len(v) - 1)::DOUBLE;
CREATE OR REPLACE TEMP MACRO kt_rising(v, q) AS CASE
	WHEN q = 0.5::DOUBLE AND len(v) % 2 = 1 THEN v[len(v) // 2 + 1]
	WHEN q = 0.5::DOUBLE THEN (v[len(v) // 2] + v[len(v) // 2 + 1]) / 2::DOUBLE
	WHEN floor(kt_place(v, q))::BIGINT + 2 > len(v) THEN v[len(v)]
	ELSE v[floor(kt_place(v, q))::BIGINT + 1] + (kt_place(v, q) - floor(kt_place(v, q))) *
		(v[floor(kt_place(v, q))::BIGINT + 2] - v[floor(kt_place(v, q))::BIGINT + 1]) END;

-- For changes.sql. Digamma and trigamma by their asymptotic series from x + 8 on.
CREATE OR REPLACE TEMP MACRO kt_digamma(x) AS ln(x + 8) - 1 / (2 * (x + 8)) - 1 / (12 * pow(x + 8, 2)) + 1 / (120 * pow(x + 8, 4))
	- (1 / x + 1 / (x + 1) + 1 / (x + 2) + 1 / (x + 3) + 1 / (x + 4) + 1 / (x + 5) + 1 / (x + 6) + 1 / (x + 7));
CREATE OR REPLACE TEMP MACRO kt_trigamma(x) AS 1 / (x + 8) + 1 / (2 * pow(x + 8, 2)) + 1 / (6 * pow(x + 8, 3)) - 1 / (30 * pow(x + 8, 5))
	+ 1 / pow(x, 2) + 1 / pow(x + 1, 2) + 1 / pow(x + 2, 2) + 1 / pow(x + 3, 2) + 1 / pow(x + 4, 2) + 1 / pow(x + 5, 2)
	+ 1 / pow(x + 6, 2) + 1 / pow(x + 7, 2);
-- The value of a normal distribution that is as unlikely as t of Student's with nu degrees of freedom (Wallace 1959), and back.
CREATE OR REPLACE TEMP MACRO kt_normal(t, nu) AS sign(t) * (8 * nu + 1) / (8 * nu + 3)::DOUBLE * sqrt(nu * ln(1 + t * t / nu));
CREATE OR REPLACE TEMP MACRO kt_student(z, nu) AS sqrt(nu * (exp(pow(z * (8 * nu + 3) / (8 * nu + 1), 2) / nu) - 1));
-- How likely a normal distribution is to be at least z from 0 (Chebyshev fit of erfc, 1.2e-7 of its value).
CREATE OR REPLACE TEMP MACRO kt_erfc_of(x, s) AS s * exp(-x * x - 1.26551223 + s * (1.00002368 + s * (0.37409196 + s * (0.09678418
	+ s * (-0.18628806 + s * (0.27886807 + s * (-1.13520398 + s * (1.48851587 + s * (-0.82215223 + s * 0.17087277)))))))));
CREATE OR REPLACE TEMP MACRO kt_tails(z) AS greatest(1e-300, kt_erfc_of((abs(z) / sqrt(2))::DOUBLE, (1 / (1 + abs(z) / sqrt(2) / 2))::DOUBLE));
