-- SPDX-License-Identifier: GPL-2.0-only
-- merge.sql: of each arm of the night, the histogram of all hosts together: buckets are added, exactly.
WITH coarsest AS (
	SELECT question, arm, batch, min(k) AS to, count() OVER (PARTITION BY question, arm) AS batches
	FROM series WHERE night = {night:Date} AND count > 0 GROUP BY question, arm, batch
)
SELECT question, if(batches > 1, format('{} (batch {})', arm, toString(batch)), arm) AS arm, bucket, n FROM (
	SELECT s.question AS question, s.arm AS arm, s.batch AS batch, any(batches) AS batches,
		sumMap(if(s.k = to, s.bucket, arrayMap(i -> kt_fold(i, s.k, to), s.bucket)), s.n) AS both
	FROM series AS s JOIN coarsest AS c ON s.question = c.question AND s.arm = c.arm AND s.batch = c.batch
	WHERE s.night = {night:Date} AND s.count > 0
	GROUP BY question, arm, batch
) ARRAY JOIN both.1 AS bucket, both.2 AS n
ORDER BY question, arm, batch, bucket;
