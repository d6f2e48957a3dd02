# SPDX-License-Identifier: GPL-2.0-only
# kt: `make help` lists the targets. Each room lists its own sources in room.mk.

# ---- knobs -------------------------------------------------------------------------------------
B		?= build
PREFIX		?= /usr/local
DESTDIR		?=
CLANG		?= clang
BPFTOOL		?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool /sbin/bpftool) bpftool)
PKG_CONFIG	?= pkg-config
OBJCOPY		?= objcopy
BENCH_FLAGS	?=
VERSION		:= 0.1.0

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' '$1' '$(@:$B/%=%)';)

# ---- flags -------------------------------------------------------------------------------------
# CFLAGS, CPPFLAGS and LDFLAGS belong to the user; ours are KT_*.
CFLAGS		?= -O2 -g
# The same bytes whatever directory it is built in. What records say of flags leaves such out: flags_said.
no_paths	:= -ffile-prefix-map=$(CURDIR)=.
flags_said	 = $(subst ",,$(filter-out -ffile-prefix-map=% -fdebug-prefix-map=%,$1))
KT_CPPFLAGS	:= -I. -I$B -Ilib -D_GNU_SOURCE -DKT_VERSION='"$(VERSION)"'
KT_CFLAGS	:= -std=gnu11 -Wall -Wextra $(if $(WERROR),-Werror) -fno-omit-frame-pointer \
		   -fvisibility=hidden -pthread $(SANITIZE) $(no_paths)
KT_LDFLAGS	:= -pthread -Wl,--build-id $(SANITIZE)
pkg_cflags	 = $(shell $(PKG_CONFIG) --cflags $1 2>/dev/null)
pkg_libs	 = $(shell $(PKG_CONFIG) --libs $1 2>/dev/null)
have		 = $(shell $(PKG_CONFIG) --exists $1 2>/dev/null && echo yes)

# The build machine's header paths: clang's BPF target has none of its own (asm/errno.h).
BPF_SYS		 = $(shell $(CLANG) -v -E - </dev/null 2>&1 | \
		     sed -n '/<...> search starts here:/,/End of search list/ s|^ \(/.*\)|-idirafter \1|p')
BPF_ARCH	:= $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/' -e 's/ppc64le/powerpc/' \
		     -e 's/riscv64/riscv/')
BPF_CFLAGS	 = -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) -Wall -Werror $(no_paths) -I. -I$B

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all
all:

# ---- rules -------------------------------------------------------------------------------------
# Everything is rebuilt when the flags change, so that a sanitizer build never mixes with a plain one; also when a
# library of the arms comes or goes.
flags_now = $(CC) $(CFLAGS) $(CPPFLAGS) $(filter-out -Werror,$(KT_CFLAGS)) $(LDFLAGS) $(KT_CPPFLAGS) $(ARM_LIBS)
$B/flags: FORCE
	@mkdir -p $B; printf '%s\n' '$(subst ','\'',$(flags_now))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags_now))' >$@
.PHONY: FORCE
FORCE:

$B/%.o: %.c $B/flags
	$(call say,CC)mkdir -p $(@D)
	$Q$(CC) $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) $(flags_$(<:%.c=%)) -MMD -MP -c $< -o $@

# The version with git's revision, for those who say it; they alone are built anew when it changes.
versioned := kt lib/cli/cli lib/record/build bench/harness/main tests/unit/cli
$(foreach f,$(versioned),$(eval flags_$f = -UKT_VERSION -DKT_VERSION='"$$(shell cat $B/version)"'))
$(versioned:%=$B/%.o): $B/version
$B/version: FORCE
	@mkdir -p $B; scripts/version $(VERSION) >$@.new; if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$B/%.pic.o: %.c $B/flags
	$(call say,CC-PIC)mkdir -p $(@D)
	$Q$(CC) $(KT_CPPFLAGS) $(CPPFLAGS) $(KT_CFLAGS) $(CFLAGS) -fPIC -MMD -MP -c $< -o $@

$B/%.bpf.o: %.bpf.c
	$(call say,BPF)mkdir -p $(@D)
	$Q$(CLANG) $(BPF_CFLAGS) $(BPF_SYS) -MMD -MP -MT $@ -MF $(@:.o=.d) -c $< -o $@

$B/%.skel.h: $B/%.bpf.o
	$(call say,SKEL)$(BPFTOOL) gen skeleton $< name $(subst -,_,$(notdir $*))_bpf >$@

# Made anew each time: PREFIX may be another one at `make install`.
$B/%.pc: %.pc.in FORCE
	$Qmkdir -p $(@D) && sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(libdir:$(PREFIX)/%=$${prefix}/%)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@

# $(call archive,PATH,SOURCES): build/PATH from SOURCES
define archive
archives += $1
objs += $(2:%.c=$B/%.o)
$B/$1: $(2:%.c=$B/%.o)
	$$(call say,AR)rm -f $$@ && $(AR) rcs $$@ $$^
all: $B/$1
endef

# $(call whole,PATH,SOURCES,ARCHIVES,OBJCOPY): build/PATH from SOURCES and what they need of ARCHIVES, linked into one
# object, so that a program takes all of it or nothing. OBJCOPY: options of objcopy, for the names that others see.
define whole
objs += $(2:%.c=$B/%.o)
$B/$(1:.a=.o): $(2:%.c=$B/%.o) $(3:%=$B/%) $(dir $(firstword $2))
	$$(call say,LD-R)mkdir -p $$(@D)
	$$Q$(LD) -r -o $$@ $$(filter %.o,$$^) --start-group $$(filter %.a,$$^) --end-group
	$(if $4,$$Q$(OBJCOPY) $4 $$@)
$B/$1: $B/$(1:.a=.o)
	$$(call say,AR)rm -f $$@ && $(AR) rcs $$@ $$<
all: $B/$1
endef

# $(call program,PATH,SOURCES,ARCHIVES,LIBRARIES,STATIC LIBRARIES): build/PATH, and build/static/PATH, which needs no shared
# library
define program
objs += $(2:%.c=$B/%.o)
$B/$1 $B/static/$1: $(2:%.c=$B/%.o) $(3:%=$B/%)
	$$(call say,LD)mkdir -p $$(@D)
	$$Q$(CC) $(KT_LDFLAGS) $(LDFLAGS) $$(static) -o $$@ $$(filter %.o,$$^) \
		-Wl,--start-group $$(filter %.a,$$^) -Wl,--end-group $$(libraries)
$B/$1: libraries = $4
$B/static/$1: static = -static
$B/static/$1: libraries = $5
all: $B/$1
endef

# ---- rooms -------------------------------------------------------------------------------------
ROOMS := lib/cli lib/probe lib/measure lib/record lib/target lib/kthread lib/kthread/examples lib/keventd bpf bench/harness \
	 bench/arms bench/drivers bench/controller lib/report tests
include $(wildcard $(ROOMS:%=%/room.mk))

KT_LIBS = -lbpf -lelf -lz -ljansson -lm
KT_LIBS_STATIC = $(call pkg_libs,--static libbpf libelf zlib jansson) -lm
$(eval $(call program,kt,kt.c,bench/libcontroller.a lib/libreport.a bpf/libtracer.a lib/librecord.a lib/libtarget.a \
	lib/libcli.a lib/libmeasure.a lib/libprobe.a,$$(KT_LIBS),$$(KT_LIBS_STATIC)))
$(eval $(call program,kt-suite,$(suite_sources),lib/libktbench.a bench/libarms.a lib/libkthread.a \
	lib/libkeventd.a lib/libprobe.a,$$(ARM_LIBS) -lm,$$(ARM_LIBS_STATIC) -lm))

# What shells complete, of kt's own option tables.
$B/completion/kt.bash: $B/kt
	$(call say,GEN)mkdir -p $(@D) && $B/kt --completion bash >$@
$B/completion/_kt: $B/kt
	$(call say,GEN)mkdir -p $(@D) && $B/kt --completion zsh >$@
all: $B/completion/kt.bash $B/completion/_kt

-include $(objs:.o=.d) $(wildcard $B/bpf/*.d)

# ---- targets -----------------------------------------------------------------------------------
.PHONY: abi bench check check-arm64 check-asan check-fleet check-fuzz check-model check-mutations check-package \
	check-stress check-tsan check-ubsan check-vm check-vm-all clean deb dist evaluate format help install pictures rpm \
	static uninstall vm-shell
# Builds started by a target use all CPUs, unless make was told how many.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

all: ## build everything (the default)

static: ## kt and kt-suite that need nothing of the machine that they run on, in build/static/
	$Qscripts/bootstrap build
	$Q$(MAKE) $(parallel) --no-print-directory B=$B $B/static/kt $B/static/kt-suite

bench: ## install what is missing, build, run the suite, leave a report in results/latest/
	$Qscripts/bootstrap run
	$Q$(MAKE) $(parallel) --no-print-directory $B/kt $B/kt-suite
	$Qscripts/run-bench $B $(BENCH_FLAGS)

evaluate: ## how costs grow with numbers: minutes of runs, drawn in EVALUATION=results/runs/scaling
	$Qscripts/bootstrap evaluate
	$Q$(MAKE) $(parallel) --no-print-directory $B/kt $B/kt-suite
	$Qscripts/evaluate $B $(or $(EVALUATION),results/runs/scaling) $(BENCH_FLAGS)

pictures: ## what the pages of RECORDS look like in Chromium, 360 to 3840 pixels wide, in build/pictures/
	$Q$(MAKE) $(parallel) --no-print-directory $B/kt
	$Qscripts/take-pictures $B $(RECORDS)

check: ## install what is missing, build with -Werror, run every test
	$QKT_BUILD=$B scripts/bootstrap check
	$Q$(MAKE) $(parallel) --no-print-directory WERROR=1 B=$B all tests
	$Qscripts/run-tests $B

# Each in a build directory of its own, of clang (CC=clang) in another one; the plain runner where Criterion cannot run.
sanitized = $B-$1$(if $(findstring clang,$(notdir $(CC))),-clang)
check-asan: ## the unit tests and the corpus under the address sanitizer, in build-asan/ (CC=clang: build-asan-clang/)
	$Qscripts/bootstrap check
	$Q$(MAKE) $(parallel) --no-print-directory B=$(call sanitized,asan) SANITIZE=-fsanitize=address all tests races
	$QLSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0 \
		scripts/run-tests $(call sanitized,asan) unit
	$QKT_BUILD=$(call sanitized,asan) tests/cli/corpus.sh
	$QKT_SKIP=$(forks_amid_threads) KT_SKIP_REASON='a lock of the sanitizer stays held in the forked child' \
		scripts/run-tests $(call sanitized,asan) races

check-ubsan: ## the unit tests and the corpus under the undefined behaviour sanitizer, in build-ubsan/ (CC=clang: build-ubsan-clang/)
	$Qscripts/bootstrap check
	$Q$(MAKE) $(parallel) --no-print-directory B=$(call sanitized,ubsan) \
		SANITIZE='-fsanitize=undefined -fno-sanitize-recover=undefined' all tests races
	$Qscripts/run-tests $(call sanitized,ubsan) unit
	$QKT_BUILD=$(call sanitized,ubsan) tests/cli/corpus.sh
	$Qscripts/run-tests $(call sanitized,ubsan) races

check-tsan: ## libkthread's tests under the thread sanitizer, in build-tsan/ (CC=clang: build-tsan-clang/)
	$Qscripts/bootstrap build
	$Q$(MAKE) $(parallel) --no-print-directory B=$(call sanitized,tsan) SANITIZE=-fsanitize=thread plain races
	$Q$(tsan_env) scripts/run-tests $(call sanitized,tsan) plain
	$Q$(tsan_env) scripts/run-tests $(call sanitized,tsan) races
tsan_env = KT_TIMEOUT_SCALE=5 KT_SKIP_REASON='the sanitizer ends a forked child that makes threads' \
	KT_SKIP=L14_a_forked_child_starts_anew:completions_work_in_a_child_of_waiting_threads:$(forks_amid_threads)
forks_amid_threads = L14_fork_while_others_are_busy:L14_fork_while_sets_come_and_go

check-model: ## the models of libkthread's hand-overs, searched by spin
	$Qscripts/bootstrap check
	$Q$(MAKE) $(parallel) --no-print-directory $B/flags
	$Qscripts/run-tests $B model

check-mutations: ## take out libkthread's protections one by one; a test must fail: MUTATION='L*'
	$Qscripts/bootstrap check
	$QMUTATION='$(MUTATION)' tests/mutations/check $B-mutations

check-fuzz: ## damage files that are read from outside, guided by AFL++, in build-fuzz/: FUZZ_SECONDS=300 each
	$Qscripts/bootstrap fuzz
	$Qtests/fuzz/afl.sh $B-fuzz $(or $(FUZZ_SECONDS),300)

check-stress: ## stress libkthread for minutes: STRESS_SECONDS=300; STRESS_SEED=N repeats a run
	$Qscripts/bootstrap build
	$Q$(MAKE) $(parallel) --no-print-directory B=$B stress
	$Qscripts/run-tests $B stress

# Function only: an emulator runs the threads with the memory ordering of the machine it runs on. Where it keeps memory
# of threads that ended, which plain pthreads show, the test that awaits that memory (L20) is left out.
check-arm64: ## libkthread's tests, cross-built for arm64 and emulated, in build-arm64/
	$Qscripts/bootstrap arm64
	$Q$(MAKE) $(parallel) --no-print-directory B=$B-arm64 $(ARM64_TOOLS) LDFLAGS=-static plain arm64
	$QCROSS=$(ARM64) tests/arm64/check-notes $B-arm64/tests/plain/slot
	$Qqemu-aarch64-static $B-arm64/tests/arm64/threads_grow; \
		case $$? in 0) skip= ;; 1) skip=L20_threads_that_end_by_themselves_leave_nothing ;; *) exit 1 ;; esac; \
		RUNNER=qemu-aarch64-static KT_TIMEOUT_SCALE=10 KT_SKIP=$$skip \
		KT_SKIP_REASON='the emulator keeps memory of threads that ended: tests/arm64/threads_grow.c' \
		scripts/run-tests $B-arm64 plain
	@echo 'check-arm64: function only; emulation cannot show ordering bugs (that is for check-model)'
ARM64_TOOLS = CC=$(ARM64)gcc AR=$(ARM64)ar LD=$(ARM64)ld OBJCOPY=$(ARM64)objcopy
ARM64 = aarch64-linux-gnu-

# tests/vm/README.md; KT_VM_STRICT=1 makes a failure of what cannot be had.
check-vm: ## the tracers and more in guests of other kernels, 6.1 and 6.12, under QEMU
	$Qscripts/bootstrap vm
	$Q$(MAKE) $(parallel) --no-print-directory B=$B vm
	$Qscripts/vm/check-vm $B

check-vm-all: ## the same with every available kernel, 5.10 to 7.x
	$Qscripts/bootstrap vm
	$Q$(MAKE) $(parallel) --no-print-directory B=$B vm
	$Qscripts/vm/check-vm $B -k all

# What cannot be had is skipped, with the reason; KT_FLEET_STRICT=1 makes it a failure.
check-fleet: ## many hosts: real schedulers, hosts, engines and Prometheus, on loopback
	$QKT_BUILD=$B scripts/bootstrap fleet
	$Q$(MAKE) $(parallel) --no-print-directory B=$B all $B/static/kt $B/static/kt-suite
	$Qscripts/run-tests $B fleet

vm-shell: ## a shell in a guest: K=6.1
	$Qscripts/bootstrap vm
	$Q$(MAKE) $(parallel) --no-print-directory B=$B vm
	$Qscripts/vm/vm-shell $B $(or $K,6.1)

# One list for install and uninstall: MODE SOURCE TARGET.
bindir	   = $(PREFIX)/bin
libdir	   = $(PREFIX)/lib
libexecdir = $(PREFIX)/libexec/kt
datadir	   = $(PREFIX)/share/kt
incdir	   = $(PREFIX)/include
mandir	   = $(PREFIX)/share/man
install_list = 755:$B/kt:$(bindir)/kt 755:$B/kt-suite:$(libexecdir)/kt-suite \
	644:$B/lib/libkthread.a:$(libdir)/libkthread.a \
	755:$B/lib/libkthread.so.0:$(libdir)/libkthread.so.0 \
	644:$B/lib/kthread/kthread.pc:$(libdir)/pkgconfig/kthread.pc \
	$(foreach h,$(kthread_headers),644:$h:$(incdir)/$(h:lib/%=%)) \
	644:$B/lib/libktbench.a:$(libdir)/libktbench.a \
	644:$B/bench/harness/ktbench.pc:$(libdir)/pkgconfig/ktbench.pc \
	$(foreach h,bench.h built.h,644:$B/include/ktbench/$h:$(incdir)/ktbench/$h) \
	644:bench/targets.txt:$(datadir)/targets.txt \
	644:$B/completion/kt.bash:$(PREFIX)/share/bash-completion/completions/kt \
	644:$B/completion/_kt:$(PREFIX)/share/zsh/site-functions/_kt \
	$(foreach s,report diff,644:lib/report/$s.schema.json:$(datadir)/$s.schema.json) \
	$(foreach m,$(wildcard $(ROOMS:%=%/man/*.[1-8])),644:$m:$(mandir)/man$(subst .,,$(suffix $m))/$(notdir $m))

install: all ## install below DESTDIR and PREFIX (/usr/local)
	$Qset -e; for i in $(install_list); do IFS=:; set -- $$i; unset IFS; \
		install -D -m $$1 $$2 '$(DESTDIR)'$$3; done
	$Qln -sf libkthread.so.0 '$(DESTDIR)$(libdir)/libkthread.so'
	$Qlib/kthread/man/aliases '$(DESTDIR)$(mandir)'

uninstall: ## remove what install put there, and the directories that are kt's own
	$Qfor i in $(install_list); do rm -f '$(DESTDIR)'$${i##*:}; done
	$Qrm -f '$(DESTDIR)$(libdir)/libkthread.so'
	$Qlib/kthread/man/aliases | while read -r i page; do rm -f '$(DESTDIR)$(mandir)/man3/'$$i; done
	$Qfor i in $(libexecdir) $(datadir) $(incdir)/kthread/sched $(incdir)/kthread $(incdir)/ktbench; do \
		! [ -d '$(DESTDIR)'$$i ] || rmdir --ignore-fail-on-non-empty '$(DESTDIR)'$$i; done

dist: ## a tarball that builds without git, in build/dist/
	$Qscripts/package/dist $B $(VERSION)

deb: ## packages for Debian and Ubuntu, in build/deb/
	$Qscripts/bootstrap deb
	$Qscripts/package/build-deb $B $(VERSION)

rpm: ## packages for Fedora and its kin, in build/rpm/
	$Qscripts/bootstrap rpm
	$Qscripts/package/build-rpm $B $(VERSION)

check-package: ## the packages and static programs in root directories of Debian 11 to 13: installed, used, removed
	$QKT_BUILD=$B scripts/bootstrap package
	$Q$(MAKE) $(parallel) --no-print-directory B=$B all
	$Qscripts/run-tests $B package

ABI ?= lib/kthread/libkthread.abi
abi: $B/lib/libkthread.so.0 ## write down anew what programs linked with libkthread.so.0 rely on: after a change on purpose
	$Qscripts/package/abi $< $(kthread_headers) >$(ABI).new && mv $(ABI).new $(ABI)

clean: ## remove build/
	rm -rf $B

# Not tests/model: headers of Promela.
format: ## lay out all C sources
	git ls-files '*.c' '*.h' ':!tests/model' | xargs clang-format -i

help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | sort | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'
	@echo '  Variables: V=1 shows commands, CC=clang, B=DIR builds elsewhere, BENCH_FLAGS="--time 1s".'
