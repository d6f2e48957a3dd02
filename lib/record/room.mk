# The record format: writer and reader, histograms as JSON, the environment.
$(eval $(call archive,lib/librecord.a,lib/record/record.c lib/record/hist_json.c lib/record/environment.c))
# What the user built with stands in the record.
flags_lib/record/environment = -DKT_BUILD_FLAGS='"$(subst ",,$(CFLAGS))"'
