# SPDX-License-Identifier: GPL-2.0-only
# Each shape is loaded and unloaded; it says what the program says.
for expected in *.expected; do
	name=${expected%.expected}
	dmesg -c >/dev/null
	insmod "$name.ko" || { echo "not ok $name: insmod"; continue; }
	rmmod "$name" || { echo "not ok $name: rmmod"; continue; }
	dmesg | sed 's/^<[0-9]*>//; s/^\[[^]]*\] //' >/tmp/log
	grep -vE 'taint|module verification|: loading ' /tmp/log >/tmp/said
	if cmp -s /tmp/said "$expected"; then
		echo "ok $name"
	else
		echo "not ok $name: says something else than the program"
		head -n 20 /tmp/said
	fi
done
exit 0
