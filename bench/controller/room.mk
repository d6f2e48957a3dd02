# `kt bench`, `kt selftest`: deciding (schedule, calibrate, check, join), doing (child, wire_form, client, toggle, session, setup, look, again,
# part, two_sides, instance, measure, tracing, kernel_arm, kernel_module; revision, subject and contest, what is measured), telling.
# All files here.
$(eval $(call archive,bench/libcontroller.a,$(wildcard bench/controller/*.c)))
