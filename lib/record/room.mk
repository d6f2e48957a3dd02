# The record format: writer and reader, histograms as JSON; the environment, and whether it is quiet. All of the room.
$(eval $(call archive,lib/librecord.a,$(sort $(wildcard lib/record/*.c))))
# What the user built with stands in the record.
flags_lib/record/build += -DKT_BUILD_FLAGS='"$(call flags_said,$(CFLAGS))"'
