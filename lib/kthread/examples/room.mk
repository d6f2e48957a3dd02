# Examples: every .c file here is a program of its own, build/lib/kthread/examples/NAME.
$(foreach e,$(basename $(wildcard lib/kthread/examples/*.c)),\
	$(eval $(call program,$e,$e.c,lib/libkthread.a)))
