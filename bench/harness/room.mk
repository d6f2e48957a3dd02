# libktbench: what a benchmark binary links. Sources in the order of a run.
$(eval $(call archive,bench/libktbench.a,bench/harness/question.c bench/harness/cpus.c \
	bench/harness/state.c bench/harness/worker.c bench/harness/quick.c bench/harness/main.c))
