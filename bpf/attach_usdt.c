// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching to the probes of programs.
 *
 * By uprobe_multi links where the kernel has them: one for all sites of a probe in a file. Their
 * programs find the arguments as those of libbpf do, in the map __bpf_usdt_specs of
 * <bpf/usdt.bpf.h>, which is filled here. Elsewhere libbpf attaches, by a perf event for each site.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/target/sites.h"

#include "bpf/tracer_impl.h"
#include "bpf/uprobe_multi.h"
#include "bpf/usdt_args.h"

/* One for each probe of each file that is attached, as its arguments and cookie differ. */
#define MAX_SPECS 2048

int attach_usdt_prepare(struct tracer *t)
{
	struct bpf_map *specs = bpf_object__find_map_by_name(t->obj, "__bpf_usdt_specs");
	struct bpf_program *p;
	int ret;

	if (!specs || !usdt_args_known() || bpf_map__value_size(specs) != sizeof(*t->spec) ||
	    feature_uprobe_multi())
		return 0;
	bpf_object__for_each_program(p, t->obj)
	{
		if (strcmp(bpf_program__section_name(p), "usdt"))
			continue;
		ret = bpf_program__set_expected_attach_type(p, UPROBE_MULTI_ATTACH_TYPE);
		if (ret)
			return ret;
	}
	ret = bpf_map__set_max_entries(specs, MAX_SPECS);
	if (ret)
		return ret;
	t->spec = calloc(MAX_SPECS, sizeof(*t->spec));
	if (!t->spec)
		return -ENOMEM;
	t->max_specs = MAX_SPECS;
	t->uprobe_multi = true;
	return 0;
}

/* Index of @spec in the map, or -errno; sites with the same one share it. */
static int spec_index(struct tracer *t, const struct usdt_spec *spec)
{
	uint32_t i;

	for (i = 0; i < t->nr_specs; i++)
		if (!memcmp(&t->spec[i], spec, sizeof(*spec)))
			return (int)i;
	if (t->nr_specs == t->max_specs)
		return -ENOSPC;
	if (bpf_map_update_elem(tracer_map_fd(t, "__bpf_usdt_specs"), &i, spec, BPF_ANY))
		return -errno;
	t->spec[i] = *spec;
	t->nr_specs++;
	return (int)i;
}

static int spec_of_site(struct tracer *t, const struct usdt_site *site, uint64_t cookie)
{
	struct usdt_spec spec;
	int ret;

	memset(&spec, 0, sizeof(spec)); /* with the holes: it is compared */
	spec.cookie = cookie;
	ret = usdt_args_parse(&spec, site->args);
	return ret ?: spec_index(t, &spec);
}

static int link_sites(struct tracer *t, int prog, const char *path, const struct usdt_site *site,
		      int nr, uint64_t cookie)
{
	uint64_t *offset = calloc((size_t)nr * 3, sizeof(*offset));
	uint64_t *semaphore = offset + nr, *index = semaphore + nr;
	int fd = offset ? 0 : -ENOMEM;

	for (int i = 0; i < nr && fd >= 0; i++) {
		fd = spec_of_site(t, &site[i], cookie);
		offset[i] = site[i].offset;
		semaphore[i] = site[i].semaphore;
		index[i] = (uint64_t)fd;
	}
	if (fd >= 0)
		fd = uprobe_multi_link(prog, &(struct uprobe_multi){ .path = path,
								     .nr = (uint32_t)nr,
								     .offset = offset,
								     .semaphore = semaphore,
								     .cookie = index });
	free(offset);
	return fd < 0 ? fd : attach_keep_fd(t, fd);
}

static int attach_multi(struct tracer *t, struct bpf_program *p, const char *path,
			const char *provider, const char *name, uint64_t cookie, char *err,
			size_t errlen)
{
	struct usdt_site *site = NULL;
	int nr = sites_read(path, provider, name, &site), ret;

	if (nr < 0)
		return error_explain(err, errlen, nr, "read the probe %s:%s", provider, name);
	ret = link_sites(t, bpf_program__fd(p), path, site, nr, cookie);
	if (ret == -ENOTSUP || ret == -EINVAL)
		error_say(
			err, errlen, ret,
			"cannot attach the probe %s:%s: its arguments or sites (\"%s\", ...) have "
			"a form that kt does not know",
			provider, name, site[0].args);
	else if (ret == -ENOSPC)
		error_say(
			err, errlen, ret,
			"cannot attach the probe %s:%s: more than %d probes of files are attached",
			provider, name, MAX_SPECS);
	else if (ret)
		error_explain(err, errlen, ret, "attach the probe %s:%s", provider, name);
	sites_free(site, nr);
	return ret;
}

int attach_usdt(struct tracer *t, const char *prog, const char *path, const char *provider,
		const char *name, uint64_t cookie, char *err, size_t errlen)
{
	struct bpf_program *p = bpf_object__find_program_by_name(t->obj, prog);
	LIBBPF_OPTS(bpf_usdt_opts, opts, .usdt_cookie = cookie);
	struct bpf_link *link;

	if (!p)
		return error_say(err, errlen, -ENOENT, "there is no program %s", prog);
	error_log_start();
	if (t->uprobe_multi)
		return attach_multi(t, p, path, provider, name, cookie, err, errlen);
	link = bpf_program__attach_usdt(p, -1, path, provider, name, &opts);
	if (!link)
		return error_explain_probe(err, errlen, -errno, provider, name);
	return attach_keep(t, link);
}
