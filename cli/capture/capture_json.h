/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the capture's reader share. */
#ifndef IOSTAGE_CAPTURE_JSON_H
#define IOSTAGE_CAPTURE_JSON_H

#include <jansson.h>

#include "capture.h"

/* Where in the document: a member of an object, or an element of an array. */
struct place {
	const struct place *up;	/* NULL: this is the document */
	const char *key;
	size_t index;
};

#define MEMBER(up, key)		(&(struct place){ up, key, 0 })
#define ELEMENT(up, index)	(&(struct place){ up, NULL, index })

struct reader {
	char *err;
	size_t size;
};

/* "operations[2].stages[4].exposed: what is wrong"; returns -EPROTO. */
__attribute__((format(printf, 3, 4)))
int reader_error(const struct reader *r, const struct place *at, const char *format, ...);

/*
 * Members of object, which stands at at. 0, or -EPROTO where the member has another
 * type, is out of range, or missing. A string may be missing, it is NULL then.
 */
int read_u64(const struct reader *r, const struct place *at, const json_t *object,
	     const char *key, uint64_t *value);
int read_u32(const struct reader *r, const struct place *at, const json_t *object,
	     const char *key, uint32_t *value);
int read_bool(const struct reader *r, const struct place *at, const json_t *object,
	      const char *key, bool *value);
int read_string(const struct reader *r, const struct place *at, const json_t *object,
		const char *key, char **value);
int read_object(const struct reader *r, const struct place *at, const json_t *object,
		const char *key, const json_t **value);
int read_array(const struct reader *r, const struct place *at, const json_t *object,
	       const char *key, const json_t **value);

/* A number that stands alone. */
int read_integer(const struct reader *r, const struct place *at, const json_t *number,
		 uint64_t *value);

/* The class that op, path and outcome of object name. */
int read_class(const struct reader *r, const struct place *at, const json_t *object,
	       enum op_class *class);

/* A stage's name. */
int read_stage(const struct reader *r, const struct place *at, const json_t *name,
	       enum stage *stage);

/* The arrays "operations" and "samples" of the document. */
int read_operations(const struct reader *r, const json_t *array, struct capture *c);
int read_samples(const struct reader *r, const json_t *array, struct capture *c);

#endif
