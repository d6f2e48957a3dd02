# The built-in suite: linked as objects, since each registers itself by a constructor.
suite_sources := bench/drivers/main.c bench/drivers/driver.c bench/drivers/wakeup.c \
	bench/drivers/park.c bench/drivers/create_stop.c bench/drivers/work_queue.c

# What the drivers share, for its test.
$(eval $(call archive,bench/libdriver.a,bench/drivers/driver.c))
