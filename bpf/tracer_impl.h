/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KT_BPF_TRACER_IMPL_H
#define KT_BPF_TRACER_IMPL_H
/*
 * Inside of a tracer: what the core (tracer.c, slab.c, cells.c, counts.c, process.c, attach*.c) does
 * for every kind, and what a kind (wakeup.c, park.c, work.c, workqueue.c, stop.c) adds through its
 * table of operations.
 *
 * The core resolves the options, opens and loads the skeleton, fills the settings, sizes and maps
 * the slab, keeps the set of processes, reads histograms and counters, owns all links and words
 * errors. A kind says what it is and which programs to load and attach. Every BPF object includes
 * bpf/common.bpf.h, so the core finds maps by their names there.
 *
 * Order: core opens the skeleton -> ops->open -> core fills *t->settings, sizes maps, loads the
 * skeleton, maps the slab, seeds `processes` -> (tracer_attach) core attaches follow.bpf.h's
 * programs, then ops->attach -> ops->process for each known process -> (tracer_poll) ops->process
 * for each that joined or called exec, ops->poll -> (tracer_read) ops->subject_name ->
 * (tracer_detach) links destroyed in reverse, ops->detach -> ops->close.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "bpf/cgroups.h"
#include "bpf/error.h"
#include "bpf/features.h"
#include "bpf/tracer.h"
#include "bpf/tracer_shared.h"

struct tracer;
struct bands_row;
struct episode;
struct episodes;
struct events;
struct matrix;
struct targets;
struct usdt_kind;
struct usdt_spec;

/* A skeleton of libbpf's: opened, loaded and destroyed alike, but of a type of its own. */
struct tracer_skeleton {
	int (*open)(struct tracer *t); /* sets t->skel, t->obj, t->settings */
	int (*load)(struct tracer *t); /* sets t->control; returns what __load returned */
	void (*destroy)(struct tracer *t);
};

/* TRACER_SKELETON - NAME_skeleton, of NAME.skel.h, in the file that includes it */
#define TRACER_SKELETON(name)                                   \
	static int name##_skeleton_open(struct tracer *t)       \
	{                                                       \
		struct name##_bpf *skel = name##_bpf__open();   \
                                                                \
		if (!skel)                                      \
			return -errno;                          \
		t->skel = skel;                                 \
		t->obj = skel->obj;                             \
		t->settings = &skel->rodata->settings;          \
		return 0;                                       \
	}                                                       \
                                                                \
	static int name##_skeleton_load(struct tracer *t)       \
	{                                                       \
		struct name##_bpf *skel = t->skel;              \
		int ret = name##_bpf__load(skel);               \
                                                                \
		if (!ret)                                       \
			t->control = &skel->bss->control;       \
		return ret;                                     \
	}                                                       \
                                                                \
	static void name##_skeleton_destroy(struct tracer *t)   \
	{                                                       \
		name##_bpf__destroy(t->skel);                   \
	}                                                       \
                                                                \
	static const struct tracer_skeleton name##_skeleton = { \
		.open = name##_skeleton_open,                   \
		.load = name##_skeleton_load,                   \
		.destroy = name##_skeleton_destroy,             \
	}

struct tracer_ops {
	struct tracer_kind_about about;
	const struct tracer_skeleton *skeleton;
	const struct usdt_kind *usdt; /* tables for the functions of usdt_kind.h, else NULL */
	bool stamps;	   /* reads state slots: registries of all processes that may be traced */
	uint64_t counters; /* COUNTER_BIT()s of its own; COUNTERS_ALL_KINDS are added */

	/* The skeleton is open: set autoload and the kind's own settings, allocate t->kind. */
	int (*open)(struct tracer *t, char *err, size_t errlen);
	int (*attach)(struct tracer *t, char *err, size_t errlen);
	/* The rest may be NULL. */
	void (*detach)(struct tracer *t); /* after all links are gone */
	/*
	 * A process joined, or called exec, or mapped files since (called again until it returns
	 * more than 0, a few times with growing pauses). @tgid as this process's namespace shows
	 * it. Return: more than 0 when all was found, 0 when there may be more later, or -errno.
	 */
	int (*process)(struct tracer *t, pid_t tgid, char *err, size_t errlen);
	int (*poll)(struct tracer *t);
	/*
	 * Name of a subject for the report, @size bytes; NULL: its name, then "-" and the thread id
	 * if it has one.
	 */
	void (*subject_name)(struct tracer *t, const struct tracer_subject *s, char *name,
			     size_t size);
	/* The function that @e executed, until the next call; NULL: nobody knows it. */
	const char *(*episode_func)(struct tracer *t, const struct episode *e);
	void (*close)(struct tracer *t); /* free t->kind, which is not NULL */
};

#define KIND_EXTERN(constant, symbol) extern const struct tracer_ops tracer_##symbol;
TRACER_KINDS(KIND_EXTERN)
#undef KIND_EXTERN

/* tracer_kind_ops - of kinds.c; NULL: there is no such kind */
const struct tracer_ops *tracer_kind_ops(enum tracer_kind kind);

struct tracer_known_process {
	uint32_t tgid;	   /* in the kernel's initial namespace: key of the map `processes` */
	pid_t local;	   /* as this process's namespace shows it */
	uint32_t execs;	   /* of struct tracer_process when last looked at */
	uint64_t registry; /* 0: none found */
	bool given;	   /* its registry came by tracer_add_process() */
	bool done;	   /* nothing more to find */
	uint32_t looked;   /* how often since it joined or called exec */
	uint64_t next_ns;  /* when to look again */
};

/* One of libbpf's, or the descriptor of a link that libbpf does not know. */
struct tracer_link {
	struct bpf_link *link; /* NULL: fd is it */
	int fd;
};

struct tracer {
	const struct tracer_ops *ops;
	struct tracer_opts opts; /* filter and command are copies */
	void *kind;		 /* the kind's own data */

	struct bpf_object *obj;
	void *skel;
	struct tracer_settings *settings; /* in the skeleton's rodata, until it is loaded */
	struct tracer_control *control;	  /* in the skeleton's bss, once it is loaded */
	uint32_t nr_cpus;		  /* numbers of CPUs, also those left out */
	bool attached, enabled;
	bool settled;			   /* the privilege to look at processes is given up */
	bool by_process;		   /* settings->by_process */
	bool follows;			   /* keeps the map `processes` in line with processes */
	uint64_t *cgroup_id;		   /* of opts.filter.cgroup */
	struct cgroup_hierarchy hierarchy; /* theirs, or the one of --by cgroup */

	/* attach.c, attach_usdt.c */
	struct tracer_link *link;
	uint32_t nr_links;
	bool uprobe_multi;	/* its programs for probes are loaded for that */
	struct usdt_spec *spec; /* of the map __bpf_usdt_specs; @nr_specs of @max_specs */
	uint32_t nr_specs, max_specs;
	struct bpf_link *waiting; /* of the iterator for tracer_waiting(), or NULL */
	char lacks[384];	  /* what the trace does without, one sentence; "": nothing */

	/* slab.c, cells.c */
	struct tracer_block *blocks;
	struct slab_seen *seen; /* what has been read of each, shards together */
	uint32_t nr_blocks;
	uint32_t nr_groups, nr_metrics, nr_shards, nr_cells;
	bool quiet;   /* not enabled, and no program that was is at work any more */
	int grace[2]; /* maps whose update waits for programs, see slab.c */
	uint64_t last_read_ns, last_cpu_ns;
	/* counts.c */
	uint64_t last_counter[NR_COUNTER_SLOTS];
	uint64_t last_missed, last_bpf_ns;

	/* cost.c */
	int stats_fd; /* keeps BPF run time counted, -1: not */
	uint64_t sample_start_ns;
	struct tracer_cost cost;
	struct tracer_program cost_before[TRACER_MAX_PROGRAMS]; /* at the last look */

	struct bands_row *bands;   /* bands.c; NULL: none */
	struct matrix *matrix;	   /* matrix.c; NULL: not asked for */
	struct events *events;	   /* events.c */
	struct episodes *episodes; /* episodes.c */
	tracer_each_event *on_event;
	void *on_event_arg;

	/* process.c */
	struct tracer_known_process *process;
	uint32_t nr_processes;
	uint32_t process_changes; /* value of control->process_changes last seen */
};

/* ---- for the kinds --------------------------------------------------------------------------- */

/* tracer_map_fd - a map of the object by name; negative: it has none */
static inline int tracer_map_fd(const struct tracer *t, const char *name)
{
	return bpf_object__find_map_fd_by_name(t->obj, name);
}

/*
 * attach_program - attach one program by its section name (tp_btf, raw_tp, tracepoint)
 *
 * The link belongs to @t. On failure one sentence in @err, worded from @prog, the errno and what is
 * lacking.
 */
int attach_program(struct tracer *t, const char *prog, char *err, size_t errlen);

/*
 * attach_usdt - attach @prog to provider:name in the file @path, for all processes (filter
 * by process in BPF: a probe scoped to a pid slows every context switch of its threads)
 */
int attach_usdt(struct tracer *t, const char *prog, const char *path, const char *provider,
		const char *name, uint64_t cookie, char *err, size_t errlen);

/*
 * attach_without - @ret of an attachment or a look at a process that the trace can do without
 *
 * Where it was refused (-EPERM, -EACCES) the first sentence that says so, "@costs: @err", is kept
 * for tracer_lacks(). Return: 0 then and for 0, otherwise @ret.
 */
int attach_without(struct tracer *t, int ret, const char *costs, const char *err);

/* attach_iter_once - run an iter/task program of the object once over all tasks */
int attach_iter_once(struct tracer *t, const char *prog, char *err, size_t errlen);

/* attach_waiting - for tracer_waiting(): the program find_waiting, an iterator of its object */
int attach_waiting(struct tracer *t, char *err, size_t errlen);

/* tracer_nr_subjects - groups that subjects have so far; they are 0 .. this - 1 */
uint32_t tracer_nr_subjects(const struct tracer *t);

/*
 * process_set_registry - the slots of process @tgid lie at @registry_addr; it is one of the set, or
 * any where all processes are traced
 */
int process_set_registry(struct tracer *t, pid_t tgid, uint64_t registry_addr);

/* ---- between the core's own files ------------------------------------------------------------ */

/* The skeleton is open: how its programs for probes will be attached. */
int attach_usdt_prepare(struct tracer *t);
int attach_keep(struct tracer *t, struct bpf_link *link); /* also when it fails @link is gone */
int attach_keep_fd(struct tracer *t, int fd);		  /* likewise */
void attach_undo(struct tracer *t);			  /* all links, the last one first */

int slab_size(struct tracer *t);			  /* before load */
int slab_map(struct tracer *t, char *err, size_t errlen); /* after load */
void slab_free(struct tracer *t);
uint64_t slab_clock_ns(void);	   /* CLOCK_MONOTONIC */
void slab_start(struct tracer *t); /* times and counters count from now on */
int slab_quiet(struct tracer *t);  /* when counting is off: no program is at work any more */
int slab_read(struct tracer *t, struct tracer_snapshot **s);
void slab_snapshot_free(struct tracer_snapshot *s);

void counts_start(struct tracer *t);
int counts_read(struct tracer *t, struct tracer_snapshot *s);

/* filter_load.c: opts.filter, from words to what the programs ask */
int filter_check(struct tracer *t, char *err, size_t errlen); /* do the ids exist? */
int filter_settings(struct tracer *t, char *err, size_t errlen);
int filter_sizes(struct tracer *t);			     /* of the maps, before load */
int filter_seed(struct tracer *t, char *err, size_t errlen); /* fills them */
void filter_unload(struct tracer *t);

/* descendants that are there already, once new ones are seen */
int process_seed_children(struct tracer *t, char *err, size_t errlen);
int process_look_all(struct tracer *t, char *err, size_t errlen);
/* targets_add_command() of opts.command, for whom it will run */
int process_command_files(const struct tracer *t, struct targets *files);
void process_forget_looks(struct tracer *t); /* what was found is detached: look again */
int process_add(struct tracer *t, pid_t tgid, uint64_t registry_addr);
int process_poll(struct tracer *t);
void process_free(struct tracer *t);
#endif
