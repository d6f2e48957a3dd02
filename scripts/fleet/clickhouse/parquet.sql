-- SPDX-License-Identifier: GPL-2.0-only
-- parquet.sql: the night's rows of `series` as a Parquet file, named by the parameter `path`.
INSERT INTO FUNCTION file({path:String}, 'Parquet') SELECT * FROM series WHERE night = {night:Date}
	ORDER BY question, arm, batch, host SETTINGS output_format_parquet_compression_method = 'zstd';
