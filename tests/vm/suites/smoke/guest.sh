# SPDX-License-Identifier: GPL-2.0-only
# The guest itself: what the other suites rely on.
check() { if "$@" >/dev/null 2>&1; then echo "ok $*"; else echo "not ok $*"; fi; }
check test -e /sys/kernel/btf/vmlinux
check test -e /sys/kernel/tracing/trace
check test "$(nproc)" = 2
check test -e /proc/kallsyms
