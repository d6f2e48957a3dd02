# `kt bench`, `kt selftest`: deciding (schedule, calibrate, check), doing (child, wire_form, client, session, look, instance, measure,
# tracing, kernel_arm, kernel_module; revision and subject, what is measured), telling. All files here.
$(eval $(call archive,bench/libcontroller.a,$(wildcard bench/controller/*.c)))
