-- SPDX-License-Identifier: GPL-2.0-only
-- quantiles.sql: of each arm of the night, percentiles of all hosts together, in ns per operation: of the merged buckets (never
-- averaged), interpolated as kt does, to the last bit.
WITH tonight AS (
	SELECT *, min(k) FILTER (count > 0) OVER (PARTITION BY question, arm, batch) AS coarsest FROM series
	WHERE night = getvariable('night')::DATE
),
arms AS (
	SELECT question, arm, batch, mode, any_value(coarsest) AS k, count(*) AS hosts,
		sum(count)::UBIGINT AS nr, min(min) FILTER (count > 0) AS least, max(max) FILTER (count > 0) AS most
	FROM tonight GROUP BY question, arm, batch, mode
),
each AS (SELECT question, arm, batch, k, coarsest, unnest(bucket) AS i, unnest(n) AS n FROM tonight),
merged AS (
	SELECT question, arm, batch, kt_fold(i, k, coarsest) AS i, sum(n)::UBIGINT AS n FROM each
	GROUP BY question, arm, batch, kt_fold(i, k, coarsest)
),
cumulated AS (
	SELECT *, (sum(n) OVER (PARTITION BY question, arm, batch ORDER BY i))::UBIGINT AS upto FROM merged
),
wanted AS (SELECT unnest([0.5::DOUBLE, 0.99::DOUBLE, 0.999::DOUBLE]) AS q),
-- The first bucket that reaches the rank.
place AS (
	SELECT question, arm, batch, q, arg_min({i: i, n: c.n, below: upto - c.n}, i) AS it
	FROM cumulated AS c JOIN arms USING (question, arm, batch), wanted
	WHERE mode = 'latency' AND upto::DOUBLE >= q * nr::DOUBLE GROUP BY question, arm, batch, q
),
of_buckets AS (
	SELECT question, arm, batch, 'latency' AS mode, q, CASE WHEN kt_is_backed(nr, q)
		THEN kt_at(k, it.i, it.n, it.below, q * nr::DOUBLE, least, most) * (1::DOUBLE / batch::DOUBLE) END AS value
	FROM place JOIN arms USING (question, arm, batch) WHERE mode = 'latency'
),
passes AS (
	SELECT question, arm, batch, unnest(pass_ns) / unnest(pass_iterations) AS value FROM tonight WHERE mode = 'time'
),
rising AS (SELECT question, arm, batch, list(value ORDER BY value) AS v FROM passes GROUP BY question, arm, batch),
of_passes AS (
	SELECT question, arm, batch, 'time' AS mode, q, CASE WHEN kt_is_backed(len(v), q) THEN kt_rising(v, q) END AS value FROM rising, wanted
),
found AS (SELECT * FROM of_buckets UNION ALL SELECT * FROM of_passes)
SELECT question, arm, batch, mode, k, hosts, CASE WHEN mode = 'time' THEN any_value(coalesce(len(v), 0)) ELSE any_value(nr) END AS count,
	max(value) FILTER (q = 0.5::DOUBLE) AS p50, max(value) FILTER (q = 0.99::DOUBLE) AS p99, max(value) FILTER (q = 0.999::DOUBLE) AS p999
FROM arms LEFT JOIN found USING (question, arm, batch, mode) LEFT JOIN rising USING (question, arm, batch)
GROUP BY question, arm, batch, mode, k, hosts ORDER BY question, arm, batch;
