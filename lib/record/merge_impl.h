/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_RECORD_MERGE_IMPL_H
#define KT_RECORD_MERGE_IMPL_H
/*
 * Inside of merge: merge.c reads files, runs and hosts; merge_take.c takes what was measured;
 * merge_spool.c keeps lines and puts them together; merge_union.c makes one run of all. For merge*.c
 * only.
 */
#include "lib/record/merge.h"

/* More is hostile, or a mistake. */
#define MERGE_MAX_SERIES (1u << 18)
#define MERGE_MAX_CELLS	 (1u << 24)
#define MERGE_MAX_TEXT	 (64u << 20)
#define MERGE_MAX_NOTES	 (1u << 16)

/* Part of a run in the spool. */
struct merge_segment {
	size_t begin, end;
};

struct merge_run {
	char *header;	/* as text, with its keys sorted */
	const char *id; /* NULL: none */
	const char *file;
	struct record_header *begin; /* until its host is known; NULL */
	json_t *begin_record;
	const char *host_id, *kernel;
	bool grouped, complete;
	size_t host;
	size_t position, taken; /* of the copy at hand; of all copies */
	size_t nr_questions, room_questions;
	const struct merge_question **question; /* that it announced */
	size_t nr_segments, room_segments;
	struct merge_segment *segment;
};

#define MERGE_NO_RUN SIZE_MAX

struct merge_private {
	struct merge_run *run;
	size_t room_runs, room_hosts, room_series, room_questions, room_notes;
	size_t at; /* the run of the record at hand, or MERGE_NO_RUN */
	const char *file;
	size_t line;
	bool no_memory;
	int spool_error;
	/* names, each once; and series by their key: number + 1, 0: free */
	char **text;
	size_t nr_text, nr_text_slots, text_bytes;
	uint32_t *slot;
	size_t nr_slots, nr_cells;
	json_t *environment; /* what all of them have in common; NULL: none was seen */
	struct merge_spool *spool;
	struct hist scratch;
};

/* merge_grow - room for one more of @size bytes in @array; false: no memory, nothing changed */
bool merge_grow(void *array, size_t nr, size_t *room, size_t size);

/* merge_text - @s, kept for as long as @m lives; NULL for NULL, or when there is no memory left */
const char *merge_text(struct merge *m, const char *s);

/* merge_note - what is wrong with the line at hand; of the whole file when @line is 0 */
int merge_note(struct merge *m, size_t line, bool lost, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* merge_host_of - the host of the run at hand, fixed by the first call; -ENOMEM */
int merge_host_of(struct merge *m, size_t *host);

/* merge_take - what a record says was measured; 0 or -ENOMEM */
int merge_take(struct merge *m, const json_t *record);

/* merge_free_series - what merge_take() made */
void merge_free_series(struct merge *m);

/*
 * merge_spool_line - the record at hand; merge_spool_end - that was all of a copy of @run;
 * merge_spool_dir - where it is kept, for those who say what went wrong
 */
int merge_spool_line(struct merge *m, const char *text, size_t length);
int merge_spool_end(struct merge *m, struct merge_run *run);
const char *merge_spool_dir(const struct merge *m);
void merge_spool_free(struct merge_spool *s);
#endif
