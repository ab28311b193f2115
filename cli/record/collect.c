// SPDX-License-Identifier: GPL-2.0-only
#include "collect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "calibrate.h"
#include "collector.h"

#define MAX_ATTEMPTS 32 /* more than there are rungs to give up */

/* libbpf says which program the kernel refused only in its messages. */
static char refused_program[64];

static int on_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[256], name[64];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	if (sscanf(text, "libbpf: prog '%63[^']': BPF program load failed", name) == 1 ||
	    sscanf(text, "libbpf: prog '%63[^']': failed to load", name) == 1)
		snprintf(refused_program, sizeof(refused_program), "%s", name);
	return 0;
}

static void configure(struct collector *c)
{
	struct config *config = &c->skel->rodata->config;
	const struct target *t = &c->options.target;

	config->self = target_in_container() ? 0 : getpid();
	config->read = c->options.read;
	config->fsync = c->options.fsync;
	config->tasks = (c->options.workload ? BY_TREE : 0) | (t->comm[0] ? BY_COMM : 0) |
			(t->cgroup_fd >= 0 ? BY_CGROUP : 0);
	config->by_file = t->file;
	config->tgid = t->pid;
	config->nr_devices = t->nr_devices;
	memcpy(config->devices, t->devices, sizeof(config->devices));
	memcpy(config->comm, t->comm, sizeof(config->comm));
	config->file_device = t->file_device;
	config->file_inode = t->file_inode;
	/* Linux 6.11 made the request flags an enum, and moved their bits */
	config->flush_sequence = 1U << hooks_enum_value(c->hooks, "__RQF_FLUSH_SEQ", 4);
	config->commit_record = hooks_has(c->hooks, "journal_submit_commit_record");
	config->ring_issues = hooks_has(c->hooks, "io_read_exit");
	config->journal_meta = !hooks_has(c->hooks, "finish_inode_data_enter");
}

/* The workload is the root of those that count; the cgroup filter is a map too. */
static int fill_maps(struct collector *c)
{
	const struct target *t = &c->options.target;
	uint32_t zero = 0;

	if (c->options.workload)
		c->skel->bss->members[c->options.workload] = 1;
	if (t->cgroup_fd >= 0 &&
	    bpf_map_update_elem(bpf_map__fd(c->skel->maps.cgroup), &zero, &t->cgroup_fd, BPF_ANY))
		return -errno;
	return 0;
}

static int attach(struct collector *c, const struct bpf_program **refused)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, c->skel->obj)
	{
		struct bpf_link *link;

		if (!bpf_program__autoload(program) || is_calibration(program))
			continue;
		link = bpf_program__attach(program);
		if (!link) {
			*refused = program;
			return -errno;
		}
		c->links[c->nr_links++] = link;
	}
	return 0;
}

static void detach(struct collector *c)
{
	while (c->nr_links)
		bpf_link__destroy(c->links[--c->nr_links]);
}

static void unload(struct collector *c)
{
	detach(c);
	iostage_bpf__destroy(c->skel);
	c->skel = NULL;
}

/* One attempt with the hooks that are still in the running. */
static int load_and_attach(struct collector *c, const struct bpf_program **refused)
{
	int err;

	*refused = NULL;
	refused_program[0] = '\0';
	c->skel = iostage_bpf__open();
	if (!c->skel)
		return -errno;
	err = hooks_select(c->hooks, c->skel->obj);
	if (err)
		return err;
	err = calibration_select(c->skel, c->hooks);
	if (err)
		return err;
	configure(c);
	err = iostage_bpf__load(c->skel);
	if (err) {
		*refused = bpf_object__find_program_by_name(c->skel->obj, refused_program);
		return err;
	}
	err = fill_maps(c);
	return err ? err : attach(c, refused);
}

static int explain(int error, const struct bpf_program *refused, char *err, size_t size)
{
	const char *name = refused ? bpf_program__name(refused) : NULL;

	if ((error == -EPERM || error == -EACCES) && geteuid())
		snprintf(err, size,
			 "the kernel allows no BPF for this user: run iostage as root, or "
			 "give it CAP_BPF and CAP_PERFMON (setcap cap_bpf,cap_perfmon=ep), "
			 "and CAP_SYS_ADMIN where ext4 is a module");
	else if (error == -EPERM)
		snprintf(err, size,
			 "the kernel refuses BPF programs%s%s, even to root: kernel "
			 "lockdown or a container's limits; 'iostage doctor' says more",
			 name ? ": " : "", name ? name : "");
	else if (error == -ENOENT)
		snprintf(err, size,
			 "this kernel has none of the hooks that a recording needs; "
			 "'iostage doctor' lists them");
	else
		snprintf(err, size, "cannot load the BPF programs%s%s: %s", name ? ": " : "",
			 name ? name : "", strerror(-error));
	return error;
}

/* Steps down the ladders until the kernel takes every program. */
static int climb(struct collector *c, char *err, size_t size)
{
	const struct bpf_program *refused = NULL;
	int error = -ENOENT;

	for (int i = 0; i < MAX_ATTEMPTS; i++) {
		bool again;

		error = load_and_attach(c, &refused);
		if (!error)
			return 0;
		again = refused && hooks_refused(c->hooks, refused, error);
		if (!again)
			explain(error, refused, err, size);
		unload(c);
		if (!again)
			return error;
	}
	return explain(error, NULL, err, size);
}

int collector_open(struct collector **out, const struct collect_options *o, char *err, size_t size)
{
	struct hooks_want want = { o->read, o->fsync, o->detail_layer };
	struct collector *c = calloc(1, sizeof(*c));
	int error;

	if (!c)
		return -ENOMEM;
	if (o->workload && target_in_container()) {
		error = -EINVAL;
		snprintf(err, size,
			 "inside a container its processes cannot be told apart; run iostage "
			 "outside of it");
		goto fail;
	}
	c->options = *o;
	libbpf_set_print(on_libbpf);
	c->hooks = hooks_new(&want);
	if (!c->hooks) {
		error = -errno;
		snprintf(err, size,
			 "this kernel has no BTF (/sys/kernel/btf/vmlinux: %s); it needs "
			 "CONFIG_DEBUG_INFO_BTF",
			 strerror(errno));
		goto fail;
	}
	error = climb(c, err, size);
	if (error)
		goto fail;
	hooks_settled(c->hooks);
	error = readout_open(c);
	if (!error)
		error = calibrate(c->skel, c->tally.cost);
	if (error) {
		snprintf(err, size, "cannot calibrate the hooks' cost: %s", strerror(-error));
		goto fail;
	}
	*out = c;
	return 0;
fail:
	collector_close(c);
	return error;
}

int collector_start(struct collector *c)
{
	clock_gettime(CLOCK_MONOTONIC, &c->started);
	c->skel->bss->recording = 1;
	return 0;
}

int collector_stop(struct collector *c, struct capture *out, char *err, size_t size)
{
	int error;

	c->skel->bss->recording = 0;
	clock_gettime(CLOCK_MONOTONIC, &c->stopped);
	detach(c);
	error = readout(c, out);
	if (error)
		snprintf(err, size, "cannot read the counters: %s", strerror(-error));
	return error;
}

void collector_close(struct collector *c)
{
	if (!c)
		return;
	readout_close(c);
	if (c->skel)
		unload(c);
	hooks_free(c->hooks);
	free(c);
}
