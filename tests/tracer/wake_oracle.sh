#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The wakeup tracer against workloads with known answers (wake_oracle.c); then those cases again that
# depend on process ids, in a pid namespace of their own.
oracle=${KT_BUILD:-build}/tests/tracer/wake_oracle
status=0

"$oracle" || status=1
if unshare --pid --fork --mount-proc true 2>/dev/null; then
	echo 'in a pid namespace:'
	unshare --pid --fork --mount-proc "$oracle" 'cross CPU' || status=1
	unshare --pid --fork --mount-proc "$oracle" "a command's child" || status=1
else
	echo 'SKIP in a pid namespace: unshare is not permitted'
fi
exit $status
