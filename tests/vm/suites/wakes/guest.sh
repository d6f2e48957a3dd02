# SPDX-License-Identifier: GPL-2.0-only
# What `kt bench` has the tracer load for its arms, stacks included, and what comes of it: bands, CPU pairs and the
# longest waits (tests/tracer/wakes_oracle.c).
wakes_oracle >/tmp/out 2>&1
status=$?
if grep -q 'this kernel has no' /tmp/out; then
	echo "skip wakes: $(grep -o 'this kernel has no.*' /tmp/out)"
	exit 0
fi
sed -n -e 's/^ok  */ok /p' -e 's/^FAIL /not ok /p' -e 's/^SKIP /skip /p' -e 's/^    /# /p' /tmp/out
[ $status -eq 0 ] || tail -n 3 /tmp/out
exit $status
