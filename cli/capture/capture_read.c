// SPDX-License-Identifier: GPL-2.0-only
/* A capture from JSON that anybody may have written. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture_json.h"

/* A recording with everything in it takes a few MiB. */
#define MAX_SIZE (64UL << 20)
#define MAX_COVERAGE 256
#define MAX_MECHANISMS 64
#define MAX_DEPTH 16
/* Together they bound the memory that a parsed document takes to a few 100 MiB. */
#define MAX_VALUES (4UL << 20)
#define MAX_MEMBERS (256UL << 10) /* and objects */

/* Before the parser allocates anything: is it nested or fragmented beyond reason? */
static int prescan(const struct reader *r, const char *text, size_t length)
{
	size_t values = 0, members = 0, depth = 0, i;
	bool quoted = false;

	for (i = 0; i < length; i++) {
		char ch = text[i];

		if (quoted) {
			if (ch == '\\')
				i++;
			else if (ch == '"')
				quoted = false;
			continue;
		}
		quoted = ch == '"';
		if (ch == '[' || ch == '{')
			depth++;
		else if ((ch == ']' || ch == '}') && depth)
			depth--;
		members += ch == '{' || ch == ':';
		values += ch == '[' || ch == '{' || ch == ',';
		if (depth > MAX_DEPTH)
			return reader_error(r, NULL, "nested deeper than any capture");
		if (values > MAX_VALUES || members > MAX_MEMBERS)
			return reader_error(r, NULL, "more values than any capture has");
	}
	return 0;
}

static int read_version(const struct reader *r, const struct place *at, const json_t *root)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	uint64_t version;
	int rc;

	if (!format || strcmp(format, CAPTURE_FORMAT))
		return reader_error(r, at, "no " CAPTURE_FORMAT ", by its \"format\"");
	rc = read_u64(r, at, root, "version", &version);
	if (rc)
		return rc;
	if (version > CAPTURE_VERSION) {
		reader_error(r, at,
			     "version %ju of the format, this iostage knows up to %d: read it with "
			     "the iostage that recorded it, or a newer one",
			     (uintmax_t)version, CAPTURE_VERSION);
		return -EPROTONOSUPPORT;
	}
	if (!version)
		return reader_error(r, MEMBER(at, "version"), "there is no version 0");
	return 0;
}

static int read_strings(const struct reader *r, const struct place *at, const json_t *object,
			const char *key, char ***strings)
{
	const json_t *array;
	size_t i;
	int rc;

	rc = read_array(r, at, object, key, &array);
	if (rc)
		return rc;
	*strings = calloc(json_array_size(array) + 1, sizeof(**strings));
	if (!*strings)
		return -ENOMEM;
	for (i = 0; i < json_array_size(array); i++) {
		const char *string = json_string_value(json_array_get(array, i));

		if (!string)
			return reader_error(r, ELEMENT(MEMBER(at, key), i), "not a string");
		(*strings)[i] = strdup(string);
		if (!(*strings)[i])
			return -ENOMEM;
	}
	return 0;
}

static int read_if_there(const struct reader *r, const struct place *at, const json_t *root,
			 const char *key, char ***strings)
{
	return json_object_get(root, key) ? read_strings(r, at, root, key, strings) : 0;
}

static int read_async(const struct reader *r, const struct place *root_at, const json_t *root,
		      struct capture *c)
{
	const struct place *at = MEMBER(root_at, "async");
	const json_t *object;
	bool present;
	int rc;

	if (!json_object_get(root, "async"))
		return 0;
	rc = read_object(r, root_at, root, "async", &object);
	if (!rc && json_array_size(json_object_get(object, "on")) > MAX_MECHANISMS)
		return reader_error(r, MEMBER(at, "on"), "more than %d", MAX_MECHANISMS);
	if (!rc)
		rc = read_bool(r, at, object, "present", &present);
	if (!rc)
		rc = read_strings(r, at, object, "on", &c->async.on);
	if (rc)
		return rc;
	if (!present && c->async.on[0])
		return reader_error(r, MEMBER(at, "on"), "something is, that is not present");
	c->async.present = present;
	return 0;
}

static int read_system(const struct reader *r, const struct place *root_at, const json_t *root,
		       struct capture *c)
{
	const struct place *at = MEMBER(root_at, "system");
	const json_t *object;
	int rc;

	rc = read_object(r, root_at, root, "system", &object);
	if (!rc)
		rc = read_string(r, at, object, "kernel", &c->system.kernel);
	if (!rc)
		rc = read_string(r, at, object, "arch", &c->system.arch);
	if (!rc)
		rc = read_string(r, at, object, "cpu", &c->system.cpu);
	if (!rc)
		rc = read_u32(r, at, object, "cpus", &c->system.cpus);
	return rc;
}

static int read_target(const struct reader *r, const struct place *root_at, const json_t *root,
		       struct capture *c)
{
	const struct place *at = MEMBER(root_at, "target");
	const json_t *object;
	bool write_cache;
	int rc;

	rc = read_object(r, root_at, root, "target", &object);
	if (!rc)
		rc = read_string(r, at, object, "device", &c->target.device);
	if (!rc)
		rc = read_string(r, at, object, "driver", &c->target.driver);
	if (!rc)
		rc = read_string(r, at, object, "filesystem", &c->target.filesystem);
	if (!rc)
		rc = read_string(r, at, object, "mount_options", &c->target.mount_options);
	if (rc || !json_object_get(object, "write_cache"))
		return rc;
	rc = read_bool(r, at, object, "write_cache", &write_cache);
	if (!rc)
		c->target.write_cache = write_cache;
	return rc;
}

static int read_calibration(const struct reader *r, const struct place *root_at, const json_t *root,
			    struct capture *c)
{
	const struct place *at = MEMBER(root_at, "calibration");
	const json_t *object;
	int rc;

	rc = read_object(r, root_at, root, "calibration", &object);
	if (!rc)
		rc = read_u64(r, at, object, "fentry", &c->calibration.fentry);
	if (!rc)
		rc = read_u64(r, at, object, "fexit", &c->calibration.fexit);
	if (!rc)
		rc = read_u64(r, at, object, "tracepoint", &c->calibration.tracepoint);
	return rc;
}

static int read_merge(const struct reader *r, const struct place *at, const json_t *object,
		      struct capture_hook *hook)
{
	struct capture_merge *m = &hook->merged[hook->nr_merged];
	enum stage into;
	int rc;

	if (!json_is_object(object))
		return reader_error(r, at, "not an object");
	if (hook->nr_merged == MAX_MERGES)
		return reader_error(r, at, "too many");
	m->into = -1;
	hook->nr_merged++; /* whatever there is of it is freed with the capture */
	rc = read_string(r, at, object, "of", &m->of);
	if (!rc)
		rc = read_string(r, at, object, "reason", &m->reason);
	if (!rc && !m->reason)
		return reader_error(r, MEMBER(at, "reason"), "missing");
	if (rc || !json_object_get(object, "merged_into"))
		return rc;
	rc = read_stage(r, MEMBER(at, "merged_into"), json_object_get(object, "merged_into"),
			&into);
	if (!rc)
		m->into = into;
	return rc;
}

static int read_hook(const struct reader *r, const struct place *at, const json_t *object,
		     struct capture_hook *hook)
{
	const json_t *also = json_object_get(object, "also");
	int rc;

	if (!json_is_object(object))
		return reader_error(r, at, "not an object");
	rc = read_string(r, at, object, "enter", &hook->enter);
	if (rc)
		return rc;
	if (hook->enter)
		rc = read_u64(r, at, object, "hits", &hook->hits);
	if (!rc && (json_object_get(object, "reason") || json_object_get(object, "merged_into")))
		rc = read_merge(r, at, object, hook);
	if (!rc && also && !json_is_array(also))
		return reader_error(r, MEMBER(at, "also"), "not an array");
	for (size_t i = 0; !rc && i < json_array_size(also); i++)
		rc = read_merge(r, ELEMENT(MEMBER(at, "also"), i), json_array_get(also, i), hook);
	if (!rc && !hook->enter && !hook->nr_merged)
		return reader_error(r, at, "neither enter nor reason");
	return rc;
}

static int read_hooks(const struct reader *r, const struct place *root_at, const json_t *root,
		      struct capture *c)
{
	const struct place *at = MEMBER(root_at, "hooks");
	const json_t *object;
	const char *key;
	json_t *value;
	int rc;

	rc = read_object(r, root_at, root, "hooks", &object);
	if (rc)
		return rc;
	json_object_foreach((json_t *)object, key, value) {
		json_t *name = json_string(key);
		enum stage stage;

		if (!name)
			return -ENOMEM;
		rc = read_stage(r, at, name, &stage);
		json_decref(name);
		if (!rc)
			rc = read_hook(r, MEMBER(at, key), value, &c->hooks[stage]);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_drops(const struct reader *r, const struct place *up, const json_t *accounting,
		      struct capture *c)
{
	const struct place *at = MEMBER(up, "drops");
	uint64_t sum = 0;
	const json_t *object;
	const char *key;
	json_t *value;
	int rc;

	rc = read_object(r, up, accounting, "drops", &object);
	if (rc)
		return rc;
	c->accounting.drops = calloc(json_object_size(object) + 1, sizeof(*c->accounting.drops));
	if (!c->accounting.drops)
		return -ENOMEM;
	json_object_foreach((json_t *)object, key, value) {
		struct capture_drop *drop = &c->accounting.drops[c->accounting.nr_drops];

		rc = read_integer(r, MEMBER(at, key), value, &drop->count);
		if (rc)
			return rc;
		if (drop->count > c->accounting.dropped - sum)
			return reader_error(r, at, "more than accounting.dropped");
		sum += drop->count;
		drop->reason = strdup(key);
		if (!drop->reason)
			return -ENOMEM;
		c->accounting.nr_drops++;
	}
	if (sum != c->accounting.dropped)
		return reader_error(r, at, "they sum up to %ju, accounting.dropped is %ju",
				    (uintmax_t)sum, (uintmax_t)c->accounting.dropped);
	return 0;
}

static int read_accounting(const struct reader *r, const struct place *root_at, const json_t *root,
			   struct capture *c)
{
	const struct place *at = MEMBER(root_at, "accounting");
	const json_t *object;
	int rc;

	rc = read_object(r, root_at, root, "accounting", &object);
	if (!rc)
		rc = read_u64(r, at, object, "seen", &c->accounting.seen);
	if (!rc)
		rc = read_u64(r, at, object, "reported", &c->accounting.reported);
	if (!rc)
		rc = read_u64(r, at, object, "dropped", &c->accounting.dropped);
	if (!rc)
		rc = read_u64(r, at, object, "in_flight", &c->accounting.in_flight);
	if (!rc)
		rc = read_u64(r, at, object, "clock_backward", &c->accounting.clock_backward);
	if (!rc)
		rc = read_u64(r, at, object, "untracked", &c->accounting.untracked);
	if (!rc)
		rc = read_u64(r, at, object, "unsynced", &c->accounting.unsynced);
	if (rc)
		return rc;
	/* each is below 2^63: the sum of two cannot overflow, that of three could */
	if (c->accounting.reported > c->accounting.seen ||
	    c->accounting.seen - c->accounting.reported !=
		    c->accounting.dropped + c->accounting.in_flight)
		return reader_error(r, at, "seen is not reported + dropped + in_flight");
	return read_drops(r, at, object, c);
}

static int read_device(const struct reader *r, const struct place *at, const json_t *object,
		       struct capture_coverage *out)
{
	int rc;

	if (!json_is_object(object))
		return reader_error(r, at, "not an object");
	rc = read_string(r, at, object, "device", &out->device);
	if (!rc && !out->device)
		return reader_error(r, at, "device: missing");
	if (!rc)
		rc = read_u64(r, at, object, "requests", &out->requests);
	if (!rc)
		rc = read_u64(r, at, object, "attributed", &out->attributed);
	if (!rc && json_object_get(object, "outside"))
		rc = read_u64(r, at, object, "outside", &out->outside);
	if (!rc && out->attributed > out->requests)
		return reader_error(r, at, "more attributed than there are");
	return rc;
}

static int read_coverage(const struct reader *r, const struct place *root_at, const json_t *root,
			 struct capture *c)
{
	const struct place *at = MEMBER(root_at, "coverage");
	const json_t *array;
	size_t i, n;
	int rc;

	rc = read_array(r, root_at, root, "coverage", &array);
	if (rc)
		return rc;
	n = json_array_size(array);
	if (n > MAX_COVERAGE)
		return reader_error(r, at, "more than %d devices", MAX_COVERAGE);
	c->coverage = calloc(n + 1, sizeof(*c->coverage));
	if (!c->coverage)
		return -ENOMEM;
	for (i = 0; i < n && !rc; i++) {
		rc = read_device(r, ELEMENT(at, i), json_array_get(array, i), &c->coverage[i]);
		c->nr_coverage++;
	}
	return rc;
}

static int read_recording(const struct reader *r, const struct place *at, const json_t *root,
			  struct capture *c)
{
	const json_t *seconds = json_object_get(root, "seconds");
	int rc;

	rc = read_string(r, at, root, "unit", &c->unit);
	if (rc)
		return rc;
	if (!c->unit || (strcmp(c->unit, "ns") && strcmp(c->unit, "insn")))
		return reader_error(r, MEMBER(at, "unit"), "neither ns nor insn");
	if (!json_is_number(seconds) || !isfinite(json_number_value(seconds)) ||
	    json_number_value(seconds) < 0)
		return reader_error(r, MEMBER(at, "seconds"), "not a time");
	c->seconds = json_number_value(seconds);
	rc = read_string(r, at, root, "detail", &c->detail);
	if (!rc)
		rc = read_string(r, at, root, "date", &c->date);
	if (!rc)
		rc = read_if_there(r, at, root, "command", &c->command);
	return rc ? rc : read_if_there(r, at, root, "filters", &c->filters);
}

static int read_document(const struct reader *r, const json_t *root, struct capture *c)
{
	const struct place at = { 0 };
	const json_t *array;
	int rc;

	c->target.write_cache = -1;
	c->async.present = -1;
	rc = read_version(r, &at, root);
	if (!rc)
		rc = read_recording(r, &at, root, c);
	if (!rc)
		rc = read_system(r, &at, root, c);
	if (!rc)
		rc = read_target(r, &at, root, c);
	if (!rc)
		rc = read_async(r, &at, root, c);
	if (!rc)
		rc = read_calibration(r, &at, root, c);
	if (!rc)
		rc = read_hooks(r, &at, root, c);
	if (!rc)
		rc = read_accounting(r, &at, root, c);
	if (!rc)
		rc = read_coverage(r, &at, root, c);
	if (!rc)
		rc = read_array(r, &at, root, "operations", &array);
	if (!rc)
		rc = read_operations(r, array, c);
	if (!rc)
		rc = read_array(r, &at, root, "samples", &array);
	return rc ? rc : read_samples(r, array, c);
}

int capture_parse(struct capture *c, const char *text, size_t length, char *err, size_t size)
{
	const struct reader r = { err, size };
	json_error_t error;
	json_t *root;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = prescan(&r, text, length);
	if (rc)
		return rc;
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (root) {
		rc = read_document(&r, root, c);
		json_decref(root);
	} else if (json_error_code(&error) == json_error_out_of_memory) {
		rc = -ENOMEM;
	} else {
		rc = reader_error(&r, NULL, "no JSON, or cut off: line %d: %s", error.line,
				  error.text);
	}
	if (rc == -ENOMEM)
		snprintf(err, size, "%s", strerror(ENOMEM));
	if (rc)
		capture_free(c);
	return rc;
}

/* All of fd: 0 or negative errno. A pipe's size is known only when it is read. */
static int read_all(int fd, char **text, size_t *length)
{
	size_t size = 0;
	ssize_t n;

	*text = NULL;
	*length = 0;
	for (;;) {
		if (*length == size) {
			char *grown;

			if (size > MAX_SIZE)
				return -EFBIG;
			size = size ? 2 * size : 64 << 10;
			if (size > MAX_SIZE)
				size = MAX_SIZE + 1;
			grown = realloc(*text, size);
			if (!grown)
				return -ENOMEM;
			*text = grown;
		}
		n = read(fd, *text + *length, size - *length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		*length += n;
	}
}

int capture_read(struct capture *c, const char *path, char *err, size_t size)
{
	char what[512], *text = NULL;
	const struct reader r = { err, size };
	size_t length = 0;
	int fd, rc;

	memset(c, 0, sizeof(*c));
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
			       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	rc = fd < 0 ? -errno : read_all(fd, &text, &length);
	if (fd >= 0)
		close(fd);
	if (rc == -EFBIG)
		snprintf(what, sizeof(what), "larger than %lu MiB, no capture is", MAX_SIZE >> 20);
	else if (rc)
		snprintf(what, sizeof(what), "%s", strerror(-rc));
	else
		rc = capture_parse(c, text, length, what, sizeof(what));
	if (rc)
		reader_error(&r, NULL, "%s: %s", path, what);
	free(text);
	return rc;
}
