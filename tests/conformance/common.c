// SPDX-License-Identifier: GPL-2.0-only
/* What scenarios share: actors, calls that may hang, works; and the table of scenarios. */
#include "scenario.h"

const struct scenario scenarios[] = {
#define SCENARIO(kind, id, title) { #id, title, kind, scenario_##id },
#include "scenarios.def"
#undef SCENARIO
};
const int nr_scenarios = sizeof(scenarios) / sizeof(scenarios[0]);

const char *kind_name(enum kind kind)
{
	return kind == RUNS ? "runs" : kind == HANGS ? "hangs" : "kills";
}

const char *err(long ret)
{
	static const struct {
		long err;
		const char *name;
	} names[] = {
		{ -EINTR, "-EINTR" },	{ -EBUSY, "-EBUSY" },	      { -ENOSYS, "-ENOSYS" },
		{ -EINVAL, "-EINVAL" }, { -EDEADLK, "-EDEADLK" },     { -ENOMEM, "-ENOMEM" },
		{ -ESRCH, "-ESRCH" },	{ -ECANCELED, "-ECANCELED" },
	};
	static char text[8][24];
	static atomic_t next;
	char *t = text[(unsigned int)atomic_inc_return(&next) % 8];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].err == ret)
			return names[i].name;
	snprintf(t, sizeof(text[0]), "%ld", ret);
	return t;
}

const char *state_name(struct task_struct *k)
{
	unsigned int state = state_of(k);

	if (has_exited(k))
		return "exited";
	if (state == TASK_RUNNING)
		return "running";
	if (state & TASK_PARKED)
		return "parked";
	if (state & TASK_INTERRUPTIBLE)
		return "interruptible";
	if (state & TASK_UNINTERRUPTIBLE)
		return "uninterruptible";
	return "other";
}

void await_blocked(struct task_struct *k)
{
	int n, seen = 0;

	for (n = 0; n < 15000 && seen < 4; n++) {
		seen = seems_blocked(k) ? seen + 1 : 0;
		nap_ms(2);
	}
	if (seen < 4)
		say("waited in vain for a thread to block");
}

/* ---- actors ---------------------------------------------------------------------------------- */
struct actor *actor_new(void)
{
	struct actor *a = alloc(sizeof(*a));

	a->result = RESULT;
	a->cpu = -1;
	return a;
}

int actor_fn(void *data)
{
	struct actor *a = data;

	a->stop_first = kthread_should_stop();
	a->cpu = this_cpu();
	atomic_inc(&a->runs);
	while (!kthread_should_stop()) {
		if (kthread_should_park()) {
			atomic_inc(&a->parks);
			kthread_parkme();
			a->cpu = this_cpu();
			atomic_inc(&a->unparks);
			continue;
		}
		atomic_inc(&a->loops);
		if (a->lazy) {
			set_current_state(TASK_INTERRUPTIBLE);
			if (!kthread_should_stop() && !kthread_should_park())
				schedule();
			__set_current_state(TASK_RUNNING);
		} else {
			schedule_timeout_interruptible(1);
		}
	}
	return a->result;
}

struct task_struct *actor_run(struct actor *a, const char *name)
{
	struct task_struct *k = kthread_run(actor_fn, a, "%s", name);

	AWAIT(atomic_read(&a->loops) > 0);
	return k;
}

/* ---- calls ----------------------------------------------------------------------------------- */
static int call_thread(void *data)
{
	struct call *c = data;

	c->ret = c->fn(c->arg);
	complete(&c->done);
	return 0;
}

struct call *call_start(long (*fn)(void *arg), void *arg)
{
	struct call *c = alloc(sizeof(*c));

	c->fn = fn;
	c->arg = arg;
	init_completion(&c->done);
	c->thread = kthread_create(call_thread, c, "caller");
	/* Never dropped: its state may be asked for at any time. */
	get_task_struct(c->thread);
	wake_up_process(c->thread);
	return c;
}

static bool call_over(struct call *c, unsigned int ms)
{
	if (!c->over && wait_for_completion_timeout(&c->done, msecs_to_jiffies(ms)))
		c->over = true;
	return c->over;
}

long call_returns(struct call *c)
{
	if (!call_over(c, 30000))
		say("a call that should return hangs");
	return c->ret;
}

bool call_waits(struct call *c)
{
	return !call_over(c, WAIT_MS);
}

bool call_early(struct call *c)
{
	return call_over(c, EARLY_MS);
}

bool call_hangs(struct call *c)
{
	return !call_over(c, HANG_MS);
}

void call_say(struct call *c, const char *label)
{
	if (call_hangs(c))
		say("%s: hangs", label);
	else
		say("%s: returns %s", label, err(c->ret));
}

long do_stop(void *task)
{
	return kthread_stop(task);
}

long do_park(void *task)
{
	return kthread_park(task);
}

long do_flush_work(void *work)
{
	kthread_flush_work(work);
	return 0;
}

long do_flush_worker(void *worker)
{
	kthread_flush_worker(worker);
	return 0;
}

long do_cancel(void *work)
{
	return kthread_cancel_work_sync(work);
}

long do_cancel_delayed(void *dwork)
{
	return kthread_cancel_delayed_work_sync(dwork);
}

long do_destroy(void *worker)
{
	kthread_destroy_worker(worker);
	return 0;
}

/* ---- works ----------------------------------------------------------------------------------- */
static char log_names[64];
static atomic_t log_len;

void log_reset(void)
{
	memset(log_names, 0, sizeof(log_names));
	atomic_set(&log_len, 0);
}

void log_add(char name)
{
	int n = atomic_inc_return(&log_len);

	if (name && n < (int)sizeof(log_names))
		log_names[n - 1] = name;
}

const char *log_text(void)
{
	return log_names;
}

static void counted_fn(struct kthread_work *work)
{
	struct counted *c = container_of(work, struct counted, work);

	log_add(c->name);
	atomic_inc(&c->runs);
}

struct counted *counted_new(char name)
{
	struct counted *c = alloc(sizeof(*c));

	kthread_init_work(&c->work, counted_fn);
	c->name = name;
	return c;
}

static void delayed_fn(struct kthread_work *work)
{
	struct delayed *d = container_of(work, struct delayed, dwork.work);

	d->ran_at = jiffies;
	log_add(d->name);
	atomic_inc(&d->runs);
}

struct delayed *delayed_new(char name)
{
	struct delayed *d = alloc(sizeof(*d));

	init_dwork(&d->dwork, delayed_fn);
	d->name = name;
	return d;
}

static void gate_fn(struct kthread_work *work)
{
	struct gate *g = container_of(work, struct gate, work);

	complete(&g->entered);
	wait_for_completion(&g->leave);
}

void gate_init(struct gate *g)
{
	kthread_init_work(&g->work, gate_fn);
	init_completion(&g->entered);
	init_completion(&g->leave);
}

void gate_close(struct gate *g, struct kthread_worker *w)
{
	gate_init(g);
	kthread_queue_work(w, &g->work);
	wait_for_completion(&g->entered);
}

void gate_open(struct gate *g)
{
	complete(&g->leave);
}
