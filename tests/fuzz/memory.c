// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of what BPF makes of a traced process's memory: where it looks for slots and logs, and
 * what it takes out of them. All of that memory is the process's to write, at any time.
 * tests/fuzz/afl.sh builds and runs it.
 *
 * An input is the memory, followed by events that happen to a thread of the process. Beyond what the
 * sanitizers see: an event reads so much and no more, and what is recorded is a time that can be.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/holds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the process has: the places for the slot of our thread are in the middle. */
static uint8_t memory[8192];
static uint64_t memory_at, registry;
static unsigned int nr_reads;

static long user_read(void *to, uint64_t size, uint64_t at)
{
	uint64_t from = at - memory_at;

	nr_reads++;
	if (from > sizeof(memory) || size > sizeof(memory) - from) {
		memset(to, 0, size);
		return -14;
	}
	memcpy(to, memory + from, size);
	return 0;
}

#define SLOT_USER_READ(to, size, at) user_read(to, size, at)
#include "bpf/slot_find.h"
#include "bpf/wake_state.h"
#include "bpf/work_log.h"

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t v = 0;

	for (; bytes && in->at < in->end; bytes--)
		v = v << 8 | *in->at++;
	return v;
}

struct thread {
	struct slot_place place;
	struct wake_state wake;
	struct work_log log;
	struct work_thread work;
	uint64_t now;
};

static void check_out(const struct wake_out *o)
{
	for (uint32_t m = 0; m < sizeof(o->value) / sizeof(o->value[0]); m++)
		if (o->record & WAKE_BIT(m))
			HOLDS((int64_t)o->value[m] >= 0);
}

static bool read_slot(struct thread *t, struct kthread_slot *slot)
{
	enum slot_answer answer;

	nr_reads = 0;
	memset(slot, 0xa5, sizeof(*slot));
	answer = slot_find(&t->place, registry, t->now, slot);
	HOLDS(nr_reads <= KTHREAD_SLOT_PROBES + 2);
	if (answer != SLOT_OK)
		return false;
	HOLDS(slot->tid == t->place.tid);
	slot_shift(slot, t->place.offset_ns);
	return true;
}

static void read_log(struct thread *t)
{
	struct kthread_log_entry entry;
	struct kthread_log_head head;
	struct work_news news;
	uint32_t nr, first, lost;

	if (user_read(&head, sizeof(head), t->log.addr))
		return;
	nr = work_log_look(&t->log, &head, t->place.tid, &lost);
	HOLDS(nr <= KTHREAD_LOG_NR);
	first = t->log.ended;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t at = t->log.addr + __builtin_offsetof(struct kthread_work_log, entry) +
			      (first + i) % KTHREAD_LOG_NR * sizeof(entry);

		if (user_read(&entry, sizeof(entry), at))
			return;
		work_log_item(&t->log, &t->work, first + i, &entry, 1000, &news);
		HOLDS((news.begun != WORK_IDLE && news.begun != WORK_BUSY) ||
		      news.delay_ns == entry.start_ns - entry.queued_ns);
		HOLDS(news.ended != WORK_RAN || entry.end_ns >= entry.start_ns);
	}
}

static void event(struct thread *t, struct input *in)
{
	struct kthread_slot slot;
	struct wake_out o;
	uint8_t what = (uint8_t)take(in, 1);
	bool has = (what & 0x10) && read_slot(t, &slot);

	t->now += take(in, 1);
	wake_out_init(&o);
	switch (what & 0xf) {
	case 0:
		wake_waking(&t->wake, t->now, has ? WAKE_STAMP_OK : what >> 5, has ? &slot : NULL);
		break;
	case 1:
		wake_wakeup(&t->wake, t->now, &o);
		break;
	case 2:
		wake_migrate(&t->wake, t->now, &o);
		break;
	case 3:
		wake_switch_in(&t->wake, t->now, &o);
		break;
	case 4:
		wake_switch_out(&t->wake, t->now, what >> 5 & 3, has ? &slot : NULL, &o);
		break;
	case 5:
		if (has)
			wake_stamped(&t->wake, &slot, &o);
		break;
	case 6:
		t->log.addr = memory_at + take(in, 2);
		break;
	case 7:
		read_log(t);
		break;
	case 8:
		nr_reads = 0;
		slot_registry_of(t->place.tid, memory_at + take(in, 2));
		HOLDS(nr_reads <= KTHREAD_SLOT_PROBES);
		break;
	case 9:
		t->place.offset_ns = take(in, 8);
		break;
	default: /* the process writes */
		memory[take(in, 2) % sizeof(memory)] = (uint8_t)take(in, 1);
	}
	check_out(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct thread t = { .now = 5000 };
	size_t given;

	t.place.tid = (uint32_t)take(&in, 4) | 1;
	/* Also at the end of all addresses. */
	memory_at = take(&in, 1) & 1 ? 0x7f0000000000 : -(uint64_t)sizeof(memory) + 16;
	registry = memory_at + sizeof(memory) / 2 - slot_address(0, slot_hash(t.place.tid));
	given = (size_t)take(&in, 2) % sizeof(memory);
	if (given > (size_t)(in.end - in.at))
		given = (size_t)(in.end - in.at);
	memset(memory, 0, sizeof(memory));
	memcpy(memory, in.at, given);
	in.at += given;
	while (in.at < in.end)
		event(&t, &in);
	return 0;
}
