# `kt bench`: deciding (schedule, calibrate, check, join), doing (child, client, toggle, session, setup, look, part, two_sides,
# instance, measure, tracing, kernel_arm, kernel_module), telling.
$(eval $(call archive,bench/libcontroller.a,$(addprefix bench/controller/,schedule.c calibrate.c check.c noise.c \
	interrupt.c child.c suite.c about.c client.c tracing.c kernel_arm.c kernel_module.c toggle.c join.c session.c setup.c \
	look.c part.c two_sides.c instance.c measure.c run.c outcome.c options.c cmd_bench.c)))
