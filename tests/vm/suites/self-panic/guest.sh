# SPDX-License-Identifier: GPL-2.0-only
# The runner must see a panic as one, though QEMU ends with status 0 then.
echo 1 >/proc/sys/kernel/sysrq
echo c >/proc/sysrq-trigger
