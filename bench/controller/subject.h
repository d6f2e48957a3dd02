/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SUBJECT_H
#define KT_CONTROLLER_SUBJECT_H
/*
 * What is measured against something else, as people name it: a benchmark binary, a directory that
 * has one, or a revision of the git repository that they stand in.
 *
 * A revision is built in a tree of its own below build/revisions/ of that repository, from what
 * `git archive` gives: the repository is only read, no hook runs, nothing in it knows of the tree.
 * It stays there for the next time, by its full commit and by CC, CFLAGS, CPPFLAGS and LDFLAGS of
 * the environment. What was built half is built again; two processes do not build the same.
 *
 * How fast code runs depends on where it lies, up to a third for a loop over a table, and running a
 * binary again does not move it. So a revision is linked several times, each time with more padding
 * in front of its code, its constants and its variables; whoever measures takes the variants in
 * turn, and that effect is averaged like others. It moves everything at once: what functions of one
 * binary do to each other, by lying in the same sets of a cache, stays. A binary that is found, as
 * the built-in suite, is the only variant of itself.
 */
#include <stddef.h>

/* Links of a revision, the first of them as its Makefile does it. */
#define SUBJECT_VARIANTS 3

struct subject {
	char *name;	/* as typed */
	char *path;	/* of the binary; of the first variant */
	char *revision; /* the full commit; NULL: not built by us */
	unsigned int nr_variants;
	char *variant[SUBJECT_VARIANTS];
	char *reason; /* why a revision has one variant; NULL: it has more */
};

/*
 * subject_find - what @name means, ready to be run; NULL: the built-in suite
 *
 * A file or directory of that name comes first, in which kt-suite is looked for as installed and as
 * built; then a revision. "rev:NAME" is a revision whatever else exists. Building says what it does
 * by cli_say(), and when it fails the end of its output.
 *
 * Return: 0; -ENOENT: nothing of that name; -EINTR: interrupt_seen(), everything that was started
 * has ended; another -errno; and a sentence in @err: then @s is empty.
 */
int subject_find(struct subject *s, const char *name, char *err, size_t errlen);

/* subject_variant - path of the variant for the @i-th use: any number, they come in turn */
const char *subject_variant(const struct subject *s, unsigned long i);

void subject_free(struct subject *s);
#endif
