/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_SUITE_H
#define KT_CONTROLLER_SUITE_H
/*
 * A benchmark binary as the controller sees it: its questions, as `BINARY --bench-list` lists them.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an arm of a question of two sides comes from (sides.h). */
struct suite_source {
	unsigned int side;	/* 0 or 1 */
	uint32_t question, arm; /* its numbers in the suite of that side */
	char *of;		/* its name there */
	int against;		/* the arm it is compared with, of this question; -1: none */
};

struct suite_question {
	char *name;
	uint32_t number; /* for wire.question */
	bool latency;
	bool phases;
	bool manual; /* runs only where a filter matches */
	double zone;
	uint64_t batch; /* operations that each value stands for; 1 usually */
	char *baseline; /* NULL: none */
	unsigned int nr_arms;
	char **arm;
	struct suite_source *source; /* of each arm; NULL: the question has one side */
};

struct suite {
	char *path;
	size_t nr;
	struct suite_question *question;
};

/*
 * suite_default_path - kt-suite beside this program, else under ../libexec
 *
 * Return: 0, or -ENOENT and a sentence in @err.
 */
int suite_default_path(char *path, size_t len, char *err, size_t errlen);

/*
 * suite_parse - the text of --bench-list; 0, or -EINVAL, -ENOMEM, -EEXIST (a name stands twice) and
 * a sentence: then @s is empty
 */
int suite_parse(struct suite *s, char *text, char *err, size_t errlen);

/* suite_list - ask the binary at @path; 0, or -errno and a sentence in @err: then @s is empty */
int suite_list(struct suite *s, const char *path, char *err, size_t errlen);

/*
 * suite_filter - keep the questions whose name matches the extended regular expression
 *
 * Return: 0, or -EINVAL for a bad expression, -ENOMEM; with a sentence in @err.
 */
int suite_filter(struct suite *s, const char *regex, char *err, size_t errlen);

/*
 * suite_compare_by - compare with arm @baseline in the questions that have it, and by @zone in all;
 * NULL, 0: as they say themselves
 *
 * Return: 0; -EINVAL when no question has the arm, with a sentence in @err that names those there are
 */
int suite_compare_by(struct suite *s, const char *baseline, double zone, char *err, size_t errlen);

/* suite_drop_manual - keep the questions that a run without a filter has */
void suite_drop_manual(struct suite *s);
void suite_free(struct suite *s);
void suite_question_free(struct suite_question *q);
#endif
