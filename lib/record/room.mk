# The record format: writer and reader, histograms as JSON, the environment.
$(eval $(call archive,lib/librecord.a,lib/record/record.c lib/record/read.c lib/record/input.c lib/record/field.c lib/record/named.c \
	lib/record/hist_json.c lib/record/header.c lib/record/question.c lib/record/sides.c lib/record/beside.c lib/record/block.c lib/record/instance.c lib/record/layout.c lib/record/trace.c lib/record/wakes.c lib/record/event.c lib/record/selftest.c \
	lib/record/build.c lib/record/environment.c lib/record/doctor.c))
# What the user built with stands in the record.
flags_lib/record/build += -DKT_BUILD_FLAGS='"$(subst ",,$(CFLAGS))"'
