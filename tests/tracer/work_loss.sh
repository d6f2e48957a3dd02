#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A map that is too small gives loss counters, not wrong figures (work_loss.c). Only works of a library from before the logs
# of workers go through it.
build=${KT_BUILD:-build}
program=$(mktemp) || exit 1
trap 'rm -f "$program"' EXIT
"$(dirname "$0")/without_log" "$build/tests/tracer/kthread_oracle" "$program" || exit 1
"$build/tests/tracer/work_loss" "$program"
