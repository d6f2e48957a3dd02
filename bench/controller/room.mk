# `kt bench`: deciding (schedule, calibrate, check, join), doing (child, client, toggle, session, setup, look, part, two_sides,
# instance, measure, tracing, kernel_arm, kernel_module; revision and subject, what is measured), telling.
controller_sources := $(addprefix bench/controller/, \
	about.c \
	calibrate.c \
	check.c \
	child.c \
	client.c \
	cmd_bench.c \
	contest.c \
	instance.c \
	interrupt.c \
	join.c \
	kernel_arm.c \
	kernel_module.c \
	look.c \
	measure.c \
	noise.c \
	options.c \
	outcome.c \
	part.c \
	revision.c \
	run.c \
	schedule.c \
	session.c \
	setup.c \
	subject.c \
	suite.c \
	toggle.c \
	tracing.c \
	two_sides.c \
	wire_form.c \
	)
$(eval $(call archive,bench/libcontroller.a,$(controller_sources)))
