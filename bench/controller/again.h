/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_CONTROLLER_AGAIN_H
#define KT_CONTROLLER_AGAIN_H
/*
 * The second measuring of a question of two sides: of the arms of which the first one called a figure
 * slower or faster, in fresh instances, until these confirm the call (lib/measure/looks.h) or the
 * time is over. What is called and what is confirmed is what the report will say.
 */
#include "bench/controller/session.h"

/* again_flag - after the first measuring: what did it call? @memory as look()'s */
void again_flag(struct session *s, void *memory);

/* again_nr_flagged - figures that were called, of all arms */
size_t again_nr_flagged(const struct session *s);
bool again_is_flagged(const struct place *p);

/* again_begin - only arms that were flagged, and what they are compared with, are in from here on */
void again_begin(struct session *s);

/* again_look - after an instance: an arm whose calls are all confirmed rests */
void again_look(struct session *s, void *memory);

/*
 * again_end - look at all instances that there are, of the arms that do not rest, as the report will;
 * also of those that were given up meanwhile: what they did before stands in the record
 */
void again_end(struct session *s, void *memory);

/* again_is_over - are all confirmed? */
bool again_is_over(const struct session *s);

/* again_waits - has one of them not had the instances that it takes at least? */
bool again_waits(const struct session *s);

/* again_says - of all that was confirmed: slower if any figure is, else faster if any is */
enum verdict again_says(const struct place *p);
#endif
