# One Criterion program per file of tests/unit/. tests_libs: archives every one may use.
unit_tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
tests_archives = bench/libcontroller.a bench/libreport.a bpf/libtracer.a bench/libktbench.a bench/libarms.a \
	lib/libkthread.a lib/libkeventd.a lib/librecord.a lib/libmeasure.a lib/libprobe.a

# A test that needs only some archives names them: tests_archives_NAME
define unit_test
objs += $B/tests/unit/$1.o
tests: $B/tests/unit/$1
$B/tests/unit/$1: $B/tests/unit/$1.o $$(addprefix $B/,$$(or $$(tests_archives_$1),$$(tests_archives)))
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) $$(tests_ldflags_$1) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcriterion $$(KT_LIBS) $$(ARM_LIBS)
endef
.PHONY: tests
tests_archives_hist = lib/libmeasure.a
tests_archives_verdict = lib/libmeasure.a
tests_archives_wake_state = lib/libmeasure.a
tests_archives_glob = bpf/libtracer.a lib/libmeasure.a
tests_archives_record = lib/librecord.a lib/libmeasure.a
report_tests := report_model report_golden report_hostile
$(foreach t,$(report_tests),$(eval tests_archives_$t = bench/libreport.a lib/librecord.a lib/libmeasure.a))
tests_archives_arms = bench/libarms.a lib/libkthread.a lib/libkeventd.a lib/libprobe.a
tests_archives_driver = bench/libdriver.a bench/libktbench.a bench/libarms.a lib/libkthread.a \
	lib/libkeventd.a lib/libmeasure.a lib/libprobe.a
tests_archives_targets = bpf/libtracer.a
tests_archives_work_state = lib/libmeasure.a
tests_archives_park_state = lib/libmeasure.a
tests_archives_harness_question = bench/libktbench.a lib/libmeasure.a lib/libprobe.a
tests_archives_harness_cpus = bench/libktbench.a lib/libmeasure.a lib/libprobe.a
tests_archives_harness_state = bench/libktbench.a lib/libmeasure.a lib/libprobe.a
tests_archives_controller_schedule = bench/libcontroller.a
tests_archives_controller_calibrate = bench/libcontroller.a
tests_archives_controller_suite = bench/libcontroller.a lib/libmeasure.a lib/libprobe.a
tests_archives_controller_worker = bench/libcontroller.a bench/libktbench.a bpf/libtracer.a lib/librecord.a \
	lib/libmeasure.a lib/libprobe.a
kthread_tests := kthread_lifecycle kthread_park kthread_worker kthread_wait kthread_freezer kthread_waitqueue kthread_smpboot
$(foreach t,$(kthread_tests),$(eval tests_archives_$t = lib/libkthread.a lib/libprobe.a))
tests_archives_kthread_windows = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_birth = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_races = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_profile = lib/libkthread.a lib/libprobe.a
tests_archives_kthread_affinity = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_names = lib/libkthread.a lib/libprobe.a
tests_archives_kthread_corners = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_notify = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_create = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_edges = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_edges2 = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_worker_races = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_worker_windows = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_events = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_delayed = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_delayed_chaos = lib/libkthread-testing.a lib/libprobe.a
tests_archives_keventd = lib/libkeventd.a lib/libprobe.a
tests_archives_keventd_hangs = lib/libkeventd.a lib/libprobe.a
tests_archives_keventd_chain = lib/libkeventd.a lib/libprobe.a
tests_ldflags_keventd_chain = -Wl,--wrap=pthread_create -Wl,--wrap=aligned_alloc
tests_archives_slot = lib/libkthread.a lib/libprobe.a
tests_archives_probes = lib/libkthread.a lib/libprobe.a
$B/tests/unit/probes: $B/lib/libkthread.so.0
tests_archives_probes_workload = lib/libkthread.a lib/libprobe.a
$(foreach t,$(unit_tests),$(eval $(call unit_test,$t)))

# Programs that tests/tracer/NAME.sh runs: build/tests/tracer/NAME
tracer_tests := $(patsubst tests/tracer/%.c,%,$(wildcard tests/tracer/*.c))
define tracer_test
objs += $B/tests/tracer/$1.o
tests: $B/tests/tracer/$1
$B/tests/tracer/$1: $B/tests/tracer/$1.o $$(addprefix $B/,$$(or $$(tests_archives_$1),$$(tests_archives)))
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(KT_LIBS)
endef
tests_archives_kthread_oracle = lib/libkthread.a
tests_archives_work_loss = bpf/libtracer.a bench/libreport.a lib/librecord.a lib/libmeasure.a lib/libprobe.a
# The same program with the shared library.
tests: $B/tests/tracer/kthread_oracle_shared
$B/tests/tracer/kthread_oracle_shared: $B/tests/tracer/kthread_oracle.o $B/lib/libkthread.so.0
	$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $@ $< -L$B/lib -lkthread -Wl,-rpath,'$$ORIGIN/../../lib'
tests_archives_kernel_types = lib/libmeasure.a
$B/tests/tracer/kernel_types.o: $B/bpf/park.skel.h $B/bpf/wakeup.skel.h
tests_archives_wake_oracle = bpf/libtracer.a lib/libmeasure.a lib/libprobe.a
$(foreach t,$(tracer_tests),$(eval $(call tracer_test,$t)))

# The same tests without Criterion, which runs neither under the thread sanitizer nor in programs of another
# architecture: build/tests/plain/NAME, from the same source and tests/plain/criterion/criterion.h.
plain_tests := $(filter kthread_% keventd slot,$(unit_tests))
define plain_test
objs += $B/tests/plain/$1.o
plain: $B/tests/plain/$1
$B/tests/plain/$1.o: tests/unit/$1.c $B/flags
	$$(call say,CC)mkdir -p $$(@D)
	$$Q$(CC) -Itests/plain -Itests/unit $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) -MMD -MP -c $$< -o $$@
$B/tests/plain/$1: $B/tests/plain/$1.o $$(addprefix $B/,$$(or $$(tests_archives_$1),$$(tests_archives)))
	$$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group
endef
.PHONY: plain
$(foreach t,$(plain_tests),$(eval $(call plain_test,$t)))

# The scenarios that a kernel module and the library share; tests/conformance/README.md.
conformance_sources := $(filter-out %/entry_kernel.c,$(wildcard tests/conformance/*.c))
$(eval $(call program,tests/conformance/scenarios,$(conformance_sources),lib/libkthread.a lib/libprobe.a,))
tests: $B/tests/conformance/scenarios

# What the emulator of `make check-arm64` does by itself.
objs += $B/tests/arm64/threads_grow.o
arm64: $B/tests/arm64/threads_grow
$B/tests/arm64/threads_grow: $B/tests/arm64/threads_grow.o
	$(call say,LD)mkdir -p $(@D) && $(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $@ $<
.PHONY: arm64

# Programs of minutes, run by `make check-stress`: build/tests/stress/NAME, with the testing build of the library.
comma := ,
stress_tests := $(patsubst tests/stress/%.c,%,$(wildcard tests/stress/*.c))
# What tests/stress/counted.h diverts.
counted_calls = malloc calloc aligned_alloc strdup free vasprintf asprintf pthread_create eventfd syscall
stress_ldflags_failures = $(addprefix -Wl$(comma)--wrap=,$(counted_calls))
stress_ldflags_cycles = $(stress_ldflags_failures)
stress_lib_cycles = lib/libkthread.a
define stress_test
objs += $B/tests/stress/$1.o
stress: $B/tests/stress/$1
$B/tests/stress/$1: $B/tests/stress/$1.o $B/$$(or $$(stress_lib_$1),lib/libkthread-testing.a) $B/lib/libprobe.a
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) $$(stress_ldflags_$1) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^)
endef
.PHONY: stress races
races: $(addprefix $B/tests/stress/,life park queues sets)
$(foreach t,$(stress_tests),$(eval $(call stress_test,$t)))
# The unit tests' races, as a program that takes a seed; and one that has it from KT_SEED.
stress: $B/tests/stress/races $B/tests/plain/kthread_delayed_chaos
objs += $B/tests/stress/races.o
$B/tests/stress/races.o: tests/unit/kthread_races.c $B/flags
	$(call say,CC)mkdir -p $(@D)
	$Q$(CC) -DKT_PLAIN_RUNNER $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@
$B/tests/stress/races: $B/tests/stress/races.o $B/lib/libkthread-testing.a $B/lib/libprobe.a
	$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

# Programs for guests of other kernels (tests/vm/README.md): build/tests/vm/NAME
vm_tests := $(patsubst tests/vm/%.c,%,$(wildcard tests/vm/*.c))
define vm_test
objs += $B/tests/vm/$1.o
vm: $B/tests/vm/$1
$B/tests/vm/$1: $B/tests/vm/$1.o
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$^ -lbpf
endef
.PHONY: vm
vm: $B/kt $B/kt-suite $B/tests/tracer/kthread_oracle $B/tests/conformance/scenarios
$(foreach t,$(vm_tests),$(eval $(call vm_test,$t)))
