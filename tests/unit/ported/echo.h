/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ECHO_H
#define ECHO_H
/* The echo driver's interface; its includes are those of echo.c. */

struct echo_device {
	spinlock_t lock;
	struct list_head answered; /* requests, under the lock */
	struct kthread_worker *worker;
	struct task_struct *rx;
	unsigned int nr_received; /* by the rx thread */

	struct kthread_delayed_work watchdog;
	unsigned long idle_jiffies;
	unsigned int nr_idle; /* by the watchdog */
	struct completion idle;
};

struct echo_request {
	struct kthread_work work;
	struct list_head node;
	struct echo_device *dev;
	unsigned int question, answer;
	int status;
	struct completion done;
};

/* echo_probe - bring the device up. Return: the device, or ERR_PTR */
struct echo_device *echo_probe(int id, unsigned int idle_ms);
void echo_remove(struct echo_device *dev);

int echo_suspend(struct echo_device *dev);
void echo_resume(struct echo_device *dev);

/* echo_submit - send @question; @req lives until echo_wait() has given its status */
void echo_submit(struct echo_device *dev, struct echo_request *req, unsigned int question);
int echo_wait(struct echo_request *req, unsigned int ms);

/* echo_abort - take it back. Return: did the device never see it? */
bool echo_abort(struct echo_request *req);
#endif
