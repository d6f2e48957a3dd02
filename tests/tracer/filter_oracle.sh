#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Filters and breakdowns against processes that do a known number of wakes (filter_oracle.c); then again in a pid
# namespace of their own.
oracle=${KT_BUILD:-build}/tests/tracer/filter_oracle
status=0

"$oracle" || status=1
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	echo 'in a pid namespace:'
	for case in 'process ids' 'thread ids' 'descendants' 'have ended'; do
		unshare --pid --fork --mount-proc "$oracle" "$case" || status=1
	done
else
	echo 'SKIP in a pid namespace: unshare is not permitted'
fi
exit $status
