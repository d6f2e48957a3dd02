# `kt bench`: deciding (schedule, calibrate, check), doing (child, client, session, look, instance, measure, tracing, kernel_arm,
# kernel_module), telling.
controller_sources := $(addprefix bench/controller/, \
	about.c \
	calibrate.c \
	check.c \
	child.c \
	client.c \
	cmd_bench.c \
	instance.c \
	interrupt.c \
	kernel_arm.c \
	kernel_module.c \
	look.c \
	measure.c \
	noise.c \
	options.c \
	outcome.c \
	run.c \
	schedule.c \
	session.c \
	suite.c \
	tracing.c \
	wire_form.c \
	)
$(eval $(call archive,bench/libcontroller.a,$(controller_sources)))
