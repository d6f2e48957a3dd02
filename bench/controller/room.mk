# `kt bench`, `kt selftest`: deciding (schedule, calibrate, check), doing (child, client, session, instance, measure, tracing, kernel_arm,
# kernel_module), telling.
$(eval $(call archive,bench/libcontroller.a,$(addprefix bench/controller/,schedule.c calibrate.c check.c noise.c \
	interrupt.c child.c suite.c about.c client.c tracing.c kernel_arm.c kernel_module.c session.c instance.c \
	measure.c run.c outcome.c options.c cmd_bench.c \
	hog.c selftest.c selftest_rounds.c selftest_store.c cmd_selftest.c)))
