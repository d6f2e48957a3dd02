/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_AVAILABILITY_H
#define KT_BPF_AVAILABILITY_H
/*
 * Is something there for us, and if not, in which way not? Each way has another remedy, so nothing
 * is guessed: what could not be looked at is not said to be absent.
 */

enum availability {
	AVAILABLE,
	ABSENT,		/* the kernel or machine has none */
	FORBIDDEN,	/* it has, but not for this process */
	NOT_CONFIGURED, /* it could be had: not switched on, not installed */
	NOT_MOUNTED,	/* its file system is not mounted */
	NOT_SHOWN,	/* it is there, and something hides it from this process */
	NOT_KNOWN,	/* it could not be tried */
	NR_AVAILABILITIES,
};

/* availability_name - "ok", "absent", "forbidden", "not configured", "not mounted", ... */
const char *availability_name(enum availability a);

/* Of the kernel's file systems: where it is mounted, its f_type, its name in /proc/filesystems. */
struct pseudo_fs {
	const char *root;
	long magic;
	const char *name;
};

extern const struct pseudo_fs fs_proc, fs_sysfs, fs_tracefs, fs_securityfs;
extern const struct pseudo_fs fs_debug_tracefs; /* its other place, below debugfs */

/*
 * availability_of_fs - AVAILABLE, also when its files are not for us; NOT_MOUNTED; NOT_SHOWN:
 * something else lies over it; ABSENT: the kernel does not have it
 */
enum availability availability_of_fs(const struct pseudo_fs *fs);

/*
 * availability_of_file - of the file or directory @path of @fs: AVAILABLE when it can be read
 *
 * ABSENT only when what is mounted there is @fs down to the directory that lacks it.
 */
enum availability availability_of_file(const struct pseudo_fs *fs, const char *path);
#endif
