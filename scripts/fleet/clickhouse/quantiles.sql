-- SPDX-License-Identifier: GPL-2.0-only
-- quantiles.sql: of each arm of the night, percentiles of all hosts together, in ns per operation: of the merged buckets (never
-- averaged), interpolated as kt does, to the last bit.
WITH
coarsest AS (
	SELECT question, arm, batch, mode, minIf(k, count > 0) AS to FROM series WHERE night = {night:Date} GROUP BY question, arm, batch, mode
),
merged AS (
	SELECT s.question AS question, s.arm AS arm, s.batch AS batch, s.mode AS mode, any(to) AS k, count() AS hosts,
		sumMap(if(s.k = to, s.bucket, arrayMap(i -> kt_fold(i, s.k, to), s.bucket)), s.n) AS both,
		sum(s.count) AS count, minIf(s.min, s.count > 0) AS least, maxIf(s.max, s.count > 0) AS most,
		arraySort(groupArrayArray(arrayMap((a, b) -> a / b, s.pass_ns, s.pass_iterations))) AS rising
	FROM series AS s JOIN coarsest AS c ON s.question = c.question AND s.arm = c.arm AND s.batch = c.batch AND s.mode = c.mode
	WHERE s.night = {night:Date}
	GROUP BY question, arm, batch, mode
),
quantiles AS (
	SELECT *, 1 / toFloat64(batch) AS unit, arrayCumSum(both.2) AS cumulated, mode = 'time' AS timed,
		timed ? length(rising) : count AS values,
		arrayMap(q -> kt_is_backed(values, q) ? (timed ? kt_rising(rising, q)
			: kt_quantile(k, both.1, both.2, cumulated, count, least, most, q) * unit) : NULL, [0.5, 0.99, 0.999]) AS v
	FROM merged
)
SELECT question, arm, batch, mode, k, hosts, values AS count, v[1] AS p50, v[2] AS p99, v[3] AS p999
FROM quantiles ORDER BY question, arm, batch;
