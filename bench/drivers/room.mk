# The built-in suite: all files here, drivers and what they share, linked as objects, since each driver registers itself by a
# constructor.
suite_sources := $(wildcard bench/drivers/*.c)
$B/kt-suite: bench/drivers

# What the suite is built with stands in its record, warnings apart.
flags_bench/drivers/main = -DKT_SUITE_FLAGS='"$(call flags_said,$(filter-out -W%,$(KT_CFLAGS) $(CFLAGS)))"'

# What the drivers share, for its test.
$(eval $(call archive,bench/libdriver.a,bench/drivers/driver.c bench/drivers/crew.c))
