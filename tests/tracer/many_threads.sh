#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A row for each of ten thousand threads, and what becomes of those that find no room (many_threads.c).
exec "${KT_BUILD:-build}/tests/tracer/many_threads"
