/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_REVISION_H
#define KT_CONTROLLER_REVISION_H
/* Building the suite of a git revision, and keeping it: what subject.h says of it. */
#include <limits.h>
#include <stddef.h>

struct revision {
	char commit[80];    /* in full */
	char dir[PATH_MAX]; /* with the finished variants */
	unsigned int nr_variants;
	char reason[256]; /* why there is one variant only; "" */
};

/*
 * revision_build - the suite of @name, a revision of the repository of the working directory, in
 * up to @nr_variants links; built now unless it is there
 *
 * Return: 0; -ENOENT: not a repository, or no such revision; -EINTR: interrupt_seen(), all that was
 * started has ended; another -errno; and a sentence in @err.
 */
int revision_build(struct revision *r, const char *name, unsigned int nr_variants, char *err,
		   size_t errlen);

/* revision_variant_path - of the binary; 0 or -ENAMETOOLONG */
int revision_variant_path(const struct revision *r, unsigned int variant, char *path, size_t len);
#endif
