// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what a read returns what has been written? Threads read, change, clean and evict the
 * pages of a small file in every way there is, at the same time, and check against a model.
 *
 *	checker DIRECTORY SECONDS SEED [OPERATION[=PAUSE]...]
 *
 * Without OPERATION, all of the table below are done, each by threads of its own, which pause
 * for PAUSE microseconds between two on average. At the end it prints how often each was done,
 * "exchanged N blocks", "refused N reads", "collided N reads" and "checked N words"; on a wrong
 * word it says so and exits 1.
 *
 * A page of the model has versions, each with the one value that all of the page's words then
 * have. A change begins a version, and finishes it when the system call has returned; one
 * thread at a time changes a page. A read may see, in each word, any version from the last
 * one that was finished before it began to the last one that was begun before it ended.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define PAGES 96
#define PAGE 4096
#define WORDS (PAGE / sizeof(uint64_t))
#define VERSIONS 4096 /* how many are remembered: more than begin while one read runs */
#define MAX_RUN 16    /* pages of one operation */
#define KEPT 24	      /* pages that are never truncated */
#define SEALED 16     /* pages of a file with verity */

/* ext4's, which no header for programs has */
struct move_extent {
	uint32_t reserved;
	uint32_t donor_fd;
	uint64_t orig_start;
	uint64_t donor_start;
	uint64_t len;
	uint64_t moved_len;
};
#define MOVE_EXT _IOWR('f', 15, struct move_extent)

struct page {
	pthread_mutex_t changing;
	atomic_uint begun;
	atomic_uint finished;
	_Atomic uint64_t value[VERSIONS];
};

struct file {
	char name[4096];
	int fd;
	int direct_fd;
	uint64_t *mapped;
	struct page pages[PAGES];
	atomic_uint truncations;       /* odd: one is going on */
	atomic_bool exchanging[PAGES]; /* no new reads */
};

/* Blocks of the original are exchanged with those of the donor. */
static struct file original, donor;
static atomic_bool over;
static atomic_ullong checked, exchanged, next_change = 1;

static unsigned int pick(unsigned int *seed, unsigned int n)
{
	return (unsigned int)rand_r(seed) / 7 % n;
}

struct run {
	unsigned int first;
	unsigned int pages;
};

static struct run pick_run(unsigned int *seed, unsigned int most)
{
	struct run run;

	run.pages = 1 + pick(seed, pick(seed, 2) ? most : 1);
	run.first = pick(seed, PAGES - run.pages + 1);
	return run;
}

static off_t start(struct run run)
{
	return (off_t)run.first * PAGE;
}

static size_t size(struct run run)
{
	return (size_t)run.pages * PAGE;
}

static char *page_buffer(void)
{
	void *buffer;

	if (posix_memalign(&buffer, PAGE, (size_t)PAGES * PAGE))
		err(2, "posix_memalign");
	return buffer;
}

/* A value of a change that nothing else has, nor another page. For a page of zeros it is 0. */
static uint64_t page_value(uint64_t change, unsigned int page)
{
	return change ? change << 8 | page : 0;
}

/* Changes: lock the pages, begin a version, do it, finish. */
static void begin_change(struct file *f, struct run run, uint64_t change)
{
	for (unsigned int i = run.first; i < run.first + run.pages; i++) {
		struct page *p = &f->pages[i];

		atomic_store(&p->value[(p->begun + 1) % VERSIONS], page_value(change, i));
		atomic_fetch_add(&p->begun, 1);
	}
}

static void finish_change(struct file *f, struct run run)
{
	for (unsigned int i = run.first; i < run.first + run.pages; i++)
		atomic_store(&f->pages[i].finished, f->pages[i].begun);
}

static void lock(struct file *f, struct run run)
{
	for (unsigned int i = run.first; i < run.first + run.pages; i++)
		pthread_mutex_lock(&f->pages[i].changing);
}

static void unlock(struct file *f, struct run run)
{
	for (unsigned int i = run.first; i < run.first + run.pages; i++)
		pthread_mutex_unlock(&f->pages[i].changing);
}

static void fill(uint64_t *words, struct run run, uint64_t change)
{
	for (size_t i = 0; i < run.pages * WORDS; i++)
		words[i] = page_value(change, run.first + (unsigned int)(i / WORDS));
}

static void write_pages(int fd, char *buffer, unsigned int *seed, unsigned int most)
{
	struct run run = pick_run(seed, most);
	uint64_t change = atomic_fetch_add(&next_change, 1);

	fill((uint64_t *)buffer, run, change);
	lock(&original, run);
	begin_change(&original, run, change);
	if (pwrite(fd, buffer, size(run), start(run)) != (ssize_t)size(run))
		err(2, "write at %ld", (long)start(run));
	finish_change(&original, run);
	unlock(&original, run);
}

static void do_write(char *buffer, unsigned int *seed)
{
	write_pages(original.fd, buffer, seed, MAX_RUN);
}

static void do_direct_write(char *buffer, unsigned int *seed)
{
	write_pages(original.direct_fd, buffer, seed, MAX_RUN);
}

/* Nobody truncates meanwhile: they need the last page's lock. */
static void do_mmap_write(char *buffer, unsigned int *seed)
{
	struct run run = pick_run(seed, 2);
	uint64_t change = atomic_fetch_add(&next_change, 1);

	(void)buffer;
	lock(&original, run);
	begin_change(&original, run, change);
	fill(original.mapped + run.first * WORDS, run, change);
	finish_change(&original, run);
	unlock(&original, run);
}

static void deallocate(int mode, unsigned int *seed)
{
	struct run run = pick_run(seed, MAX_RUN);

	lock(&original, run);
	begin_change(&original, run, 0);
	if (fallocate(original.fd, mode | FALLOC_FL_KEEP_SIZE, start(run), (off_t)size(run)))
		err(2, "fallocate mode %#x", mode);
	finish_change(&original, run);
	unlock(&original, run);
}

static void do_punch(char *buffer, unsigned int *seed)
{
	(void)buffer;
	deallocate(FALLOC_FL_PUNCH_HOLE, seed);
}

static void do_zero(char *buffer, unsigned int *seed)
{
	(void)buffer;
	deallocate(FALLOC_FL_ZERO_RANGE, seed);
}

/* Changes no data. */
static void do_preallocate(char *buffer, unsigned int *seed)
{
	struct run run = pick_run(seed, MAX_RUN);

	(void)buffer;
	if (fallocate(original.fd, FALLOC_FL_KEEP_SIZE, start(run), (off_t)size(run)))
		err(2, "fallocate");
}

static void do_truncate(char *buffer, unsigned int *seed)
{
	unsigned int pages = 1 + pick(seed, PAGES - KEPT);
	struct run run = { PAGES - pages, pages };

	(void)buffer;
	lock(&original, run);
	atomic_fetch_add(&original.truncations, 1);
	begin_change(&original, run, 0);
	if (ftruncate(original.fd, start(run)) || ftruncate(original.fd, (off_t)PAGES * PAGE))
		err(2, "ftruncate");
	finish_change(&original, run);
	atomic_fetch_add(&original.truncations, 1);
	unlock(&original, run);
}

/* Pages that are mapped would stay. */
static void evict(struct file *f, struct run run)
{
	if (madvise((char *)f->mapped + start(run), size(run), MADV_DONTNEED))
		err(2, "madvise");
	if (posix_fadvise(f->fd, start(run), (off_t)size(run), POSIX_FADV_DONTNEED))
		err(2, "posix_fadvise");
}

static void clean(struct file *f, struct run run)
{
	if (sync_file_range(f->fd, start(run), (off_t)size(run),
			    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				    SYNC_FILE_RANGE_WAIT_AFTER))
		err(2, "sync_file_range");
}

static void do_evict(char *buffer, unsigned int *seed)
{
	struct run run = pick_run(seed, 2 * MAX_RUN);

	(void)buffer;
	if (pick(seed, 4))
		clean(&original, run);
	evict(&original, run);
	evict(&donor, run);
}

static void do_fsync(char *buffer, unsigned int *seed)
{
	(void)buffer;
	if (pick(seed, 2) ? fsync(original.fd) : fdatasync(original.fd))
		err(2, "fsync");
}

static bool cached(struct file *f, struct run run)
{
	unsigned char resident;

	if (mincore((char *)f->mapped + start(run), PAGE, &resident))
		err(2, "mincore");
	return resident & 1;
}

/*
 * The original gets the donor's block, with the data that it had in its own. The donor gets
 * that one, and ext4 says that it is unwritten. The donor's cached page is the caller's to get
 * rid of: until it has gone, nobody else begins to read it.
 */
static void do_exchange(char *buffer, unsigned int *seed)
{
	struct run run = pick_run(seed, 1);
	uint64_t change = atomic_fetch_add(&next_change, 1);
	struct move_extent move = {
		.donor_fd = (uint32_t)donor.fd,
		.orig_start = run.first,
		.donor_start = run.first,
		.len = 1,
	};

	lock(&original, run);
	lock(&donor, run);
	fill((uint64_t *)buffer, run, change);
	begin_change(&donor, run, change);
	if (pwrite(donor.fd, buffer, size(run), start(run)) != (ssize_t)size(run) ||
	    fsync(donor.fd))
		err(2, "write of the donor");
	finish_change(&donor, run);
	evict(&donor, run);
	usleep(pick(seed, 2000));

	atomic_store(&donor.exchanging[run.first], true);
	begin_change(&donor, run, 0);
	if (ioctl(original.fd, MOVE_EXT, &move) && errno != EBUSY && errno != ENODATA &&
	    errno != EAGAIN)
		err(2, "EXT4_IOC_MOVE_EXT");
	if (move.moved_len) {
		do {
			evict(&donor, run);
		} while (cached(&donor, run));
		exchanged++;
	} else {
		begin_change(&donor, run, change);
	}
	finish_change(&donor, run);
	atomic_store(&donor.exchanging[run.first], false);
	unlock(&donor, run);
	unlock(&original, run);
}

/* Copies under way at the same time can be torn anywhere, so this looks at each byte. */
static bool expected(const struct page *p, uint64_t word, unsigned int from, unsigned int to)
{
	uint64_t good = 0;

	for (unsigned int v = from; v != to + 1; v++) {
		uint64_t same = ~(atomic_load(&p->value[v % VERSIONS]) ^ word);

		for (uint64_t byte = 0xff; byte; byte <<= 8)
			if ((same & byte) == byte)
				good |= byte;
	}
	return good == UINT64_MAX;
}

static void check_page(struct file *f, unsigned int index, const uint64_t *words, unsigned int from,
		       const char *how)
{
	struct page *p = &f->pages[index];
	unsigned int to = atomic_load(&p->begun);
	uint64_t good = words[0] + 1;

	for (size_t i = 0; i < WORDS; i++) {
		if (words[i] == good)
			continue;
		good = words[i];
		if (expected(p, good, from, to))
			continue;
		printf("%s: page %u word %zu is of change %llu of page %u; may be of:", how, index,
		       i, (unsigned long long)good >> 8, (unsigned int)(good & 0xff));
		for (unsigned int v = from; v != to + 1; v++)
			printf(" %llu", (unsigned long long)p->value[v % VERSIONS] >> 8);
		printf("; was of:");
		for (unsigned int v = from; v && v + 8 > from; v--)
			printf(" %llu", (unsigned long long)p->value[(v - 1) % VERSIONS] >> 8);
		printf("\n");
		exit(1);
	}
	checked += WORDS;
}

static atomic_ullong collided;

/* Linux lets a direct read fail that comes upon a page just written by mmap into a hole. */
static bool may_collide(struct file *f, int fd)
{
	return fd == f->direct_fd && errno == EIO;
}

static void read_pages(struct file *f, int fd, char *buffer, unsigned int *seed, const char *how)
{
	struct run run = pick_run(seed, MAX_RUN);
	unsigned int from[PAGES], truncations = atomic_load(&f->truncations);
	ssize_t done;

	for (unsigned int i = 0; i < run.pages; i++) {
		if (atomic_load(&f->exchanging[run.first + i]))
			return;
		from[i] = atomic_load(&f->pages[run.first + i].finished);
	}
	/* Memory that is not there yet has to be waited for while the data is copied. */
	if (!pick(seed, 8))
		madvise(buffer, size(run), MADV_DONTNEED);
	done = pread(fd, buffer, size(run), start(run));
	if (done < 0) {
		if (!may_collide(f, fd))
			err(2, "%s", how);
		collided++;
		return;
	}
	if (done != (ssize_t)size(run) &&
	    (truncations == atomic_load(&f->truncations) && !(truncations & 1))) {
		printf("%s: %zd bytes instead of %zu at %ld\n", how, done, size(run),
		       (long)start(run));
		exit(1);
	}
	for (unsigned int i = 0; i < (size_t)done / PAGE; i++)
		check_page(f, run.first + i, (uint64_t *)(buffer + (size_t)i * PAGE), from[i], how);
}

static void do_read(char *buffer, unsigned int *seed)
{
	read_pages(&original, original.fd, buffer, seed, "read");
}

static void do_direct_read(char *buffer, unsigned int *seed)
{
	read_pages(&original, original.direct_fd, buffer, seed, "direct read");
}

static void do_donor_read(char *buffer, unsigned int *seed)
{
	read_pages(&donor, donor.fd, buffer, seed, "donor read");
}

static void do_mmap_read(char *buffer, unsigned int *seed)
{
	unsigned int index = pick(seed, KEPT);
	unsigned int from = atomic_load(&original.pages[index].finished);

	memcpy(buffer, original.mapped + index * WORDS, PAGE);
	check_page(&original, index, (uint64_t *)buffer, from, "mmap read");
}

/*
 * A file that verity seals while it is read, and whose second page then becomes another on
 * disk: whoever reads that gets an error. Replaced with the lock held for writing. Linux verifies
 * no read that was sent before the file had verity, so that these have to be over first.
 */
static struct {
	pthread_rwlock_t lock;
	int fd;
	uint64_t change; /* what it has; on the changed page, 1 more is on disk */
} sealed = { PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP, -1, 0 };
static atomic_ullong refused;

static int disk_of(int fd)
{
	char link[64], target[4096] = "", name[4096];
	struct stat st;
	int disk;

	if (fstat(fd, &st))
		err(2, "fstat");
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	if (readlink(link, target, sizeof(target) - 1) < 0)
		err(2, "%s", link);
	snprintf(name, sizeof(name), "/dev/%.4000s", strrchr(target, '/') + 1);
	disk = open(name, O_WRONLY | O_DIRECT);
	if (disk < 0)
		err(2, "%s", name);
	return disk;
}

/* Returns the block of the second page. */
static int make_sealed(const char *name, char *buffer)
{
	const struct run all = { 0, SEALED };
	int fd, block = 1;

	pthread_rwlock_wrlock(&sealed.lock);
	if (sealed.fd >= 0)
		close(sealed.fd);
	unlink(name);
	sealed.change = atomic_fetch_add(&next_change, 2);
	fill((uint64_t *)buffer, all, sealed.change);
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, buffer, size(all)) != (ssize_t)size(all) || fsync(fd) ||
	    ioctl(fd, FIBMAP, &block) || !block)
		err(2, "%s", name);
	close(fd);
	sealed.fd = open(name, O_RDONLY);
	if (sealed.fd < 0 || posix_fadvise(sealed.fd, 0, 0, POSIX_FADV_RANDOM) ||
	    posix_fadvise(sealed.fd, 0, 0, POSIX_FADV_DONTNEED))
		err(2, "%s", name);
	pthread_rwlock_unlock(&sealed.lock);
	return block;
}

static void do_seal(char *buffer, unsigned int *seed)
{
	struct fsverity_enable_arg verity = {
		.version = 1,
		.hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
		.block_size = PAGE,
	};
	const struct run second = { 1, 1 };
	char name[sizeof(original.name) + 8];
	int block, disk;

	snprintf(name, sizeof(name), "%s.sealed", original.name);
	block = make_sealed(name, buffer);
	usleep(pick(seed, 5000));
	if (ioctl(sealed.fd, FS_IOC_ENABLE_VERITY, &verity))
		err(2, "FS_IOC_ENABLE_VERITY");
	pthread_rwlock_wrlock(&sealed.lock);
	pthread_rwlock_unlock(&sealed.lock);
	disk = disk_of(sealed.fd);
	fill((uint64_t *)buffer, second, sealed.change + 1);
	if (pwrite(disk, buffer, PAGE, (off_t)block * PAGE) != PAGE)
		err(2, "write to the disk");
	close(disk);
	for (unsigned int i = 0; i < 20; i++) {
		posix_fadvise(sealed.fd, 0, 0, POSIX_FADV_DONTNEED);
		usleep(pick(seed, 2000));
	}
}

static void do_sealed_read(char *buffer, unsigned int *seed)
{
	unsigned int page = pick(seed, SEALED);
	uint64_t *words = (uint64_t *)buffer;

	pthread_rwlock_rdlock(&sealed.lock);
	if (sealed.fd >= 0 && pread(sealed.fd, buffer, PAGE, (off_t)page * PAGE) != PAGE) {
		if (errno != EIO || page != 1)
			err(2, "sealed read");
		refused++;
	} else if (sealed.fd >= 0) {
		for (size_t i = 0; i < WORDS; i++) {
			if (words[i] == page_value(sealed.change, page))
				continue;
			printf("sealed read: page %u word %zu is of change %llu; may be of: %llu\n",
			       page, i, (unsigned long long)words[i] >> 8,
			       (unsigned long long)sealed.change);
			exit(1);
		}
		checked += WORDS;
	}
	pthread_rwlock_unlock(&sealed.lock);
}

/* From this process's cgroup, as if others needed the memory. */
static void do_reclaim(char *buffer, unsigned int *seed)
{
	static const char amount[] = "256K";
	char own[2048] = "", name[4096];
	FILE *f = fopen("/proc/self/cgroup", "r");
	int fd;

	(void)buffer;
	(void)seed;
	if (!f || fscanf(f, "0::%2000s", own) != 1)
		err(2, "/proc/self/cgroup");
	fclose(f);
	snprintf(name, sizeof(name), "/sys/fs/cgroup%s/memory.reclaim", own);
	fd = open(name, O_WRONLY);
	if (fd < 0 || (write(fd, amount, strlen(amount)) < 0 && errno != EAGAIN))
		err(2, "%s", name);
	close(fd);
}

static struct operation {
	const char *name;
	void (*operate)(char *buffer, unsigned int *seed);
	unsigned int threads;
	unsigned int pause_us; /* between two */
} operations[] = {
	{ "read", do_read, 4, 0 },
	{ "direct_read", do_direct_read, 1, 2000 },
	{ "mmap_read", do_mmap_read, 1, 500 },
	{ "donor_read", do_donor_read, 2, 0 },
	{ "write", do_write, 1, 500 },
	{ "direct_write", do_direct_write, 1, 500 },
	{ "mmap_write", do_mmap_write, 1, 500 },
	{ "evict", do_evict, 2, 0 },
	{ "fsync", do_fsync, 1, 5000 },
	{ "punch", do_punch, 1, 2000 },
	{ "zero", do_zero, 1, 2000 },
	{ "preallocate", do_preallocate, 1, 2000 },
	{ "truncate", do_truncate, 1, 5000 },
	{ "exchange", do_exchange, 1, 1000 },
	{ "reclaim", do_reclaim, 1, 5000 },
	{ "seal", do_seal, 1, 5000 },
	{ "sealed_read", do_sealed_read, 2, 500 },
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static atomic_ulong counts[OPERATIONS];
static unsigned int first_seed;

static void *run(void *argument)
{
	struct operation *op = argument;
	static atomic_uint threads;
	unsigned int seed = first_seed * 1000 + atomic_fetch_add(&threads, 1);
	char *buffer = page_buffer();

	while (!atomic_load(&over)) {
		op->operate(buffer, &seed);
		counts[op - operations]++;
		if (op->pause_us)
			usleep(pick(&seed, 2 * op->pause_us));
	}
	free(buffer);
	return NULL;
}

static void make_file(struct file *f, const char *directory, const char *name)
{
	const struct run all = { 0, PAGES };
	char *buffer = page_buffer();

	snprintf(f->name, sizeof(f->name), "%s/%s", directory, name);
	f->fd = open(f->name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	f->direct_fd = open(f->name, O_RDWR | O_DIRECT);
	if (f->fd < 0 || f->direct_fd < 0)
		err(2, "%s", f->name);
	for (unsigned int i = 0; i < PAGES; i++)
		pthread_mutex_init(&f->pages[i].changing, NULL);
	fill((uint64_t *)buffer, all, next_change);
	begin_change(f, all, next_change++);
	if (write(f->fd, buffer, size(all)) != (ssize_t)size(all) || fsync(f->fd))
		err(2, "%s", f->name);
	finish_change(f, all);
	free(buffer);
	f->mapped = mmap(NULL, size(all), PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (f->mapped == MAP_FAILED)
		err(2, "mmap %s", f->name);
	if (posix_fadvise(f->fd, 0, 0, POSIX_FADV_RANDOM) ||
	    madvise(f->mapped, size(all), MADV_RANDOM))
		err(2, "cannot declare reads of %s random", f->name);
}

static bool chosen(struct operation *op, char **names)
{
	size_t length = strlen(op->name);

	if (!*names)
		return true;
	for (; *names; names++) {
		if (strncmp(*names, op->name, length))
			continue;
		if ((*names)[length] == '=')
			op->pause_us = (unsigned int)atoi(*names + length + 1);
		else if ((*names)[length])
			continue;
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	pthread_t threads[64];
	unsigned int n = 0;

	if (argc < 4)
		errx(2, "usage: checker DIRECTORY SECONDS SEED [OPERATION...]");
	first_seed = (unsigned int)atoi(argv[3]);
	make_file(&original, argv[1], "original");
	make_file(&donor, argv[1], "donor");
	for (size_t i = 0; i < OPERATIONS; i++)
		for (unsigned int j = 0;
		     chosen(&operations[i], argv + 4) && j < operations[i].threads; j++)
			if (pthread_create(&threads[n++], NULL, run, &operations[i]))
				errx(2, "cannot create a thread");
	sleep((unsigned int)atoi(argv[2]));
	atomic_store(&over, true);
	while (n)
		pthread_join(threads[--n], NULL);
	for (size_t i = 0; i < OPERATIONS; i++)
		if (counts[i])
			printf("%s %lu\n", operations[i].name, counts[i]);
	printf("exchanged %llu blocks\n", (unsigned long long)exchanged);
	printf("refused %llu reads\n", (unsigned long long)refused);
	printf("collided %llu reads\n", (unsigned long long)collided);
	printf("checked %llu words\n", (unsigned long long)checked);
	return 0;
}
