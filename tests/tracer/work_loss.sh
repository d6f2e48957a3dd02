#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A map that is too small gives loss counters, not wrong figures (work_loss.c). Only works of a library from before the logs
# of workers go through it: the probe of the log has another name here.
build=${KT_BUILD:-build}
program=$(mktemp) || exit 1
trap 'rm -f "$program"' EXIT
LC_ALL=C sed 's/kthread\x00work_log/kthread\x00work_lug/' "$build/tests/tracer/kthread_oracle" >"$program"
chmod +x "$program"
"$build/tests/tracer/work_loss" "$program"
