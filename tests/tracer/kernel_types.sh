#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The programs load where the kernel's types are those of an older one. Ends with `N passed, N failed`.
. "$(dirname "$0")/../cli/lib.sh"
needs_trace stop --kthreads
timeout 120 "$KT_BUILD/tests/tracer/kernel_types" "$tmp/btf"
