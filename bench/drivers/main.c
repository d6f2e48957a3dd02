// SPDX-License-Identifier: GPL-2.0-only
/* kt-suite: the built-in questions, as one binary that `kt bench` drives. */
#include "bench/harness/bench.h"

BENCH_MAIN()
