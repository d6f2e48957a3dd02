#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Scripts that say they may run beside others (scripts/run-tests) do not trace this machine with this build, and say why.
# Beside others: it only reads scripts.
. "$(dirname "$0")/../cli/lib.sh"

# not_beside FILE...: lines of those that say so and do not keep to it. What is refused before it traces, and help, may stand
# there.
not_beside() {
	local t
	for t; do
		grep -q '^# Beside others' "$t" || continue
		grep -HnE '^[[:space:]]*needs_trace|^[^#]*\$kt["'\'']* (trace|selftest) ' "$t" | grep -vE '^[^:]*:[0-9]+:refused |trace --help'
		grep -qE '^# Beside others: [a-z].*\.$' "$t" || echo "$t: does not say why, as '# Beside others: it only reads records.'"
	done
}
not_beside tests/*/*.sh >"$tmp/found"
cat "$tmp/found"
check 'what runs beside others does not trace' test ! -s "$tmp/found"
check 'some do run beside others' test "$(grep -l '^# Beside others: ' tests/*/*.sh | wc -l)" -gt 20

# red NAME LINE...: a script of these lines is seen
red() {
	local name=$1
	shift
	printf '%s\n' "$@" >"$tmp/script.sh"
	check "seen: $name" test -n "$(not_beside "$tmp/script.sh")"
}
red 'what needs the tracer' '# Beside others: why not.' 'needs_trace wakeup'
red 'what traces' '# Beside others: why not.' "check 'x' timeout 60 \"\$kt\" trace wakeup -d 1s"
red 'what traces by a shell' '# Beside others: why not.' "sh -c \"'\$kt' trace wakeup -d 1s\""
red 'what says no reason' '# Beside others'
printf '%s\n' 'needs_trace wakeup' >"$tmp/script.sh"
check 'what runs alone may' test -z "$(not_beside "$tmp/script.sh")"
finish
