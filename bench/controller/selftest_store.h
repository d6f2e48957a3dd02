/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SELFTEST_STORE_H
#define KT_CONTROLLER_SELFTEST_STORE_H
/*
 * Where the machine's self-tests are kept: one file per host, CPU model and kernel, a record like
 * any other, in $XDG_STATE_HOME/kt; without that in /var/lib/kt for root and in
 * $HOME/.local/state/kt for others. The directory is made for its owner alone, a file appears whole
 * or not at all.
 *
 * What is read from there is not trusted: a file that is not a regular one, is somebody else's, is
 * larger than SELFTEST_MAX_FILE, compressed, or no record of a self-test is as if it were not there.
 */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/record/types.h"

#define SELFTEST_MAX_FILE (1u << 20)

struct record_writer;

/*
 * selftest_store_dir - the directory; 0, or -ENOENT and a sentence in @err: there is no place for it
 */
int selftest_store_dir(char *path, size_t size, char *err, size_t errlen);

/* selftest_write - a whole record of @t: header, environment, self-test, end; 0 or -errno */
int selftest_write(struct record_writer *w, const struct record_header *h, int argc, char **argv,
		   const struct record_selftest *t);

/*
 * selftest_store - keep @t for this machine, in place of an earlier one of its host, CPU and kernel
 * @path: gets the file's name
 *
 * Return: 0; or -errno and a sentence in @err: then what was there before is there still.
 */
int selftest_store(const struct record_header *h, int argc, char **argv,
		   const struct record_selftest *t, char *path, size_t size, char *err,
		   size_t errlen);

/* One that is kept. */
struct selftest_kept {
	char path[PATH_MAX];
	char start[64], kernel[96];
};

/*
 * selftest_find - the one of machine @m: of its kernel where there is one, else the newest of
 * another; false: there is none
 */
bool selftest_find(const struct record_machine *m, struct selftest_kept *k);

/* selftest_copy - this machine's, if there is one, into the record of a run; 0 or -errno */
int selftest_copy(struct record_writer *w);
#endif
