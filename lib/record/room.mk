$(eval $(call archive,lib/librecord.a,lib/record/record.c lib/record/hist_json.c lib/record/environment.c))
