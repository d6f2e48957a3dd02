# The built-in suite: all files here, drivers and what they share, linked as objects, since each driver registers itself by a
# constructor.
suite_sources := $(wildcard bench/drivers/*.c)
$B/kt-suite: bench/drivers

# What the drivers share, for its test.
$(eval $(call archive,bench/libdriver.a,bench/drivers/driver.c bench/drivers/crew.c))
