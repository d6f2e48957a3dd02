#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs shaped like users of kthreads in the kernel (tests/shapes/): each ends well, says exactly what it should and
# reports no misuse; and nothing but its includes was changed to build it.
. "$(dirname "$0")/lib.sh"

declare -A says=(
	[md]='nothing is pending: 1
the writer waits: 1
the daemon lives on: 1
parked: 0
stopped: 0'
	[ksm]='nice 5
frozen: 0
scans while frozen: 0
stopped: 0'
	[pktgen]='each CPU sent 40, early 0, elsewhere 0
all ended well: 1'
	[vblank]='scheduled: 1 1
again: 0
not early: 1
taken back: 1, ran: 0
nothing to take back: 0'
	[spi]='errors: 0
refused: 1
bytes: 120, went idle: 1'
	[stop_machine]='on the wrong CPU: 0
all at once: returned 1, ran 1 times
of a CPU that is off: 1'
	[vivid]='frames out of order: 0
stopped: 0, early frames: 0'
	[torture]='ended by themselves: 6, nice 19'
	[jbd2]='committed on request: 3
committed by itself: 4
ended'
)

for source in tests/shapes/*.c; do
	name=$(basename "$source" .c)
	timeout 60 "$KT_BUILD/tests/shapes/$name" >"$tmp/said" 2>"$tmp/complaints"
	status=$?
	check "$name: exit status $status" test $status -eq 0
	check "$name: what it says" diff "$tmp/said" <(printf '%s\n' "${says[$name]:-nothing is expected of $name}")
	# A user without the privilege gets no real-time threads, and is told so.
	check "$name: no misuse reported" sh -c "! grep -v ': not permitted for ' '$tmp/complaints'"
	diff "$source" "$KT_BUILD/tests/shapes/$name.c" | grep '^[<>]' | grep -vE '^[<>] #include ' >"$tmp/changed"
	check "$name: only its includes were changed" test ! -s "$tmp/changed"
	check "$name: none of them was the library's" sh -c "! grep -q '<kthread/' '$source'"
done
check 'none is missing' test $((passed + failed)) -eq $((5 * ${#says[@]}))
refused 'what nobody has' 1 'port: .*nobody has linux/nothing\.h' sh -c \
	"echo '#include <linux/nothing.h>' >'$tmp/x.c'; exec tests/shapes/port '$tmp/x.c'"
finish
