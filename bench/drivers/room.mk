# The built-in suite: linked as objects, since each registers itself by a constructor.
suite_sources := bench/drivers/main.c bench/drivers/driver.c bench/drivers/wakeup.c \
	bench/drivers/park.c bench/drivers/create_stop.c bench/drivers/work_queue.c \
	bench/drivers/crew.c bench/drivers/engines_create.c bench/drivers/engines_create_cost.c \
	bench/drivers/engines_create_cancel.c \
	bench/drivers/engines_stop_slow.c \
	bench/drivers/engines_stop_behind.c bench/drivers/engines_should_stop.c \
	bench/drivers/engines_pause.c bench/drivers/engines_queue.c bench/drivers/engines_delayed.c \
	bench/drivers/engines_stop_ends.c bench/drivers/engines_name_window.c \
	bench/drivers/engines_inheritance.c bench/drivers/odd_caller.c

# What the suite is built with stands in its record, warnings apart.
flags_bench/drivers/main = -DKT_SUITE_FLAGS='"$(subst ",,$(filter-out -W%,$(KT_CFLAGS) $(CFLAGS)))"'

# What the drivers share, for its test.
$(eval $(call archive,bench/libdriver.a,bench/drivers/driver.c bench/drivers/crew.c))
