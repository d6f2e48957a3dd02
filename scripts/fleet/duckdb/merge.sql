-- SPDX-License-Identifier: GPL-2.0-only
-- merge.sql: of each arm of the night, the histogram of all hosts together: buckets are added, exactly.
WITH tonight AS (
	SELECT *, min(k) OVER (PARTITION BY question, arm, batch) AS coarsest FROM series
	WHERE night = getvariable('night')::DATE AND count > 0
),
batches AS (SELECT question, arm, count(DISTINCT batch) AS nr FROM tonight GROUP BY question, arm),
each AS (SELECT question, arm, batch, k, coarsest, unnest(bucket) AS i, unnest(n) AS n FROM tonight),
merged AS (
	SELECT question, arm, batch, kt_fold(i, k, coarsest) AS bucket, sum(n)::UBIGINT AS n FROM each
	GROUP BY question, arm, batch, kt_fold(i, k, coarsest)
)
SELECT question, CASE WHEN nr > 1 THEN arm || ' (batch ' || batch || ')' ELSE arm END AS arm, bucket, n
FROM merged JOIN batches USING (question, arm)
ORDER BY question, merged.arm, batch, bucket;
