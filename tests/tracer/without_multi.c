// SPDX-License-Identifier: GPL-2.0-only
/* `kt trace` as on a kernel without uprobe_multi links: what follows its name are its arguments. */
#include "lib/cli/cli.h"

#include "bpf/features.h"

int main(int argc, char **argv)
{
	cli_hold_standard();
	feature_hide_uprobe_multi();
	return cmd_trace(argc, argv);
}
