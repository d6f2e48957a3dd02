-- SPDX-License-Identifier: GPL-2.0-only
-- changes.sql: the night against the 14 before it, by the logarithm of p50 of each arm on each host: what has moved on all hosts, and
-- what on single ones beyond that. README.md, "How changes are found", says how and what it rests on.
SET prefer_column_name_to_alias = 1;

CREATE TEMPORARY TABLE past AS SELECT DISTINCT night FROM runs WHERE night < {night:Date} ORDER BY night DESC LIMIT 14;
CREATE TEMPORARY TABLE seen AS
	SELECT question, arm, host, night, log(argMax(assumeNotNull(p50), count)) AS y, max(zone) AS zone, night = {night:Date} AS now
	FROM series WHERE p50 > 0 AND (night = {night:Date} OR night IN (SELECT night FROM past))
	GROUP BY question, arm, host, night;
CREATE TEMPORARY TABLE centre AS
	SELECT question, arm, host, quantileExactInclusive(0.5)(y) AS middle
	FROM seen WHERE NOT now GROUP BY question, arm, host HAVING count() >= 5;
CREATE TEMPORARY TABLE apart AS
	SELECT s.question AS question, s.arm AS arm, s.host AS host, night, now, zone, y - middle AS r
	FROM seen AS s JOIN centre AS c ON s.question = c.question AND s.arm = c.arm AND s.host = c.host;

-- What all hosts have in common in a night: the median of them, with the exact interval of a median (99 %) from their ranks.
CREATE TEMPORARY TABLE common AS
	SELECT question, arm, night, any(now) AS now, max(zone) AS zone, count() AS hosts, arraySort(groupArray(r)) AS v,
		quantileExactInclusive(0.5)(r) AS middle, toInt64(floor(hosts / 2 - 2.5758 / 2 * sqrt(hosts))) AS rank,
		hosts < 8 ? NULL : (v[hosts - rank] - v[rank + 1]) / (2 * 2.5758) AS error
	FROM apart GROUP BY question, arm, night;
CREATE TEMPORARY TABLE fleet AS
	SELECT question, arm, maxIf(zone, now) AS zone, maxIf(hosts, now) AS here, countIf(NOT now AND hosts >= 8) AS nights,
		sumIf(middle, now) - quantileExactInclusiveIf(0.5)(middle, NOT now AND hosts >= 8) AS shift,
		sqrt(greatest(varSampIf(middle, NOT now AND hosts >= 8), pow(coalesce(maxIf(error, now), 0), 2))
			* (1 + pi() / 2 / nights)) AS spread,
		shift / spread AS t, here >= 8 AND nights >= 5 ? kt_tails(kt_normal(t, nights - 1)) : NULL AS p
	FROM common GROUP BY question, arm HAVING here > 0;
-- Holm: none of all series is called by chance, with 99 %.
CREATE TEMPORARY TABLE fleet_called AS
	SELECT *, max(p * (nr - rank + 1)) OVER (ORDER BY rank) AS adjusted, adjusted <= 0.01 AS called FROM (
		SELECT *, row_number() OVER (ORDER BY p, question, arm) AS rank, count() OVER () AS nr FROM fleet WHERE p IS NOT NULL);

-- What is left of a host when that is taken out, and, as question '', the median of that over all its arms.
CREATE TEMPORARY TABLE own AS
	SELECT a.question AS question, a.arm AS arm, host, a.night AS night, a.now AS now, a.zone AS zone,
		r - if(c.hosts >= 8, middle, 0) AS u
	FROM apart AS a JOIN common AS c ON a.question = c.question AND a.arm = c.arm AND a.night = c.night;
INSERT INTO own SELECT '', '', host, night, any(now), quantileExactInclusive(0.5)(zone), quantileExactInclusive(0.5)(u)
	FROM own GROUP BY host, night HAVING count() >= 8;
CREATE TEMPORARY TABLE spread AS
	SELECT question, arm, host, maxIf(zone, now) AS zone, countIf(NOT now) AS nights, nights - 1 AS df,
		sumIf(u, now) - quantileExactInclusiveIf(0.5)(u, NOT now) AS d,
		greatest(varSampIf(u, NOT now), pow(0.0005, 2)) AS variance
	FROM own GROUP BY question, arm, host HAVING countIf(now) > 0 AND nights >= 5;
-- A host's own spread rests on few nights: it is drawn towards that of the others, the more so the less they differ in it.
CREATE TEMPORARY TABLE prior AS
	SELECT question, arm, avg(log(variance) - kt_digamma(df / 2) + log(df / 2)) AS level,
		varSamp(log(variance) - kt_digamma(df / 2) + log(df / 2)) - avg(kt_trigamma(df / 2)) AS excess,
		if(count() < 8, 0, if(excess > 0, least(100, 2 * (0.5 + 1 / excess)), 100)) AS df0,
		if(df0 = 0, 0, exp(level + kt_digamma(greatest(df0, 1) / 2) - log(greatest(df0, 1) / 2))) AS variance0
	FROM spread GROUP BY question, arm;
CREATE TEMPORARY TABLE tested AS
	SELECT *, if(hosts >= 8, greatest(1, middle / 0.6745), 1) AS wider, kt_tails(z / wider) AS p FROM (
		SELECT s.question AS question, s.arm AS arm, host, zone, nights, d, df + df0 AS nu,
			sqrt((df * variance + df0 * variance0) / nu * (1 + pi() / 2 / nights)) AS error, kt_normal(d / error, nu) AS z
		FROM spread AS s JOIN prior AS p ON s.question = p.question AND s.arm = p.arm) AS one
	JOIN (
		SELECT question, arm, count() AS hosts, quantileExactInclusive(0.5)(abs(kt_normal(d / sqrt(
			(df * variance + df0 * variance0) / (df + df0) * (1 + pi() / 2 / nights)), df + df0))) AS middle
		FROM spread AS s JOIN prior AS p ON s.question = p.question AND s.arm = p.arm GROUP BY question, arm) AS all
	USING (question, arm);
-- Which hosts: Simes over the tests of each, Benjamini and Hochberg over the hosts. Which arms of these: the same again, at the share of
-- 1 % that the hosts have left.
CREATE TEMPORARY TABLE ranked AS
	SELECT *, row_number() OVER (PARTITION BY host ORDER BY p, question, arm) AS rank, count() OVER (PARTITION BY host) AS nr FROM tested;
CREATE TEMPORARY TABLE hosts AS
	SELECT *, row_number() OVER (ORDER BY simes, host) AS rank, count() OVER () AS nr FROM (
		SELECT host, min(p * nr / rank) AS simes FROM ranked GROUP BY host);
CREATE TEMPORARY TABLE host_called AS
	SELECT r.*, r.p <= least_p AND abs(d) > log(1 + zone) AS called FROM ranked AS r JOIN (
		SELECT host, maxIf(p, p <= level * rank / nr) AS least_p, countIf(p <= level * rank / nr) AS nr_called
		FROM ranked, (SELECT 0.01 * maxIf(rank, simes <= 0.01 * rank / nr) / max(nr) AS level FROM hosts) AS chosen
		GROUP BY host) AS c ON r.host = c.host
	WHERE nr_called > 0;

SELECT * FROM (
	SELECT 'fleet' AS scope, '' AS host, question, arm, here AS hosts, nights, exp(shift) AS ratio,
		p IS NULL ? NULL : exp(shift - kt_student(2.5758, nights - 1) * spread) AS low,
		p IS NULL ? NULL : exp(shift + kt_student(2.5758, nights - 1) * spread) AS high, f.p AS p,
		multiIf(p IS NULL, 'inconclusive', c.called AND shift > 0, 'regressed', c.called, 'improved',
			low > 1 / (1 + zone) AND high < 1 + zone, 'unchanged', 'inconclusive') AS verdict
	FROM fleet AS f LEFT JOIN (SELECT question, arm, called FROM fleet_called) AS c USING (question, arm)
	UNION ALL
	SELECT 'host', host, question, arm, 1, nights, exp(d), exp(d - kt_student(2.5758, nu) * error * wider),
		exp(d + kt_student(2.5758, nu) * error * wider), p, d > 0 ? 'regressed' : 'improved'
	FROM host_called WHERE called
	UNION ALL
	SELECT 'host', host, '', '', 1, count(), NULL, NULL, NULL, NULL, 'missing' FROM runs
	WHERE night IN (SELECT night FROM past) AND host NOT IN (SELECT host FROM runs WHERE night = {night:Date}) GROUP BY host
	UNION ALL
	SELECT 'host', host, '', '', 1, countIf(night < {night:Date}), NULL, NULL, NULL, NULL, 'new' FROM runs
	WHERE night IN (SELECT night FROM past) OR night = {night:Date} GROUP BY host
	HAVING countIf(night = {night:Date}) > 0 AND countIf(night < {night:Date}) < 5
	UNION ALL
	SELECT 'host', host, '', '', 1, 0, NULL, NULL, NULL, NULL, 'incomplete' FROM runs WHERE night = {night:Date} AND NOT complete
) ORDER BY scope, p IS NULL, p, host, question, arm, verdict;
