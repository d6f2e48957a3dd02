#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Single works and parks are those that a program did (episodes_oracle.c), also with a library from before the logs of workers:
# the probe of the log has another name there.
build=${KT_BUILD:-build}
older=$(mktemp) || exit 1
trap 'rm -f "$older"' EXIT
LC_ALL=C sed 's/kthread\x00work_log/kthread\x00work_lug/' "$build/tests/tracer/kthread_oracle" >"$older"
chmod +x "$older"
"$build/tests/tracer/episodes_oracle" "$build/tests/tracer/kthread_oracle" "$older"
