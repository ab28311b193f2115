// SPDX-License-Identifier: GPL-2.0-only
/* iostage record: attaches, lets the workload run, prints and writes what was found. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "commands.h"
#include "draw.h"
#include "loop.h"
#include "record_options.h"
#include "output.h"
#include "render.h"

struct recording {
	struct record_options options;
	char **command; /* iostage's own; argp reorders argv */
	struct loop loop;
	struct workload workload;
	struct collector *collector;
	struct capture capture;
	uint64_t operations; /* at the last tick, for the rate */
	const char *unit;    /* of this kernel's clock */
	char err[512];
};

static bool to_stdout(const char *output)
{
	return !strcmp(output, "-");
}

/* The directory that the capture appears in; a link stays a link. */
static int check_directory(const char *output, char *err, size_t size)
{
	char *real = realpath(output, NULL), *path = real ? real : strdup(output);
	const char *directory = path ? dirname(path) : ".";
	int error = 0;

	if (eaccess(directory, W_OK | X_OK)) {
		error = errno;
		snprintf(err, size, "cannot write %s: directory %s: %s; -o names another file",
			 output, directory, strerror(error));
	}
	free(path);
	return -error;
}

/* Said before anything is attached, not after an hour of recording. */
static int check_output(const char *output, char *err, size_t size)
{
	struct stat st;
	int error = 0;

	if (to_stdout(output))
		return 0;
	if (!*output)
		error = ENOENT;
	else if (stat(output, &st) || S_ISREG(st.st_mode))
		return check_directory(output, err, size);
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (eaccess(output, W_OK))
		error = errno;
	if (error)
		snprintf(err, size, "cannot write '%s': %s; -o names another file", output,
			 strerror(error));
	return -error;
}

static char **copy_command(int argc, char **argv)
{
	char **copy = calloc(argc + 2, sizeof(*copy));
	int i;

	if (!copy)
		return NULL;
	copy[0] = strdup("iostage");
	copy[1] = strdup("record");
	for (i = 1; i < argc; i++)
		copy[i + 1] = strdup(argv[i]);
	return copy;
}

/*
 * Those by which another recording can be told to be of something else: a process ID is another one
 * each time, and the device is known otherwise. NULL: none, or no memory for them.
 */
static char **copy_filters(const struct record_options *o)
{
	const char *comm = o->collect.target.comm;
	const struct {
		const char *name, *value;
	} given[] = {
		{ "comm", *comm ? comm : NULL },
		{ "cgroup", o->cgroup },
		{ "file", o->file },
	};
	size_t n = sizeof(given) / sizeof(*given), nr = 0;
	char **copy = calloc(n + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < n; i++) {
		if (given[i].value &&
		    asprintf(&copy[nr], "%s=%s", given[i].name, given[i].value) >= 0)
			nr++;
	}
	if (nr)
		return copy;
	free(copy);
	return NULL;
}

/* The workload is the filter where nothing else says whose operations are meant. */
static int fork_workload(struct recording *r)
{
	struct collect_options *c = &r->options.collect;
	int error;

	if (!r->options.workload)
		return 0;
	error = workload_fork(&r->workload, r->options.workload, r->err, sizeof(r->err));
	if (error || c->target.pid || c->target.cgroup_fd >= 0)
		return error;
	if (!target_in_container()) {
		c->workload = r->workload.pid;
	} else if (!c->target.comm[0]) {
		snprintf(r->err, sizeof(r->err),
			 "inside a container the command's processes cannot be told apart; run "
			 "iostage outside of it, or name them with -c or --cgroup");
		return -EINVAL;
	}
	return 0;
}

/* All that can fail before anything is counted. */
static int prepare(struct recording *r)
{
	struct record_options *o = &r->options;
	int error;

	error = loop_open(&r->loop, r->err, sizeof(r->err));
	if (!error)
		error = check_output(o->output, r->err, sizeof(r->err));
	if (!error)
		error = fork_workload(r);
	if (!error && o->collect.target.pid)
		error = loop_watch_process(&r->loop, o->collect.target.pid, r->err, sizeof(r->err));
	if (!error)
		error = collector_open(&r->collector, &o->collect, r->err, sizeof(r->err));
	if (error)
		return error;
	r->loop.fd[LOOP_WORKLOAD] = r->workload.pidfd;
	return 0;
}

static int start(struct recording *r)
{
	int error = collector_start(r->collector);

	if (!error)
		error = loop_set_timer(&r->loop, LOOP_COLLECTOR, COLLECT_INTERVAL, true);
	if (!error && isatty(STDERR_FILENO))
		error = loop_set_timer(&r->loop, LOOP_TICK, 1, true);
	if (!error && r->options.seconds)
		error = loop_set_timer(&r->loop, LOOP_DURATION, r->options.seconds, false);
	if (error)
		snprintf(r->err, sizeof(r->err), "cannot start: %s", strerror(-error));
	else if (r->workload.pid)
		error = workload_start(&r->workload, r->err, sizeof(r->err));
	return error;
}

static void show_progress(struct recording *r)
{
	struct collect_progress p = { 0 };
	char p50[DRAW_NUMBER];
	struct scale scale;

	collector_progress(r->collector, &p);
	scale = scale_for(r->unit, p.p50);
	fprintf(stderr,
		"\r%" PRIu64 " operations   %" PRIu64 "/s   p50 %s %s   %" PRIu64 " dropped\033[K",
		p.operations, p.operations - r->operations, scale_format(&scale, p.p50, p50),
		scale.unit, p.dropped);
	r->operations = p.operations;
}

/* Until something ends it; says what. */
static int run(struct recording *r)
{
	int event;

	do {
		event = loop_next(&r->loop, &r->workload);
		if (event == LOOP_TICK)
			show_progress(r);
		else if (event == LOOP_COLLECTOR)
			collector_poll(r->collector);
	} while (event == LOOP_TICK || event == LOOP_COLLECTOR);
	if (r->loop.fd[LOOP_TICK] >= 0)
		fprintf(stderr, "\r\033[K");
	return event;
}

/* The recording is over, the workload may not be: it still gets the signals. */
static void wait_for_workload(struct recording *r)
{
	struct loop rest = r->loop;

	rest.fd[LOOP_DURATION] = rest.fd[LOOP_TICK] = rest.fd[LOOP_COLLECTOR] = -1;
	rest.fd[LOOP_TARGET] = -1;
	while (r->workload.pid && loop_next(&rest, &r->workload) == LOOP_SIGNAL)
		;
	workload_wait(&r->workload);
}

static void explain_nothing(const struct recording *r)
{
	const struct collect_options *o = &r->options.collect;
	const struct target *t = &o->target;
	bool filtered = t->pid || t->comm[0] || t->nr_devices || t->cgroup_fd >= 0 || t->file;
	const char *what = !o->fsync ? "read" : !o->read ? "fsync" : "read or fsync";

	fprintf(stderr, "iostage record: no %s was seen", what);
	if (filtered)
		fprintf(stderr, " that the filters let through");
	else if (o->workload)
		fprintf(stderr, " of the command or its descendants");
	fprintf(stderr,
		"; only regular files, directories that are synced, and block devices count, on "
		"filesystems that have a block device (not tmpfs, overlay, network "
		"filesystems), and only system calls and io_uring (not libaio, mmap, 32-bit "
		"programs)\n");
}

static int print(const struct recording *r, char *err, size_t size)
{
	if (r->options.json || to_stdout(r->options.output))
		return capture_write(&r->capture, "-", err, size);
	output_begin();
	if (r->capture.accounting.seen || r->capture.nr_coverage)
		render_text(&r->capture, stdout);
	return output_end(err, size);
}

/* The capture is written first: whatever comes later, it is not lost. */
static int finish(struct recording *r, int event)
{
	char unprinted[sizeof(r->err)];
	int error;

	error = collector_stop(r->collector, &r->capture, r->err, sizeof(r->err));
	if (error)
		return error;
	r->capture.command = r->command;
	r->command = NULL;
	r->capture.filters = copy_filters(&r->options);
	if (!to_stdout(r->options.output))
		error = capture_write(&r->capture, r->options.output, r->err, sizeof(r->err));
	/* Asked to end, the workload may have something to say; its word comes before ours. */
	if (event == LOOP_SIGNAL)
		wait_for_workload(r);
	if (!r->capture.accounting.seen)
		explain_nothing(r);
	/* Also where the capture could not be written: it is all that is left of the recording. */
	if (print(r, unprinted, sizeof(unprinted)) && !error) {
		memcpy(r->err, unprinted, sizeof(r->err));
		error = -EIO;
	}
	return error;
}

static void close_recording(struct recording *r)
{
	char **word;

	collector_close(r->collector);
	workload_close(&r->workload);
	loop_close(&r->loop);
	target_close(&r->options.collect.target);
	capture_free(&r->capture);
	for (word = r->command; word && *word; word++)
		free(*word);
	free(r->command);
}

int cmd_record(int argc, char **argv)
{
	struct recording r = {
		.unit = clock_unit(),
		.workload = { .pidfd = -1, .socket = -1 },
	};
	int error, status = 0;

	r.command = copy_command(argc, argv);
	record_options_parse(&r.options, argc, argv);
	error = prepare(&r);
	if (!error)
		error = start(&r);
	if (!error)
		error = finish(&r, run(&r));
	else
		status = r.workload.status; /* 126 or 127 where it could not be run */
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], r.err);
	if (r.workload.socket < 0) /* it has been let go */
		wait_for_workload(&r);
	if (!error)
		status = r.workload.status;
	else if (!status)
		status = EXIT_USAGE;
	close_recording(&r);
	return status;
}
