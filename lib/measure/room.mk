$(eval $(call archive,lib/libmeasure.a,lib/measure/hist.c lib/measure/verdict.c lib/measure/tail.c lib/measure/judge.c lib/measure/looks.c lib/measure/share.c))
