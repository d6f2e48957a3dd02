# libkthread: static (hidden symbols localised) and shared; sources in the order of a thread's life.
kthread_sources := $(addprefix lib/kthread/,task.c create.c creator.c bind.c affine.c node.c prio.c cpumask.c wait.c yield.c delay.c \
	signal.c park.c exit.c stop.c freezer.c completion.c waitqueue.c notify.c smpboot.c profile.c worker.c serve.c \
	flush.c worklog.c delayed.c armed.c queue.c mend.c worker_fork.c lock.c lean.c warn.c fork.c) \
	lib/probe/slot.c lib/probe/probes.c
kthread_headers := $(addprefix lib/kthread/,kthread.h sched.h sched/signal.h sched/prio.h sched/rt.h sched/types.h \
	sched/task.h completion.h wait.h delay.h hrtimer.h ktime.h jiffies.h freezer.h worker.h delayed.h smpboot.h cpu.h \
	cpumask.h smp.h topology.h notify.h profile.h err.h container_of.h bug.h warn.h)

# One object of all, so that what the files share is local; the base of the notes stays common to the
# whole program that links it, as the format of the notes demands.
$B/lib/kthread/libkthread.o: $(kthread_sources:%.c=$B/%.o) lib/kthread/room.mk
	$(call say,LD-R)$(LD) -r -o $@ $(filter %.o,$^)
	$Q$(OBJCOPY) --localize-hidden $@
	$Q$(OBJCOPY) --globalize-symbol=_.stapsdt.base --weaken-symbol=_.stapsdt.base $@

$B/lib/libkthread.a: $B/lib/kthread/libkthread.o lib/kthread/check-symbols
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $<
	$Qlib/kthread/check-symbols $@

$B/lib/libkthread.so.0: $(kthread_sources:%.c=$B/%.pic.o) lib/kthread/libkthread.map \
		lib/kthread/room.mk
	$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -shared -Wl,-soname,libkthread.so.0 \
		-Wl,-z,nodelete -Wl,--version-script=lib/kthread/libkthread.map -o $@ $(filter %.o,$^)
	$Qlib/kthread/check-symbols $@
	$Qln -sf libkthread.so.0 $B/lib/libkthread.so

# For the tests of races: delays and failures can be injected, everything is visible.
$B/%.testing.o: %.c $B/flags
	$(call say,CC)mkdir -p $(@D)
	$Q$(CC) $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) -DKT_TEST_BUILD -MMD -MP -c $< -o $@

# One object here too: nobody calls fork.c, and of an archive of many it would be left out.
$B/lib/kthread/libkthread-testing.o: $(kthread_sources:%.c=$B/%.testing.o) lib/kthread/room.mk
	$(call say,LD-R)$(LD) -r -o $@ $(filter %.o,$^)

$B/lib/libkthread-testing.a: $B/lib/kthread/libkthread-testing.o
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $<

objs += $(kthread_sources:%.c=$B/%.o) $(kthread_sources:%.c=$B/%.pic.o) \
	$(kthread_sources:%.c=$B/%.testing.o)
all: $B/lib/libkthread.a $B/lib/libkthread.so.0 $B/lib/kthread/kthread.pc
