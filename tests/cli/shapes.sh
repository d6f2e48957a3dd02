#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs shaped like users of kthreads in the kernel (tests/shapes/): each ends well, says exactly what it should and
# reports no misuse; and nothing but its includes was changed to build it.
# Beside others: what they say depends on no time.
. "$(dirname "$0")/lib.sh"

for source in tests/shapes/*.c; do
	name=$(basename "$source" .c)
	timeout 60 "$KT_BUILD/tests/shapes/$name" >"$tmp/said" 2>"$tmp/complaints"
	status=$?
	check "$name: exit status $status" test $status -eq 0
	check "$name: what it says" diff "$tmp/said" "${source%.c}.expected"
	# A user without the privilege gets no real-time threads, and is told so.
	check "$name: no misuse reported" sh -c "! grep -v ': not permitted for ' '$tmp/complaints'"
	diff "$source" "$KT_BUILD/tests/shapes/$name.c" | grep '^[<>]' | grep -vE '^[<>] #include ' >"$tmp/changed"
	check "$name: only its includes were changed" test ! -s "$tmp/changed"
	check "$name: none of them was the library's" sh -c "! grep -q '<kthread/' '$source'"
done
check 'none is missing' test $((passed + failed)) -eq 45
refused 'what nobody has' 1 'port: .*nobody has linux/nothing\.h' sh -c \
	"echo '#include <linux/nothing.h>' >'$tmp/x.c'; exec tests/shapes/port '$tmp/x.c'"
finish
