// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what an fsync has acknowledged still there after the power has gone?
 *
 *	powercut layout DIRECTORY
 *	powercut write DIRECTORY OPERATIONS DM-DEVICE
 *	powercut cut LOG BASE IMAGE SEED
 *	powercut check DIRECTORY ACKNOWLEDGED...
 *
 * `layout` makes the files. `write` has threads that append to them, overwrite them and make
 * new ones, each operation followed by an fsync or fdatasync; when that has returned, a mark is
 * made in the log of the device-mapper target log-writes below. `cut` makes IMAGE what the
 * device could be if the power went at a moment that SEED chooses, from BASE, the device before
 * `write`, and LOG, the log-writes device; it prints how many operations of each thread had been
 * acknowledged by then. `check` looks whether these, and no wrong data, are there; it exits 1,
 * having said what is wrong, if not.
 *
 * What an operation does is a function of its thread and its number, so that there is no more
 * to remember. The device's cache is volatile: log-writes has each write after those that were
 * complete before the last flush was sent, and a write that is not FUA is certain only after a
 * flush. Of the others, either none is there, or a random choice, sector by sector.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 3
#define BLOCK 4096
#define SECTOR 512
#define BLOCKS 64	    /* that are overwritten, of each thread */
#define MAX_APPEND 400000   /* bytes */
#define MAX_OPERATIONS 4096 /* of a thread */

static uint64_t random_of(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15 + b + 1;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* --- what operation number n of a thread does --------------------------------------------- */

struct operation {
	enum { APPEND, OVERWRITE, CREATE, KINDS } kind;
	off_t bytes;	     /* APPEND */
	unsigned int block;  /* OVERWRITE: the first of them */
	unsigned int blocks; /* OVERWRITE */
	bool datasync;
};

static struct operation operation(unsigned int thread, unsigned int n)
{
	uint64_t r = random_of(thread, n);
	struct operation op = { .kind = r % 8 < 4 ? APPEND : r % 8 < 7 ? OVERWRITE : CREATE };

	/* Blocks, parts of them, and some that take longer than a commit's log. */
	op.bytes = (r >> 8) % 3 ? BLOCK * (1 + (r >> 16) % 4) : 1 + (r >> 16) % MAX_APPEND;
	op.block = (r >> 8) % BLOCKS;
	op.blocks = 1 + (r >> 16) % 4;
	if (op.block + op.blocks > BLOCKS)
		op.blocks = BLOCKS - op.block;
	op.datasync = op.kind != CREATE && (r >> 32) % 2;
	return op;
}

/* The files: a stream of bytes, sectors of one version each, and new files of a block. */
static int open_file(int dir, const char *what, unsigned int thread, unsigned int n, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%u.%u", what, thread, n);
	return openat(dir, name, flags, 0644);
}

static unsigned char stream(unsigned int thread, off_t at)
{
	unsigned char byte = random_of(thread, at / 8) >> (at % 8 * 8);

	return byte ? byte : 1; /* zero is what a hole has */
}

struct sector {
	uint64_t version; /* number of the operation + 1; 0 is layout's */
	uint64_t thread;
	uint64_t number;
	uint64_t filling[SECTOR / 8 - 3];
};

static void fill_block(void *block, unsigned int thread, unsigned int number, uint64_t version)
{
	struct sector *s = block;

	for (unsigned int i = 0; i < BLOCK / SECTOR; i++, s++) {
		s->version = version;
		s->thread = thread;
		s->number = number * (BLOCK / SECTOR) + i;
		for (unsigned int j = 0; j < sizeof(s->filling) / 8; j++)
			s->filling[j] = random_of(version, s->number);
	}
}

static bool sector_whole(const struct sector *s, unsigned int thread, unsigned int number)
{
	for (unsigned int j = 0; j < sizeof(s->filling) / 8; j++) {
		if (s->filling[j] != random_of(s->version, s->number))
			return false;
	}
	return s->thread == thread && s->number == number;
}

/* --- layout, write ------------------------------------------------------------------------- */

static int directory;
static const char *dm_device;
static unsigned int operations;

static void write_all(int fd, const void *data, size_t bytes, off_t at)
{
	if (pwrite(fd, data, bytes, at) != (ssize_t)bytes)
		err(2, "write");
}

static void layout(void)
{
	char block[BLOCK];

	for (unsigned int thread = 0; thread < THREADS; thread++) {
		int blocks = open_file(directory, "blocks", thread, 0, O_CREAT | O_RDWR);
		int appended = open_file(directory, "appended", thread, 0, O_CREAT | O_RDWR);

		if (blocks < 0 || appended < 0)
			err(2, "cannot make the files");
		for (unsigned int i = 0; i < BLOCKS; i++) {
			fill_block(block, thread, i, 0);
			write_all(blocks, block, BLOCK, (off_t)i * BLOCK);
		}
	}
	sync();
}

/* In the log, at once: thread has had n operations acknowledged. */
static void mark(int control, unsigned int thread, unsigned int n)
{
	struct {
		struct dm_ioctl dm;
		struct dm_target_msg message;
		char text[64];
	} m = { 0 };

	m.dm.version[0] = 4;
	m.dm.data_size = sizeof(m);
	m.dm.data_start = sizeof(m.dm);
	snprintf(m.dm.name, sizeof(m.dm.name), "%s", dm_device);
	snprintf(m.text, sizeof(m.text), "mark %u.%u", thread, n);
	if (ioctl(control, DM_TARGET_MSG, &m))
		err(2, "cannot mark the log of %s", dm_device);
}

static void *write_thread(void *argument)
{
	unsigned int thread = (uintptr_t)argument;
	int blocks = open_file(directory, "blocks", thread, 0, O_RDWR);
	int appended = open_file(directory, "appended", thread, 0, O_RDWR);
	int control = open("/dev/mapper/control", O_RDWR);
	unsigned char *data = malloc(MAX_APPEND);
	off_t size = 0;

	if (blocks < 0 || appended < 0 || control < 0 || !data)
		err(2, "thread %u", thread);
	for (unsigned int n = 0; n < operations; n++) {
		struct operation op = operation(thread, n);
		int fd = op.kind == APPEND ? appended : blocks;

		switch (op.kind) {
		case APPEND:
			for (off_t i = 0; i < op.bytes; i++)
				data[i] = stream(thread, size + i);
			write_all(fd, data, op.bytes, size);
			size += op.bytes;
			break;
		case OVERWRITE:
			for (unsigned int i = 0; i < op.blocks; i++)
				fill_block(data + (size_t)i * BLOCK, thread, op.block + i, n + 1);
			write_all(fd, data, (size_t)op.blocks * BLOCK, (off_t)op.block * BLOCK);
			break;
		default:
			fd = open_file(directory, "new", thread, n, O_CREAT | O_EXCL | O_RDWR);
			if (fd < 0)
				err(2, "cannot make a new file");
			fill_block(data, thread, n, n + 1);
			write_all(fd, data, BLOCK, 0);
		}
		if (op.datasync ? fdatasync(fd) : fsync(fd))
			err(2, "sync");
		mark(control, thread, n + 1);
		if (op.kind == CREATE)
			close(fd);
	}
	free(data);
	return NULL;
}

static void write_everything(void)
{
	pthread_t thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(&thread[i], NULL, write_thread, (void *)i))
			errx(2, "cannot start a thread");
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* --- cut ----------------------------------------------------------------------------------- */

/* Of log-writes, see the kernel's drivers/md/dm-log-writes.c; little-endian. */
#define LOG_MAGIC 0x6a736677736872ULL
enum { LOG_FLUSH = 1, LOG_FUA = 2, LOG_DISCARD = 4, LOG_MARK = 8 };

struct log_super {
	uint64_t magic;
	uint64_t version;
	uint64_t nr_entries;
	uint32_t sectorsize;
};

struct log_entry {
	uint64_t sector;
	uint64_t nr_sectors;
	uint64_t flags;
	uint64_t data_len;
};

struct entry {
	off_t data; /* in the log */
	uint64_t sector, sectors, flags;
	unsigned int thread, acknowledged; /* LOG_MARK */
};

static void read_all(int fd, void *data, size_t bytes, off_t at)
{
	if (pread(fd, data, bytes, at) != (ssize_t)bytes)
		err(2, "read");
}

static struct entry *read_log(int log, uint64_t *entries)
{
	char buffer[SECTOR];
	struct log_super super;
	struct entry *entry;
	off_t at = SECTOR;

	read_all(log, &super, sizeof(super), 0);
	if (le64toh(super.magic) != LOG_MAGIC || le32toh(super.sectorsize) != SECTOR)
		errx(2, "not a log of log-writes with sectors of %d bytes", SECTOR);
	*entries = le64toh(super.nr_entries);
	entry = calloc(*entries, sizeof(*entry));
	if (!entry)
		err(2, NULL);
	for (uint64_t i = 0; i < *entries; i++) {
		struct log_entry *e = (void *)buffer;

		read_all(log, buffer, SECTOR, at);
		at += SECTOR;
		entry[i].data = at;
		entry[i].sector = le64toh(e->sector);
		entry[i].sectors = le64toh(e->nr_sectors);
		entry[i].flags = le64toh(e->flags);
		if (entry[i].flags & LOG_MARK) {
			entry[i].thread = THREADS;
			sscanf((char *)(e + 1), "%u.%u", &entry[i].thread, &entry[i].acknowledged);
		}
		if (!(entry[i].flags & LOG_DISCARD))
			at += (off_t)entry[i].sectors * SECTOR;
	}
	return entry;
}

/* All of it if seed is 0, or else some of its sectors. */
static void apply(int log, int image, const struct entry *e, uint64_t seed)
{
	char sector[SECTOR];

	if (e->flags & (LOG_DISCARD | LOG_MARK))
		return;
	/* Many writes are whole or not there at all; others are torn. */
	if (seed && random_of(seed, e->data) % 3 == 0)
		return;
	for (uint64_t i = 0; i < e->sectors; i++) {
		if (seed && random_of(seed, e->data) % 3 == 1 && random_of(seed, e->data + i) % 2)
			continue;
		read_all(log, sector, SECTOR, e->data + (off_t)i * SECTOR);
		write_all(image, sector, SECTOR, (off_t)(e->sector + i) * SECTOR);
	}
}

static void copy(const char *from, int image)
{
	static char buffer[1 << 20];
	int base = open(from, O_RDONLY);
	ssize_t bytes;

	if (base < 0)
		err(2, "%s", from);
	while ((bytes = read(base, buffer, sizeof(buffer))) > 0) {
		if (write(image, buffer, bytes) != bytes)
			err(2, "write");
	}
	close(base);
}

/*
 * The power goes after entry `last`. What is before the last flush is on the medium, and so is
 * what is FUA. If the next entry is a flush that was never over, all before it was in the cache.
 */
static void cut(const char *log_name, const char *base, const char *image_name, uint64_t seed)
{
	unsigned int acknowledged[THREADS] = { 0 };
	int log = open(log_name, O_RDONLY), image;
	uint64_t entries, last, flushed = 0;
	struct entry *entry;
	bool cached;

	image = open(image_name, O_CREAT | O_TRUNC | O_RDWR, 0644);
	if (log < 0 || image < 0)
		err(2, "%s", log < 0 ? log_name : image_name);
	entry = read_log(log, &entries);
	copy(base, image);
	last = random_of(seed, 0) % entries;
	cached = last + 1 < entries && entry[last + 1].flags & LOG_FLUSH;
	for (uint64_t i = 0; i <= last; i++) {
		if (entry[i].flags & LOG_FLUSH)
			flushed = i;
		if (entry[i].flags & LOG_MARK && entry[i].thread < THREADS)
			acknowledged[entry[i].thread] = entry[i].acknowledged;
	}
	for (uint64_t i = 0; i <= last; i++) {
		if (i < flushed || entry[i].flags & LOG_FUA)
			apply(log, image, &entry[i], 0);
		else if (cached)
			apply(log, image, &entry[i], seed);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		printf("%u%c", acknowledged[i], i + 1 < THREADS ? ' ' : '\n');
	free(entry);
}

/* --- check --------------------------------------------------------------------------------- */

static int wrong;

#define WRONG(...) (warnx(__VA_ARGS__), wrong = 1)

/* What is beyond `size` was not acknowledged: it may be missing, or zeros, but nothing else. */
static void check_appended(unsigned int thread, off_t size)
{
	int fd = open_file(directory, "appended", thread, 0, O_RDONLY);
	static unsigned char buffer[1 << 16];
	off_t at = 0;
	ssize_t bytes;

	while ((bytes = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		for (ssize_t i = 0; i < bytes; i++, at++) {
			if (buffer[i] == stream(thread, at) || (!buffer[i] && at >= size))
				continue;
			WRONG("appended.%u: wrong at %ld of %ld acknowledged bytes: %02x", thread,
			      (long)at, (long)size, buffer[i]);
			return;
		}
	}
	if (at < size)
		WRONG("appended.%u: %ld bytes of %ld acknowledged", thread, (long)at, (long)size);
}

static void check_block(int fd, const char *what, unsigned int thread, unsigned int number,
			off_t at, uint64_t version)
{
	struct sector s[BLOCK / SECTOR];

	if (pread(fd, s, BLOCK, at) != BLOCK) {
		WRONG("%s.%u: no block %u", what, thread, number);
		return;
	}
	for (unsigned int i = 0; i < BLOCK / SECTOR; i++) {
		if (!sector_whole(&s[i], thread, number * (BLOCK / SECTOR) + i) ||
		    s[i].version < version)
			WRONG("%s.%u: block %u has version %ju, not %ju", what, thread, number,
			      (uintmax_t)s[i].version, (uintmax_t)version);
	}
}

static void check(unsigned int thread, unsigned int acknowledged)
{
	int blocks = open_file(directory, "blocks", thread, 0, O_RDONLY);
	uint64_t version[BLOCKS] = { 0 };
	off_t size = 0;

	for (unsigned int n = 0; n < acknowledged; n++) {
		struct operation op = operation(thread, n);
		int fd;

		switch (op.kind) {
		case APPEND:
			size += op.bytes;
			break;
		case OVERWRITE:
			for (unsigned int i = 0; i < op.blocks; i++)
				version[op.block + i] = n + 1;
			break;
		default:
			fd = open_file(directory, "new", thread, n, O_RDONLY);
			check_block(fd, "new", thread, n, 0, n + 1);
			close(fd);
		}
	}
	check_appended(thread, size);
	for (unsigned int i = 0; i < BLOCKS; i++)
		check_block(blocks, "blocks", thread, i, (off_t)i * BLOCK, version[i]);
}

static void enter(const char *name)
{
	directory = open(name, O_RDONLY | O_DIRECTORY);
	if (directory < 0)
		err(2, "%s", name);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "layout") && argc == 3) {
		enter(argv[2]);
		layout();
	} else if (!strcmp(command, "write") && argc == 5) {
		enter(argv[2]);
		operations = strtoul(argv[3], NULL, 0);
		dm_device = argv[4];
		write_everything();
	} else if (!strcmp(command, "cut") && argc == 6) {
		cut(argv[2], argv[3], argv[4], strtoull(argv[5], NULL, 0));
	} else if (!strcmp(command, "check") && argc == 3 + THREADS) {
		enter(argv[2]);
		for (unsigned int i = 0; i < THREADS; i++)
			check(i, strtoul(argv[3 + i], NULL, 0));
	} else {
		errx(2, "usage: see the head of powercut.c");
	}
	return wrong;
}
