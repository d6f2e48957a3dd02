#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Waits that no wake begins, against workloads with known answers (wait_oracle.c).
exec "${KT_BUILD:-build}/tests/tracer/wait_oracle"
