// SPDX-License-Identifier: GPL-2.0-only
/* iostage async: the switches of the asynchronous I/O stack, and what came of them. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "async_render.h"
#include "commands.h"
#include "compare_render.h"
#include "draw.h"
#include "mechanisms.h"
#include "output.h"

#define ASYNC_FORMAT "iostage-async"
#define ASYNC_VERSION 1

enum { OPT_JSON = 256 };
enum verb { STATUS, ON, OFF, NR_VERBS };

static const char *const verbs[] = { "status", "on", "off" };

struct async_options {
	enum verb verb;
	bool json;
	const char **mechanisms; /* argc places */
	size_t nr_mechanisms;
	struct filesystems filesystems;
	bool named; /* rather than all that there are */
	char absence[512];
};

static const struct argp_option options[] = {
	{ "device", 'd', "DEVICE", 0,
	  "the ext4 on this disk, its partitions, and what is stacked on them; may be repeated",
	  0 },
	{ "json", OPT_JSON, NULL, 0, "print JSON (status)", 0 },
	{ 0 }
};

static const char doc[] =
	"Switches the mechanisms of the asynchronous I/O stack, which iostage's patches give to "
	"ext4, or says which are on and what came of them."
	"\v"
	"A MECHANISM is named as `iostage async status' lists them; all are meant where none is "
	"named. A PATH, which has a slash or begins with a dot, stands for the filesystem that it "
	"is on; all mounted ext4 filesystems are meant where none is named.\n\n"
	"Exit status: 0; 2 where iostage could not tell, or not all of it is switched as it was "
	"asked for.";

static void add_filesystems(struct argp_state *state, const char *arg,
			    int (*find)(struct filesystems *f, const char *arg, char *err,
					size_t size))
{
	struct async_options *o = state->input;
	char err[512];

	o->named = true;
	if (find(&o->filesystems, arg, err, sizeof(err)))
		argp_failure(state, EXIT_USAGE, 0, "%s", err);
}

static void parse_verb(struct argp_state *state, const char *arg)
{
	struct async_options *o = state->input;

	while (o->verb < NR_VERBS && strcmp(verbs[o->verb], arg))
		o->verb++;
	if (o->verb == NR_VERBS)
		argp_error(state, "'%s' is neither status, on nor off", arg);
}

static void parse_argument(struct argp_state *state, const char *arg)
{
	struct async_options *o = state->input;

	if (!state->arg_num)
		parse_verb(state, arg);
	else if (*arg == '.' || strchr(arg, '/'))
		add_filesystems(state, arg, filesystems_path);
	else
		o->mechanisms[o->nr_mechanisms++] = arg;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct async_options *o = state->input;

	switch (key) {
	case 'd':
		add_filesystems(state, arg, filesystems_device);
		return 0;
	case OPT_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		parse_argument(state, arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "status, on or off is missing");
		return 0;
	case ARGP_KEY_END:
		if (o->json && o->verb != STATUS)
			argp_error(state, "--json is for status only");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "status [MECHANISM...] [PATH...]\non|off [MECHANISM...] [PATH...]",
	.doc = doc,
};

/* "read, pool, light" */
static void list_mechanisms(const struct async *a, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < a->nr_switches && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s", i ? ", " : "",
				 a->switches[i].name);
}

/* What was asked for and the filesystem does not have; where it has none, what no kernel has. */
static const char *find_missing(const struct async_options *o, struct async *a)
{
	const char *missing = async_choose(a, o->mechanisms, o->nr_mechanisms);

	if (a->nr_switches)
		return missing;
	for (size_t i = 0; i < o->nr_mechanisms; i++) {
		if (!mechanism_find(o->mechanisms[i]))
			return o->mechanisms[i];
	}
	return NULL;
}

static int read_filesystem(const struct async_options *o, struct async *a,
			   const struct filesystem *fs, char *err, size_t size)
{
	int error = async_read(a, "", fs->device);
	char names[256] = "";
	const char *missing;

	if (error) {
		snprintf(err, size, "cannot read the switches of %s: %s", fs->device,
			 error == -ENOENT ? "it is no longer mounted" : strerror(-error));
		return error;
	}
	missing = find_missing(o, a);
	if (!missing)
		return 0;
	list_mechanisms(a, names, sizeof(names));
	snprintf(err, size, "the ext4 of %s has no mechanism '%s'%s%s; %s", fs->device, missing,
		 a->nr_switches ? ", but " : "", names,
		 mechanism_find(missing) ? "a newer one of iostage's patches/ has it"
					 : "a path needs a slash");
	return -EINVAL;
}

/* Of all that there are, one can be unmounted before it is looked at. */
static bool is_gone(const struct async_options *o, int error)
{
	return error == -ENOENT && !o->named;
}

static json_t *document(json_t *filesystems)
{
	return json_pack("{s:s, s:i, s:o}", "format", ASYNC_FORMAT, "version", ASYNC_VERSION,
			 "filesystems", filesystems);
}

static int status(const struct async_options *o, char *err, size_t size)
{
	json_t *filesystems = json_array();
	bool first = true;
	int error = 0;

	output_begin();
	for (size_t i = 0; !error && i < o->filesystems.nr; i++) {
		const struct filesystem *fs = &o->filesystems.fs[i];
		struct async a;

		error = read_filesystem(o, &a, fs, err, size);
		if (is_gone(o, error)) {
			error = 0;
			continue;
		}
		if (error)
			break;
		if (o->json) {
			json_array_append_new(filesystems, async_json(fs, &a, o->absence));
			continue;
		}
		if (!first)
			putchar('\n');
		first = false;
		async_text(fs, &a, o->absence, stdout);
	}
	if (error || !o->json)
		json_decref(filesystems);
	else
		error = put_json(document(filesystems), stdout);
	return error ? error : output_end(err, size);
}

static int cannot_switch(const struct filesystem *fs, const char *mechanism, int error, char *err,
			 size_t size)
{
	snprintf(err, size, "cannot switch %s of %s: %s%s", mechanism, fs->device, strerror(-error),
		 error == -EACCES || error == -EPERM ? "; it takes root" : "");
	return error;
}

/* All that can be known to fail before anything is switched. */
static int prepare(const struct async_options *o, char *err, size_t size)
{
	bool present = false;
	int error;

	for (size_t i = 0; i < o->filesystems.nr; i++) {
		const struct filesystem *fs = &o->filesystems.fs[i];
		struct async a;

		error = read_filesystem(o, &a, fs, err, size);
		if (is_gone(o, error))
			continue;
		for (size_t j = 0; !error && j < a.nr_switches; j++) {
			const struct async_switch *s = &a.switches[j];

			error = s->chosen ? async_may_switch("", fs->device, s->name) : 0;
			if (error)
				cannot_switch(fs, s->name, error, err, size);
		}
		if (error)
			return error;
		present |= a.nr_switches;
	}
	if (present)
		return 0;
	snprintf(err, size, "there is nothing to switch: %s", o->absence);
	return -ENOSYS;
}

/* What is on and cannot work, after the switching. */
static void put_obstacles_of(const struct async *a, const struct async_switch *s)
{
	char text[512];

	for (unsigned int n = 0; async_obstacle(a, s, n, text, sizeof(text)); n++)
		printf("%s: %s has no effect: %s\n", a->device, s->name, text);
}

static void put_obstacles(const struct filesystem *fs)
{
	struct async a;

	if (async_read(&a, "", fs->device))
		return;
	for (size_t i = 0; i < a.nr_switches; i++)
		if (a.switches[i].on)
			put_obstacles_of(&a, &a.switches[i]);
}

static int switch_one(const struct filesystem *fs, const char *mechanism, bool on, char *err,
		      size_t size)
{
	static const char *const state[] = { "off", "on" };
	bool was, is;
	int error;

	error = async_switch("", fs->device, mechanism, on, &was, &is);
	if (error)
		return cannot_switch(fs, mechanism, error, err, size);
	if (was == is)
		printf("%s: %s is %s, as before\n", fs->device, mechanism, state[is]);
	else
		printf("%s: %s %s %s %s\n", fs->device, mechanism, state[was], arrow(), state[is]);
	if (is == on)
		return 0;
	snprintf(err, size, "%s of %s: somebody else switched it at the same time", mechanism,
		 fs->device);
	return -EBUSY;
}

static int switch_filesystem(const struct async_options *o, const struct filesystem *fs, char *err,
			     size_t size)
{
	struct async a;
	int error;

	error = read_filesystem(o, &a, fs, err, size);
	if (is_gone(o, error))
		return 0;
	for (size_t i = 0; !error && i < a.nr_switches; i++)
		if (a.switches[i].chosen)
			error = switch_one(fs, a.switches[i].name, o->verb == ON, err, size);
	if (!error)
		put_obstacles(fs);
	return error;
}

static int switch_all(const struct async_options *o, char *err, size_t size)
{
	int error = prepare(o, err, size);

	for (size_t i = 0; !error && i < o->filesystems.nr; i++)
		error = switch_filesystem(o, &o->filesystems.fs[i], err, size);
	return error;
}

int cmd_async(int argc, char **argv)
{
	struct async_options o = { .mechanisms = calloc(argc, sizeof(*o.mechanisms)) };
	struct utsname system;
	char err[1024];
	int error = 0;

	snprintf(err, sizeof(err), "%s", strerror(ENOMEM));
	argp_err_exit_status = EXIT_USAGE;
	if (!o.mechanisms || uname(&system)) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		return EXIT_USAGE;
	}
	argp_parse(&argp, argc, argv, 0, NULL, &o);
	async_absence("", system.release, o.absence, sizeof(o.absence));
	if (!o.named)
		error = filesystems_all(&o.filesystems, err, sizeof(err));
	if (!error)
		error = (o.verb == STATUS ? status : switch_all)(&o, err, sizeof(err));
	if (error)
		fprintf(stderr, "%s: %s\n", argv[0], err);
	filesystems_free(&o.filesystems);
	free(o.mechanisms);
	return error ? EXIT_USAGE : 0;
}
