/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_TARGET_SITES_H
#define KT_TARGET_SITES_H
/*
 * All sites of one probe of a file, for attaching to the file itself: by offsets in the file, with
 * their arguments.
 */
#include <stdint.h>

/* More than any program has: a file with more is refused. */
#define SITES_MAX 4096

struct usdt_site {
	uint64_t offset;    /* of the site in the file */
	uint64_t semaphore; /* likewise; 0: the probe has none */
	char *args;	    /* as the note has them: "size@operand ..." */
};

/*
 * sites_read - the sites of provider:name in the file @path; *@sites is for sites_free()
 *
 * Return: their number, -ENOENT: the file has no such probe, -EINVAL: it is broken, or another
 * -errno.
 */
int sites_read(const char *path, const char *provider, const char *name, struct usdt_site **sites);

void sites_free(struct usdt_site *sites, int nr);
#endif
