# `kt bench`: deciding (schedule, calibrate, check), doing (child, wire_form, client, session, look, instance, measure,
# tracing, kernel_arm, kernel_module; revision and subject, what is measured), telling.
$(eval $(call archive,bench/libcontroller.a,$(addprefix bench/controller/,schedule.c calibrate.c check.c noise.c \
	interrupt.c child.c wire_form.c suite.c revision.c subject.c about.c client.c tracing.c kernel_arm.c \
	kernel_module.c session.c look.c instance.c measure.c run.c outcome.c options.c cmd_bench.c)))
