// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what an fsync has acknowledged still there after the power has gone?
 *
 *	powercut layout DIRECTORY
 *	powercut write DIRECTORY ROUND OPERATIONS DM-DEVICE
 *	powercut points LOG
 *	powercut cut LOG BASE IMAGE CUT
 *	powercut check DIRECTORY ROUND ACKNOWLEDGED...
 *
 * `layout` makes the files. `write` has threads that append to them, fill what has its blocks
 * already, overwrite them and make new ones, each operation followed by an fsync or fdatasync; when
 * that has returned, a mark is made in the log of the device-mapper target log-writes below.
 * `points` prints how many writes of LOG, the log-writes device, are a flush or FUA, and its length
 * in bytes. `cut` makes IMAGE what the device could be if the power went, from BASE, the device
 * before `write`, and LOG: with an even CUT just after the point number CUT / 2, and with the odd one
 * after it, between this point and the next; it prints how many operations of each thread had been
 * acknowledged by then. `check` looks whether these, and no wrong data, are there; it exits 1, having
 * said what is wrong, if not.
 *
 * What an operation does is a function of the round, its thread and its number, so that there is
 * no more to remember. The device's cache is volatile: log-writes has each write after those that
 * were complete before the last flush was sent, and a write that is not FUA is certain only after
 * a flush. Of the others, either none is there, or a random choice, sector by sector.
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 3
#define BLOCK 4096
#define SECTOR 512
#define BLOCKS 64	    /* that are overwritten, of each thread */
#define MAX_APPEND 400000   /* bytes, at most */
#define ALLOTTED (1 << 20)  /* bytes with blocks that are not written yet, of each thread */
#define MAX_WRITE (1 << 20) /* bytes that are copied from the log at once */
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
	enum { APPEND, FILL, STREAMS, OVERWRITE = STREAMS, CREATE } kind;
	off_t bytes;	     /* APPEND, FILL */
	unsigned int block;  /* OVERWRITE: the first of them */
	unsigned int blocks; /* OVERWRITE */
	bool datasync;
};

static unsigned int round_number;

static struct operation operation(unsigned int thread, unsigned int n)
{
	uint64_t r = random_of((uint64_t)round_number * THREADS + thread, n);
	static const int kinds[] = { APPEND, APPEND,	APPEND,	   FILL,
				     FILL,   OVERWRITE, OVERWRITE, CREATE };
	struct operation op = { .kind = kinds[r % 8] };

	/* Blocks, parts of them, and some that take longer than a commit's log. */
	op.bytes = (r >> 8) % 6 ? BLOCK * (1 + (r >> 16) % 4) : 1 + (r >> 16) % MAX_APPEND;
	if (op.kind == FILL)
		op.bytes = 1 + op.bytes % (2 * BLOCK);
	op.block = (r >> 8) % BLOCKS;
	op.blocks = 1 + (r >> 16) % 4;
	if (op.block + op.blocks > BLOCKS)
		op.blocks = BLOCKS - op.block;
	op.datasync = op.kind != CREATE && (r >> 32) % 2;
	return op;
}

/* The files: streams of bytes, sectors of one version each, and new files of a block. */
static const char *const stream_name[STREAMS] = { "appended", "allotted" };

static int open_file(int dir, const char *what, unsigned int thread, unsigned int n, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.%u.%u", what, thread, n);
	return openat(dir, name, flags, 0644);
}

/* No byte is zero, which is what a hole has, and what was never written. */
static void fill_stream(unsigned char *data, off_t bytes, int kind, unsigned int thread, off_t at)
{
	while (bytes) {
		uint64_t word = random_of(kind * THREADS + thread, at / 8) | 0x0101010101010101;
		off_t first = at % 8, part = bytes < 8 - first ? bytes : 8 - first;

		word = htole64(word);
		memcpy(data, (unsigned char *)&word + first, part);
		data += part;
		at += part;
		bytes -= part;
	}
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
		int allotted = open_file(directory, "allotted", thread, 0, O_CREAT | O_RDWR);

		if (blocks < 0 || appended < 0 || fallocate(allotted, 0, 0, ALLOTTED))
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
	int control = open("/dev/mapper/control", O_RDWR);
	unsigned char *data = malloc(MAX_APPEND);
	off_t size[STREAMS] = { 0 };
	int stream[STREAMS];

	for (int kind = 0; kind < STREAMS; kind++)
		stream[kind] = open_file(directory, stream_name[kind], thread, 0, O_RDWR);
	if (blocks < 0 || stream[APPEND] < 0 || stream[FILL] < 0 || control < 0 || !data)
		err(2, "thread %u", thread);
	for (unsigned int n = 0; n < operations; n++) {
		struct operation op = operation(thread, n);
		int fd = op.kind < STREAMS ? stream[op.kind] : blocks;

		switch (op.kind) {
		case APPEND:
		case FILL:
			fill_stream(data, op.bytes, op.kind, thread, size[op.kind]);
			write_all(fd, data, op.bytes, size[op.kind]);
			size[op.kind] += op.bytes;
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

/* Leaves the log's position at its end. */
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
	if (lseek(log, at, SEEK_SET) < 0)
		err(2, "seek");
	return entry;
}

static void copy_sectors(int log, int image, const struct entry *e, uint64_t first, uint64_t n)
{
	static char buffer[MAX_WRITE];

	read_all(log, buffer, n * SECTOR, e->data + (off_t)first * SECTOR);
	write_all(image, buffer, n * SECTOR, (off_t)(e->sector + first) * SECTOR);
}

/* Does not go through the device's cache, or has left it. */
static void apply(int log, int image, const struct entry *e)
{
	const uint64_t most = MAX_WRITE / SECTOR;

	if (e->flags & (LOG_DISCARD | LOG_MARK))
		return;
	for (uint64_t i = 0; i < e->sectors; i += most)
		copy_sectors(log, image, e, i, e->sectors - i < most ? e->sectors - i : most);
}

/* Many writes are whole or not there at all; others are torn. */
static void apply_some(int log, int image, const struct entry *e, uint64_t seed)
{
	uint64_t how = random_of(seed, e->data) % 3;

	if (how == 0)
		apply(log, image, e);
	if (how != 1 || e->flags & (LOG_DISCARD | LOG_MARK))
		return;
	for (uint64_t i = 0; i < e->sectors; i++)
		if (random_of(seed, e->data + i) % 2)
			copy_sectors(log, image, e, i, 1);
}

static void copy(const char *from, int image)
{
	int base = open(from, O_RDONLY);
	off_t size = base < 0 ? -1 : lseek(base, 0, SEEK_END);
	void *all = size < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ, MAP_PRIVATE, base, 0);

	if (all == MAP_FAILED)
		err(2, "%s", from);
	write_all(image, all, size, 0);
	munmap(all, size);
	close(base);
}

static bool is_point(const struct entry *e)
{
	return e->flags & (LOG_FLUSH | LOG_FUA) && !(e->flags & LOG_MARK);
}

/* The first of them at or after `from`, or `entries`. */
static uint64_t next_point(const struct entry *entry, uint64_t entries, uint64_t from)
{
	while (from < entries && !is_point(&entry[from]))
		from++;
	return from;
}

static uint64_t count_points(const struct entry *entry, uint64_t entries)
{
	uint64_t points = 0;

	for (uint64_t i = next_point(entry, entries, 0); i < entries;
	     i = next_point(entry, entries, i + 1))
		points++;
	return points;
}

/*
 * When the power goes: after entry `last`. If the next entry is a flush that was never over, all
 * before it can have been `cached`.
 */
struct moment {
	uint64_t last;
	bool cached;
};

static struct moment choose_moment(const struct entry *entry, uint64_t entries, uint64_t cut)
{
	uint64_t point = next_point(entry, entries, 0), next, random = random_of(cut, entries);
	struct moment moment = { 0 };

	for (uint64_t i = 0; i < cut / 2 && point < entries; i++)
		point = next_point(entry, entries, point + 1);
	if (point == entries)
		errx(2, "no cut %ju in the log", (uintmax_t)cut);
	moment.last = point;
	if (cut % 2) {
		next = next_point(entry, entries, point + 1);
		moment.last = random % 2 ? next - 1 : point + (random >> 8) % (next - point);
		moment.cached = moment.last + 1 < entries &&
				entry[moment.last + 1].flags & LOG_FLUSH && (random >> 32) % 4;
	}
	return moment;
}

static int open_log(const char *name)
{
	int log = open(name, O_RDONLY);

	if (log < 0)
		err(2, "%s", name);
	return log;
}

/* What is before the last flush is on the medium, and so is what is FUA. */
static void cut(const char *log_name, const char *base, const char *image_name, uint64_t number)
{
	unsigned int acknowledged[THREADS] = { 0 };
	int log = open_log(log_name), image = open(image_name, O_CREAT | O_RDWR, 0644);
	uint64_t entries, flushed = 0;
	struct moment moment;
	struct entry *entry;

	if (image < 0)
		err(2, "%s", image_name);
	entry = read_log(log, &entries);
	moment = choose_moment(entry, entries, number);
	copy(base, image);
	for (uint64_t i = 0; i <= moment.last; i++) {
		if (entry[i].flags & LOG_FLUSH)
			flushed = i;
		if (entry[i].flags & LOG_MARK && entry[i].thread < THREADS)
			acknowledged[entry[i].thread] = entry[i].acknowledged;
	}
	for (uint64_t i = 0; i <= moment.last; i++) {
		if (i < flushed || entry[i].flags & LOG_FUA)
			apply(log, image, &entry[i]);
		else if (moment.cached)
			apply_some(log, image, &entry[i], number);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		printf("%u%c", acknowledged[i], i + 1 < THREADS ? ' ' : '\n');
	free(entry);
}

static void points(const char *log_name)
{
	int log = open_log(log_name);
	uint64_t entries;
	struct entry *entry = read_log(log, &entries);

	printf("%ju %jd\n", (uintmax_t)count_points(entry, entries),
	       (intmax_t)lseek(log, 0, SEEK_CUR));
	free(entry);
}

/* --- check --------------------------------------------------------------------------------- */

static int wrong;

#define WRONG(...) (warnx(__VA_ARGS__), wrong = 1)

/* What is beyond `size` was not acknowledged: it may be missing, or zeros, but nothing else. */
static void check_stream(int kind, unsigned int thread, off_t size)
{
	int fd = open_file(directory, stream_name[kind], thread, 0, O_RDONLY);
	static unsigned char buffer[1 << 16], good[sizeof(buffer)];
	off_t at = 0;
	ssize_t bytes;

	while ((bytes = pread(fd, buffer, sizeof(buffer), at)) > 0) {
		fill_stream(good, bytes, kind, thread, at);
		for (ssize_t i = 0; i < bytes; i++) {
			if (buffer[i] == good[i] || (!buffer[i] && at + i >= size))
				continue;
			WRONG("%s.%u: %02x at %ld was never written there; acknowledged: %ld bytes",
			      stream_name[kind], thread, buffer[i], (long)(at + i), (long)size);
			return;
		}
		at += bytes;
	}
	if (at < size)
		WRONG("%s.%u: %ld bytes of %ld acknowledged", stream_name[kind], thread, (long)at,
		      (long)size);
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
	off_t size[STREAMS] = { 0 };

	for (unsigned int n = 0; n < acknowledged; n++) {
		struct operation op = operation(thread, n);
		int fd;

		switch (op.kind) {
		case APPEND:
		case FILL:
			size[op.kind] += op.bytes;
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
	for (int kind = 0; kind < STREAMS; kind++)
		check_stream(kind, thread, size[kind]);
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
	} else if (!strcmp(command, "write") && argc == 6) {
		enter(argv[2]);
		round_number = strtoul(argv[3], NULL, 0);
		operations = strtoul(argv[4], NULL, 0);
		dm_device = argv[5];
		write_everything();
	} else if (!strcmp(command, "points") && argc == 3) {
		points(argv[2]);
	} else if (!strcmp(command, "cut") && argc == 6) {
		cut(argv[2], argv[3], argv[4], strtoull(argv[5], NULL, 0));
	} else if (!strcmp(command, "check") && argc == 4 + THREADS) {
		enter(argv[2]);
		round_number = strtoul(argv[3], NULL, 0);
		for (unsigned int i = 0; i < THREADS; i++)
			check(i, strtoul(argv[4 + i], NULL, 0));
	} else {
		errx(2, "usage: see the head of powercut.c");
	}
	return wrong;
}
