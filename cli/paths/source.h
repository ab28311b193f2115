/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is read: a scratch file in a directory, a file, or a block device. Only the scratch file,
 * which has no name and is gone with the process, is ever written.
 */
#ifndef IOSTAGE_SOURCE_H
#define IOSTAGE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum source_kind { SOURCE_DIRECTORY, SOURCE_FILE, SOURCE_DEVICE };

struct source {
	enum source_kind kind;
	const char *path;	/* as the user named it */
	int fd;			/* for reading; the scratch file's for writing, too */
	uint64_t size;		/* bytes that may be read: no more than SOURCE_SPAN */
	uint64_t end;		/* of the file or device */
	uint32_t device;	/* kernel dev_t, of the filesystem or the device itself; 0: none */
	unsigned int block;	/* a direct read's offset and length are multiples of it */
	char disk[64];		/* the device's name in sysfs; "": unknown */
	/* NVMe passthrough, of a device: */
	int passthru;		/* its character device; -1: there is none */
	uint32_t nsid;
	char no_passthru[160];	/* why there is none */
};

#define SOURCE_LEAST	(256 << 10)	/* a file or device has to be that long */
#define SOURCE_SPAN	(1ULL << 30)	/* and no more of it is read */

/*
 * path: NULL for the current directory. scratch: the size of the scratch file.
 * 0 or negative errno; err gets one line for a person.
 */
int source_open(struct source *s, const char *path, uint64_t scratch, char *err, size_t size);
void source_close(struct source *s);

/* The same file or device for another use, with flags of open(2): descriptor or negative errno. */
int source_reopen(const struct source *s, int flags);

/* Drops its pages from the page cache; how many bytes of it are still there, or -1: unknown. */
int64_t source_evict(const struct source *s);

/* How many bytes of it are in the page cache; -1: the kernel does not say. */
int64_t source_cached(const struct source *s);

#endif
