-- SPDX-License-Identifier: GPL-2.0-only
-- parquet.sql: the night's rows of `series` as a Parquet file, named by the variable `path`.
COPY (SELECT * FROM series WHERE night = getvariable('night')::DATE ORDER BY question, arm, batch, host)
	TO (getvariable('path')) (FORMAT parquet, COMPRESSION zstd);
