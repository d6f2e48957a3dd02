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
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
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
kthread_tests := kthread_lifecycle kthread_park kthread_worker kthread_wait kthread_freezer
$(foreach t,$(kthread_tests),$(eval tests_archives_$t = lib/libkthread.a lib/libprobe.a))
tests_archives_kthread_races = lib/libkthread-testing.a lib/libprobe.a
tests_archives_kthread_edges = lib/libkthread-testing.a lib/libprobe.a
tests_archives_keventd = lib/libkeventd.a lib/libprobe.a
tests_archives_keventd_hangs = lib/libkeventd.a lib/libprobe.a
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
tests_archives_wake_oracle = bpf/libtracer.a lib/libmeasure.a lib/libprobe.a
$(foreach t,$(tracer_tests),$(eval $(call tracer_test,$t)))
