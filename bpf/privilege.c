// SPDX-License-Identifier: GPL-2.0-only
#include "bpf/privilege.h"

#include <errno.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/caller.h"

struct sets {
	uint64_t effective, permitted;
};

static int sets_read(struct sets *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return -errno;
	s->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	s->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	return 0;
}

/* Nothing is inheritable: what we execute has what its user has. */
static int sets_write(const struct sets *s)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)s->effective, .permitted = (uint32_t)s->permitted },
		{ .effective = (uint32_t)(s->effective >> 32),
		  .permitted = (uint32_t)(s->permitted >> 32) },
	};

	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

uint64_t privilege_now(void)
{
	struct sets s = { 0 };

	sets_read(&s);
	return s.effective;
}

uint64_t privilege_permitted(void)
{
	struct sets s = { 0 };

	sets_read(&s);
	return s.permitted;
}

int privilege_use(uint64_t caps)
{
	struct sets s;
	int ret = sets_read(&s);

	if (ret)
		return ret;
	s.effective = caps & s.permitted;
	return sets_write(&s);
}

/* An exec by root brings everything back unless it is told not to; then it is so for good. */
static void lock_exec(void)
{
	const unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
				     SECBIT_NO_SETUID_FIXUP_LOCKED;

	prctl(PR_SET_SECUREBITS, locked, 0, 0, 0); /* only with CAP_SETPCAP; the next always */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int privilege_keep(uint64_t keep, const struct caller *who, bool runs)
{
	struct sets s;
	int ret = sets_read(&s);

	if (ret)
		return ret;
	/* All of them, to change the user and then not lose them. */
	s.effective = s.permitted;
	ret = sets_write(&s);
	if (!ret && who->known) {
		prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
		ret = caller_become(who);
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	}
	if (!runs)
		lock_exec();
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	s.permitted &= keep;
	s.effective = s.permitted;
	return ret ?: sets_write(&s);
}
