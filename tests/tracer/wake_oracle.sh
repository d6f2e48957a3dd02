#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The wakeup tracer against workloads with known answers (wake_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/wake_oracle"
