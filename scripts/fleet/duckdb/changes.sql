-- SPDX-License-Identifier: GPL-2.0-only
-- changes.sql: the night against the 14 before it, by the logarithm of p50 of each arm on each host: what has moved on all hosts, and
-- what on single ones beyond that. README.md, "How changes are found", says how and what it rests on.

CREATE TEMP TABLE past AS SELECT DISTINCT night FROM runs WHERE night < getvariable('night')::DATE ORDER BY night DESC LIMIT 14;
CREATE TEMP TABLE seen AS
	SELECT question, arm, host, night, ln(arg_max(p50, count)) AS y, max(zone) AS zone, night = getvariable('night')::DATE AS now
	FROM series WHERE p50 > 0 AND (night = getvariable('night')::DATE OR night IN (SELECT night FROM past))
	GROUP BY question, arm, host, night;
CREATE TEMP TABLE centre AS
	SELECT question, arm, host, median(y) AS middle FROM seen WHERE NOT now GROUP BY question, arm, host HAVING count(*) >= 5;
CREATE TEMP TABLE apart AS
	SELECT question, arm, host, night, now, zone, y - middle AS r FROM seen JOIN centre USING (question, arm, host);

-- What all hosts have in common in a night: the median of them, with the exact interval of a median (99 %) from their ranks.
CREATE TEMP TABLE common AS
	SELECT *, CASE WHEN hosts >= 8 THEN (v[hosts - rank] - v[rank + 1]) / (2 * 2.5758::DOUBLE) END AS error FROM (
		SELECT question, arm, night, any_value(now) AS now, max(zone) AS zone, count(*) AS hosts, list(r ORDER BY r) AS v,
			median(r) AS middle, floor(count(*) / 2 - 2.5758 / 2 * sqrt(count(*)))::BIGINT AS rank
		FROM apart GROUP BY question, arm, night);
CREATE TEMP TABLE fleet AS
	SELECT *, shift / spread AS t, CASE WHEN hosts >= 8 AND nights >= 5 THEN kt_tails(kt_normal(shift / spread, nights - 1)) END AS p FROM (
		SELECT question, arm, max(zone) FILTER (now) AS zone, max(hosts) FILTER (now) AS hosts,
			count(*) FILTER (NOT now AND hosts >= 8) AS nights,
			sum(middle) FILTER (now) - median(middle) FILTER (NOT now AND hosts >= 8) AS shift,
			sqrt(greatest(var_samp(middle) FILTER (NOT now AND hosts >= 8), pow(coalesce(max(error) FILTER (now), 0), 2))
				* (1 + pi() / 2 / nights)) AS spread
		FROM common GROUP BY question, arm) WHERE hosts > 0;
-- Holm: none of all series is called by chance, with 99 %.
CREATE TEMP TABLE fleet_called AS
	SELECT question, arm, max(p * (nr - rank + 1)) OVER (ORDER BY rank) <= 0.01 AS called FROM (
		SELECT *, row_number() OVER (ORDER BY p, question, arm) AS rank, count(*) OVER () AS nr FROM fleet WHERE p IS NOT NULL);

-- What is left of a host when that is taken out, and, as question '', the median of that over all its arms.
CREATE TEMP TABLE own AS
	SELECT question, arm, host, night, a.now AS now, a.zone AS zone, r - CASE WHEN hosts >= 8 THEN middle ELSE 0 END AS u
	FROM apart AS a JOIN common AS c USING (question, arm, night);
INSERT INTO own SELECT '', '', host, night, any_value(now), median(zone), median(u) FROM own GROUP BY host, night HAVING count(*) >= 8;
CREATE TEMP TABLE spread AS
	SELECT *, nights - 1 AS df FROM (
		SELECT question, arm, host, max(zone) FILTER (now) AS zone, count(*) FILTER (NOT now) AS nights,
			sum(u) FILTER (now) - median(u) FILTER (NOT now) AS d,
			greatest(var_samp(u) FILTER (NOT now), pow(0.0005, 2)) AS variance
		FROM own GROUP BY question, arm, host HAVING count(*) FILTER (now) > 0) WHERE nights >= 5;
-- A host's own spread rests on few nights: it is drawn towards that of the others, the more so the less they differ in it.
CREATE TEMP TABLE prior AS
	SELECT *, CASE WHEN df0 = 0 THEN 0 ELSE exp(level + kt_digamma(greatest(df0, 1) / 2) - ln(greatest(df0, 1) / 2)) END AS variance0 FROM (
		SELECT *, CASE WHEN hosts < 8 THEN 0 WHEN excess > 0 THEN least(100, 2 * (0.5 + 1 / excess)) ELSE 100 END::DOUBLE AS df0 FROM (
			SELECT question, arm, count(*) AS hosts, avg(ln(variance) - kt_digamma(df / 2) + ln(df / 2)) AS level,
				var_samp(ln(variance) - kt_digamma(df / 2) + ln(df / 2)) - avg(kt_trigamma(df / 2)) AS excess
			FROM spread GROUP BY question, arm));
CREATE TEMP TABLE tested AS
	SELECT *, kt_tails(z / wider) AS p FROM (
		SELECT *, CASE WHEN hosts >= 8 THEN greatest(1, median(abs(z)) OVER (PARTITION BY question, arm) / 0.6745) ELSE 1 END AS wider FROM (
			SELECT *, kt_normal(d / error, nu) AS z FROM (
				SELECT question, arm, host, zone, hosts, nights, d, df + df0 AS nu,
					sqrt((df * variance + df0 * variance0) / (df + df0) * (1 + pi() / 2 / nights)) AS error
				FROM spread JOIN prior USING (question, arm))));
-- Which hosts: Simes over the tests of each, Benjamini and Hochberg over the hosts. Which arms of these: the same again, at the share of
-- 1 % that the hosts have left.
CREATE TEMP TABLE ranked AS
	SELECT *, row_number() OVER (PARTITION BY host ORDER BY p, question, arm) AS rank, count(*) OVER (PARTITION BY host) AS nr FROM tested;
CREATE TEMP TABLE hosts AS
	SELECT *, row_number() OVER (ORDER BY simes, host) AS rank, count(*) OVER () AS nr FROM (
		SELECT host, min(p * nr / rank) AS simes FROM ranked GROUP BY host);
CREATE TEMP TABLE host_called AS
	SELECT * FROM ranked JOIN (
		SELECT host, max(p) AS least_p FROM ranked, (
			SELECT 0.01 * coalesce(max(rank) FILTER (simes <= 0.01 * rank / nr), 0) / max(nr) AS level FROM hosts)
		WHERE p <= level * rank / nr GROUP BY host) USING (host)
	WHERE p <= least_p AND abs(d) > ln(1 + zone);

SELECT * FROM (
	SELECT 'fleet' AS scope, '' AS host, question, arm, hosts, nights, exp(shift) AS ratio,
		CASE WHEN p IS NOT NULL THEN exp(shift - kt_student(2.5758, nights - 1) * spread) END AS low,
		CASE WHEN p IS NOT NULL THEN exp(shift + kt_student(2.5758, nights - 1) * spread) END AS high, p,
		CASE WHEN p IS NULL THEN 'inconclusive' WHEN called AND shift > 0 THEN 'regressed' WHEN called THEN 'improved'
			WHEN exp(shift - kt_student(2.5758, nights - 1) * spread) > 1 / (1 + zone)
				AND exp(shift + kt_student(2.5758, nights - 1) * spread) < 1 + zone THEN 'unchanged'
			ELSE 'inconclusive' END AS verdict
	FROM fleet LEFT JOIN fleet_called USING (question, arm)
	UNION ALL
	SELECT 'host', host, question, arm, 1, nights, exp(d), exp(d - kt_student(2.5758, nu) * error * wider),
		exp(d + kt_student(2.5758, nu) * error * wider), p, CASE WHEN d > 0 THEN 'regressed' ELSE 'improved' END
	FROM host_called
	UNION ALL
	SELECT 'host', host, '', '', 1, count(*), NULL, NULL, NULL, NULL, 'missing' FROM runs
	WHERE night IN (SELECT night FROM past) AND host NOT IN (SELECT host FROM runs WHERE night = getvariable('night')::DATE) GROUP BY host
	UNION ALL
	SELECT 'host', host, '', '', 1, count(*) FILTER (night < getvariable('night')::DATE), NULL, NULL, NULL, NULL, 'new' FROM runs
	WHERE night IN (SELECT night FROM past) OR night = getvariable('night')::DATE GROUP BY host
	HAVING count(*) FILTER (night = getvariable('night')::DATE) > 0 AND count(*) FILTER (night < getvariable('night')::DATE) < 5
	UNION ALL
	SELECT 'host', host, '', '', 1, 0, NULL, NULL, NULL, NULL, 'incomplete' FROM runs WHERE night = getvariable('night')::DATE AND complete = 0
) ORDER BY scope, p IS NULL, p, host, question, arm, verdict;
