// SPDX-License-Identifier: GPL-2.0-only
#include "lib/kthread/futex.h"

#include <errno.h>

#include "lib/kthread/testing.h"

int kt_futex_wait(uint32_t *word, uint32_t value, const struct timespec *until, uint32_t who)
{
	int saved = errno, ret = 0;

	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, until, NULL, who) &&
	    errno == ETIMEDOUT)
		ret = -ETIMEDOUT;
	/* Kernel code has no errno: its caller's must stay as it is. */
	errno = saved;
	return ret;
}

void kt_futex_wake(uint32_t *word, int nr, uint32_t who)
{
	int saved = errno;

	KT_DELAY("futex_wake");
	syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, nr, NULL, NULL, who);
	errno = saved;
}
