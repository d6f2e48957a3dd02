$(eval $(call archive,lib/libmeasure.a,$(wildcard lib/measure/*.c)))
