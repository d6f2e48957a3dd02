# One Criterion program per file of tests/unit/.
unit_tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))

# What a test links is decided by the first word of its name: the archives of its room and of the rooms below; all there
# are where no line here says otherwise.
links_hist = lib/libmeasure.a
links_verdict = lib/libmeasure.a
links_share = lib/libmeasure.a
links_looks = lib/libmeasure.a
links_ranks = lib/libmeasure.a
links_judge = lib/libmeasure.a
links_tail = lib/libmeasure.a
links_band = lib/libmeasure.a
links_cli = lib/libcli.a
links_record = lib/librecord.a lib/libmeasure.a
links_report = lib/libreport.a lib/libcli.a $(links_record)
links_kthread = lib/libkthread.a lib/libprobe.a
links_slot = $(links_kthread)
links_probes = $(links_kthread)
links_keventd = lib/libkeventd.a lib/libprobe.a
links_harness = bench/libharness.a lib/libmeasure.a lib/libprobe.a
links_arms = bench/libarms.a $(links_kthread) $(links_keventd)
links_driver = bench/libdriver.a $(links_arms) $(links_harness)
archives += lib/libkthread.a

# The test build of libkthread instead of the real one, for tests that use its hooks (kthread_test_delay and the like).
hooked_tests := $(notdir $(basename $(shell grep -lE 'kthread_test_[a-z]|unit/hold\.h' tests/unit/*.c)))

# It calls the lock itself, which is inline: with the marked points of the testing build.
flags_tests/unit/kthread_lean = -DKT_TEST_BUILD

# $(call test_links,NAME): the archives of test NAME, below build/
test_links = $(addprefix $B/,$(if $(filter $1,$(hooked_tests)),\
	$(patsubst lib/libkthread.a,lib/libkthread-testing.a,$(test_room)),$(test_room)))
test_room = $(or $(links_$(firstword $(subst _, ,$1))),$(archives))

define unit_test
objs += $B/tests/unit/$1.o
tests: $B/tests/unit/$1
$B/tests/unit/$1: $B/tests/unit/$1.o $(call test_links,$1)
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) $$(tests_ldflags_$1) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group -lcriterion $$(KT_LIBS) $$(ARM_LIBS)
endef
.PHONY: tests
tests_ldflags_keventd_chain = -Wl,--wrap=pthread_create -Wl,--wrap=aligned_alloc
$B/tests/unit/probes: $B/lib/libkthread.so.0
$(foreach t,$(unit_tests),$(eval $(call unit_test,$t)))

# Programs that tests/tracer/NAME.sh runs: build/tests/tracer/NAME
tracer_tests := $(patsubst tests/tracer/%.c,%,$(wildcard tests/tracer/*.c))
define tracer_test
objs += $B/tests/tracer/$1.o
tests: $B/tests/tracer/$1
$B/tests/tracer/$1: $B/tests/tracer/$1.o $(call test_links,$1)
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(KT_LIBS)
endef
# The same program with the shared library.
tests: $B/tests/tracer/kthread_oracle_shared
$B/tests/tracer/kthread_oracle_shared: $B/tests/tracer/kthread_oracle.o $B/lib/libkthread.so.0
	$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $@ $< -L$B/lib -lkthread -Wl,-rpath,'$$ORIGIN/../../lib'
$B/tests/tracer/kernel_types.o: $B/bpf/park.skel.h $B/bpf/wakeup.skel.h $B/bpf/workqueue.skel.h
$(foreach t,$(tracer_tests),$(eval $(call tracer_test,$t)))

# The same tests without Criterion, which runs neither under the thread sanitizer nor in programs of another
# architecture: build/tests/plain/NAME, from the same source and tests/plain/criterion/criterion.h.
plain_tests := $(filter kthread_% keventd slot,$(unit_tests))
define plain_test
objs += $B/tests/plain/$1.o
plain: $B/tests/plain/$1
$B/tests/plain/$1.o: tests/unit/$1.c $B/flags
	$$(call say,CC)mkdir -p $$(@D)
	$$Q$(CC) -Itests/plain -Itests/unit $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) $(flags_tests/unit/$1) -MMD -MP \
		-c $$< -o $$@
$B/tests/plain/$1: $B/tests/plain/$1.o $(call test_links,$1)
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

# Two builds of libkthread as arms: scripts/compare-speed
$(eval $(call program,tests/ab/libraries,tests/ab/libraries.c,lib/libktbench.a,-ldl -lm))

# Studies of minutes that assert nothing: build/tests/statistics/NAME TRIALS SEED
statistics := $(patsubst tests/statistics/%.c,%,$(wildcard tests/statistics/*.c))
define statistics_program
objs += $B/tests/statistics/$1.o
tests statistics: $B/tests/statistics/$1
$B/tests/statistics/$1: $B/tests/statistics/$1.o $(addprefix $B/,$(archives))
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(KT_LIBS) $$(ARM_LIBS)
endef
.PHONY: statistics
$(foreach t,$(statistics),$(eval $(call statistics_program,$t)))

# Programs shaped like users of kthreads in the kernel, in its own words: only their includes are changed, to the
# library's headers or, for locks, lists and the like, to those of tests/shapes/own/. tests/cli/shapes.sh runs them.
shapes := $(patsubst tests/shapes/%.c,%,$(wildcard tests/shapes/*.c))
$B/tests/shapes/%.c: tests/shapes/%.c tests/shapes/port $(kthread_headers) $(wildcard tests/shapes/own/*.h)
	$(call say,PORT)mkdir -p $(@D) && tests/shapes/port $< >$@
define shape
tests: $B/tests/shapes/$1
$B/tests/shapes/$1.o: $B/tests/shapes/$1.c $B/flags
	$$(call say,CC)$(CC) -I. -Ilib $(CPPFLAGS) $(KT_CFLAGS) -Wpedantic $(CFLAGS) -MMD -MP -c $$< -o $$@
$B/tests/shapes/$1: $B/tests/shapes/$1.o $B/lib/libkthread.a
	$$(call say,LD)$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^)
-include $B/tests/shapes/$1.d
endef
$(foreach s,$(shapes),$(eval $(call shape,$s)))

# Fuzzers of what reads files from outside: build/tests/fuzz/NAME FILE... gives each FILE to tests/fuzz/NAME.c once. With
# FUZZ_ENGINE=-fsanitize=fuzzer the compiler's engine looks for files: tests/fuzz/afl.sh.
FUZZ_ENGINE ?= $B/tests/fuzz/replay.o
fuzzers := $(filter-out gnuplot replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
fuzz_parts := $B/tests/fuzz/gnuplot.o $B/tests/fuzz/replay.o
objs += $(fuzz_parts)
define fuzzer
objs += $B/tests/fuzz/$1.o
tests: $B/tests/fuzz/$1
$B/tests/fuzz/$1: $B/tests/fuzz/$1.o $(fuzz_parts) $(addprefix $B/,lib/libtarget.a $(links_report))
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) -o $$@ $$< $B/tests/fuzz/gnuplot.o $(FUZZ_ENGINE) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(KT_LIBS)
endef
$(foreach t,$(fuzzers),$(eval $(call fuzzer,$t)))
