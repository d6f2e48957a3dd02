#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Single waits of the wakeup tracer against workloads with known answers (events_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/events_oracle"
