# SPDX-License-Identifier: GPL-2.0-only
# Runs all scenarios against this kernel. What they say is in its log; the host compares.
insmod kt_conformance.ko || { echo 'not ok insmod'; exit 1; }
cat /proc/kt-conformance >/tmp/ids
dmesg -c >/dev/null
while read -r id kind; do
	# Each warning comes once only otherwise.
	echo 1 >/sys/kernel/debug/clear_warn_once
	echo "runs $id"
	if [ "$kind" = kills ]; then
		echo 0 >/proc/sys/kernel/panic_on_oops
		(echo "$id" >/proc/kt-conformance) 2>/dev/null
	else
		echo "$id" >/proc/kt-conformance
	fi
done </tmp/ids
dmesg | grep -E 'ktc: |WARNING: |BUG: |Oops'
exit 0
