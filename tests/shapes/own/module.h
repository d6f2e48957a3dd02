/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SHAPES_MODULE_H
#define SHAPES_MODULE_H
/* A module is a program: it is loaded, and then unloaded. */
#define MODULE_LICENSE(text)	 _Static_assert(sizeof(text) > 1, "a licence")
#define MODULE_DESCRIPTION(text) _Static_assert(sizeof(text) > 1, "a description")

static int module_load(void);
static void module_unload(void);

#define module_init(fn)              \
	static int module_load(void) \
	{                            \
		return fn();         \
	}                            \
	struct module
#define module_exit(fn)                 \
	static void module_unload(void) \
	{                               \
		fn();                   \
	}                               \
	struct module

int main(void)
{
	int ret = module_load();

	if (ret)
		return 1;
	module_unload();
	return 0;
}
#endif
