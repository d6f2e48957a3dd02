# The contenders, one file each; a file lists its arm by itself, so nothing here names one, except that it needs a library.

# $(call arm_needs,ARM,MODULE): ARM.c needs the library that pkg-config knows as MODULE. Where that is missing the file is
# built without ARM_HAS_LIBRARY, and says which package would bring it.
ARM_LIBS :=
# Debian's static libuv has a name that its own pkg-config file does not know.
libuv_a = $(if $(wildcard $(shell $(PKG_CONFIG) --variable=libdir libuv)/libuv_a.a),-l:libuv_a.a,-luv)
ARM_LIBS_STATIC = $(patsubst -luv,$(libuv_a),$(if $(arm_modules),$(call pkg_libs,--static $(arm_modules))))
define arm_needs
ifeq ($$(call have,$2),yes)
flags_bench/arms/$1 := -DARM_HAS_LIBRARY $$(call pkg_cflags,$2)
ARM_LIBS += $$(call pkg_libs,$2)
arm_modules += $2
endif
endef
$(eval $(call arm_needs,libuv,libuv))
$(eval $(call arm_needs,glib,glib-2.0))

# Whole: nobody names an arm, so the linker would take none of them from an archive of single objects.
$(eval $(call whole,bench/libarms.a,$(wildcard bench/arms/*.c)))
archives += bench/libarms.a
