#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What threads waited for, by the tracer and by the kernel's own account (run_delay.c).
exec "${KT_BUILD:-build}/tests/tracer/run_delay"
