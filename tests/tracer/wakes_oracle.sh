#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Bands, CPU pairs and the longest waits against workloads with known answers (wakes_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/wakes_oracle"
