#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The breakdowns of wakeups against known answers (by_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/by_oracle"
