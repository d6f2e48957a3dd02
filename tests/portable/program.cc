// SPDX-License-Identifier: GPL-2.0-only
/* A C++ program: the standard library first, then ours; threads and works of objects. */
#include <memory>
#include <string>
#include <vector>

#include <cstdio>

#include <kthread/kthread.h>

namespace
{
class counter
{
public:
	explicit counter(const std::string &name)
		: thread_(kthread_run(&counter::run, this, "%s", name.c_str()))
	{
	}
	~counter()
	{
		if (!IS_ERR(thread_))
			kthread_stop(thread_);
	}
	void await(unsigned long n)
	{
		wait_event(wait_, __atomic_load_n(&count_, __ATOMIC_ACQUIRE) >= n);
	}

private:
	static int run(void *self)
	{
		counter *c = static_cast<counter *>(self);

		while (!kthread_should_stop()) {
			__atomic_fetch_add(&c->count_, 1, __ATOMIC_RELEASE);
			wake_up(&c->wait_);
			msleep_interruptible(1);
		}
		return 0;
	}

	DECLARE_WAIT_QUEUE_HEAD(wait_);
	unsigned long count_ = 0;
	struct task_struct *thread_;
};

struct job {
	struct kthread_work work;
	std::string text;
	std::vector<std::string> *log;
};

void note(struct kthread_work *work)
{
	job *j = container_of(work, struct job, work);

	j->log->push_back(j->text);
}
}

int main()
{
	std::vector<std::unique_ptr<counter>> counters;
	std::vector<std::string> log;
	std::vector<job> jobs(3);
	struct kthread_worker *worker = kthread_run_worker(0, "c++/%d", 1);

	for (int i = 0; i < 3; i++) {
		counters.emplace_back(new counter("counter/" + std::to_string(i)));
		jobs[i].text = std::to_string(i);
		jobs[i].log = &log;
		kthread_init_work(&jobs[i].work, note);
		kthread_queue_work(worker, &jobs[i].work);
	}
	for (auto &c : counters)
		c->await(5);
	counters.clear();
	kthread_destroy_worker(worker);
	for (auto &text : log)
		std::printf("%s ", text.c_str());
	std::printf("%s\n", kthread_warn_count(KTHREAD_WARN_ANY) ? "misuse" : "well");
	return 0;
}
