# What runs inside a benchmark binary, in the order of a run.
harness_sources := $(addprefix bench/harness/,question.c cpus.c settings.c state.c worker.c quick.c main.c)
$(eval $(call archive,bench/libharness.a,$(harness_sources)))

# What is installed for the benchmarks of others: one header; one archive, in which the names of theirs that it could meet
# are those of bench.h (bench_) and of the state slots, which a process has once (kthread_slot_).
$(eval $(call whole,lib/libktbench.a,$(harness_sources),lib/libmeasure.a lib/libprobe.a,\
	-w -G 'bench_*' -G 'kthread_slot_*' -G _.stapsdt.base))
all: $B/include/ktbench/bench.h $B/include/ktbench/built.h $B/bench/harness/ktbench.pc

# As installed they include each other by <ktbench/...>.
$B/include/ktbench/%.h: bench/harness/%.h
	$Qmkdir -p $(@D) && sed 's|"bench/harness/|"ktbench/|' $< >$@
