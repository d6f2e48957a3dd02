// SPDX-License-Identifier: GPL-2.0-only
/* kt-suite: the built-in questions, as one binary that `kt bench` drives. */
#include <string.h>

#include "bench/drivers/odd_caller.h"
#include "bench/harness/bench.h"

BENCH_BUILT();

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], ODD_CALLER_OPTION))
		return odd_caller_main(argv[2], argv[3]);
	return bench_main(argc, argv);
}
