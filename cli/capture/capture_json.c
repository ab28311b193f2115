// SPDX-License-Identifier: GPL-2.0-only
/* Single values of a capture, checked, with the place in every complaint. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "capture_json.h"
#include "text.h"

static size_t put_place(char *out, size_t size, const struct place *at)
{
	size_t used;

	if (!at || !at->up)
		return 0;
	used = put_place(out, size, at->up);
	if (used >= size)
		return used;
	if (at->key)
		return used + snprintf(out + used, size - used, "%s%s", used ? "." : "", at->key);
	return used + snprintf(out + used, size - used, "[%zu]", at->index);
}

int reader_error(const struct reader *r, const struct place *at, const char *format, ...)
{
	char line[512];
	size_t used;
	va_list args;

	used = put_place(line, sizeof(line) / 2, at);
	if (used >= sizeof(line) / 2)
		used = sizeof(line) / 2 - 1;
	if (used)
		used += sprintf(line + used, ": ");
	va_start(args, format);
	vsnprintf(line + used, sizeof(line) - used, format, args);
	va_end(args);
	text_escape(r->err, r->size, line);
	return -EPROTO;
}

int read_integer(const struct reader *r, const struct place *at, const json_t *number,
		 uint64_t *value)
{
	if (!json_is_integer(number))
		return reader_error(r, at, "not an integer");
	if (json_integer_value(number) < 0)
		return reader_error(r, at, "%lld is negative",
				    (long long)json_integer_value(number));
	*value = json_integer_value(number);
	return 0;
}

int read_u64(const struct reader *r, const struct place *at, const json_t *object, const char *key,
	     uint64_t *value)
{
	const json_t *number = json_object_get(object, key);

	if (!number)
		return reader_error(r, MEMBER(at, key), "missing");
	return read_integer(r, MEMBER(at, key), number, value);
}

int read_u32(const struct reader *r, const struct place *at, const json_t *object, const char *key,
	     uint32_t *value)
{
	uint64_t wide;
	int rc = read_u64(r, at, object, key, &wide);

	if (rc)
		return rc;
	if (wide > UINT32_MAX)
		return reader_error(r, MEMBER(at, key), "too large");
	*value = wide;
	return 0;
}

int read_bool(const struct reader *r, const struct place *at, const json_t *object, const char *key,
	      bool *value)
{
	const json_t *boolean = json_object_get(object, key);

	if (!json_is_boolean(boolean))
		return reader_error(r, MEMBER(at, key), "%s",
				    boolean ? "neither true nor false" : "missing");
	*value = json_is_true(boolean);
	return 0;
}

int read_string(const struct reader *r, const struct place *at, const json_t *object,
		const char *key, char **value)
{
	const json_t *string = json_object_get(object, key);

	*value = NULL;
	if (!string)
		return 0;
	if (!json_is_string(string))
		return reader_error(r, MEMBER(at, key), "not a string");
	*value = strdup(json_string_value(string));
	return *value ? 0 : -ENOMEM;
}

int read_object(const struct reader *r, const struct place *at, const json_t *object,
		const char *key, const json_t **value)
{
	*value = json_object_get(object, key);
	if (!json_is_object(*value))
		return reader_error(r, MEMBER(at, key), "%s", *value ? "not an object" : "missing");
	return 0;
}

int read_array(const struct reader *r, const struct place *at, const json_t *object,
	       const char *key, const json_t **value)
{
	*value = json_object_get(object, key);
	if (!json_is_array(*value))
		return reader_error(r, MEMBER(at, key), "%s", *value ? "not an array" : "missing");
	return 0;
}

int read_class(const struct reader *r, const struct place *at, const json_t *object,
	       enum op_class *class)
{
	const char *op = json_string_value(json_object_get(object, "op"));
	const char *path = json_string_value(json_object_get(object, "path"));
	const char *outcome = json_string_value(json_object_get(object, "outcome"));

	if (!op || !path || !outcome)
		return reader_error(r, at, "op, path and outcome are needed, as strings");
	for (*class = 0; *class < NR_CLASSES; (*class)++) {
		if (!strcmp(op, class_op[*class]) && !strcmp(path, class_path[*class]) &&
		    !strcmp(outcome, class_outcome[*class]))
			return 0;
	}
	return reader_error(r, at,
			    "unknown operation %.40s %.40s %.40s: read it with the iostage that "
			    "recorded it, or a newer one",
			    op, path, outcome);
}

int read_stage(const struct reader *r, const struct place *at, const json_t *name,
	       enum stage *stage)
{
	if (!json_is_string(name))
		return reader_error(r, at, "%s", name ? "not a string" : "missing");
	for (*stage = 0; *stage < NR_STAGES; (*stage)++) {
		if (!strcmp(json_string_value(name), stage_name[*stage]))
			return 0;
	}
	return reader_error(
		r, at,
		"unknown stage %.40s: read it with the iostage that recorded it, or a newer one",
		json_string_value(name));
}
