// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loops of make bench-overhead. One process does them all, on one CPU and on files
 * that stay open, while tracers come and go: overhead.sh asks for them line by line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define HOT_PAGES 256
#define COLD_PAGES 16384
#define MAX_BATCHES (1 << 18)
#define MAX_THREADS 64
#define HOT_PER_COLD 64

static int hot, cold, grown;
static char buffer[PAGE] __attribute__((aligned(PAGE)));

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "bench: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "%s%s\n", errno ? ": " : "", errno ? strerror(errno) : "");
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/* A file of that many pages, written and clean, so that dropping its pages drops them. */
static int make_file(const char *name, int pages)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die("%s", name);
	for (int i = 0; i < pages; i++) {
		if (write(fd, buffer, PAGE) != PAGE)
			die("%s", name);
	}
	if (fsync(fd))
		die("%s", name);
	return fd;
}

/* Every page once, in an order without runs: an odd stride over a power of two. */
static off_t cold_page(uint64_t i)
{
	return (off_t)(i * 0x9E3779B1U % COLD_PAGES) * PAGE;
}

static void read_page(int fd, void *to, off_t at)
{
	if (pread(fd, to, PAGE, at) != PAGE)
		die("pread");
}

/* --- the other thread of the context switches ------------------------------------------- */

static _Atomic uint32_t turn; /* 0: the main thread's, 1: the partner's */

static void hand_over(uint32_t mine)
{
	atomic_store(&turn, !mine);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	while (atomic_load(&turn) != mine)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
}

static void *partner(void *unused)
{
	while (atomic_load(&turn) != 1)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	for (;;)
		hand_over(1);
	return unused;
}

/* Two threads of SCHED_FIFO yield to each other in turns: a switch, and nobody is woken. */

static _Atomic uint32_t yielding;

static void set_policy(int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	if (sched_setscheduler(0, policy, &param))
		die("sched_setscheduler");
}

static void *yielder(void *unused)
{
	set_policy(SCHED_FIFO);
	for (;;) {
		while (!atomic_load(&yielding))
			syscall(SYS_futex, &yielding, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
		sched_yield();
	}
	return unused;
}

/* --- the loops -------------------------------------------------------------------------- */

static void hit(int n)
{
	for (int i = 0; i < n; i++)
		read_page(hot, buffer, (off_t)(i % HOT_PAGES) * PAGE);
}

static uint64_t cold_next;

static void drop_pages(void)
{
	if (posix_fadvise(cold, 0, 0, POSIX_FADV_DONTNEED))
		die("posix_fadvise");
}

static void miss(int n)
{
	for (int i = 0; i < n; i++)
		read_page(cold, buffer, cold_page(cold_next++));
}

/* Each sync is for a block that is new to the file. */
static void truncate_grown(void)
{
	if (ftruncate(grown, 0) || lseek(grown, 0, SEEK_SET) || fsync(grown))
		die("ftruncate");
}

static void sync_appended(int n)
{
	for (int i = 0; i < n; i++) {
		if (write(grown, buffer, PAGE) != PAGE || fsync(grown))
			die("write and fsync");
	}
}

/* One turn of both threads is two context switches. */
static void switches(int n)
{
	for (int i = 0; i < n; i += 2)
		hand_over(0);
}

/* One turn of both threads is two context switches, and a system call each. */
static void yields(int n)
{
	set_policy(SCHED_FIFO);
	atomic_store(&yielding, 1);
	syscall(SYS_futex, &yielding, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	for (int i = 0; i < n; i += 2)
		sched_yield();
	atomic_store(&yielding, 0);
	set_policy(SCHED_OTHER);
}

static void getppids(int n)
{
	for (int i = 0; i < n; i++)
		syscall(SYS_getppid);
}

static const struct loop {
	const char *name;
	int batch; /* operations that are timed together */
	void (*before)(void);
	void (*run)(int n);
} loops[] = {
	{ "hit", 128, NULL, hit },
	{ "miss", 16, drop_pages, miss },
	{ "fsync", 4, truncate_grown, sync_appended },
	{ "switch", 512, NULL, yields },
	{ "wakeup", 64, NULL, switches },
	{ "getppid", 1024, NULL, getppids },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * How fast this CPU is now: arithmetic that fills its units, so that a busy sibling thread
 * shows, which slows everything by half, and comes and goes with other people's work.
 */
static uint64_t spin(void)
{
	unsigned int a = 1, b = 2, c = 3, d = 4;
	uint64_t from = now();

	for (unsigned int i = 0; i < 2000; i++) {
		a += i;
		b ^= i;
		c += i;
		d ^= i;
		a ^= 5;
		b += 5;
		c ^= 9;
		d += 9;
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
	}
	return now() - from;
}

static uint64_t spin_best = UINT64_MAX;
static bool always_calm;

/* Is the CPU ours, and all of it? */
static bool calm(void)
{
	uint64_t t = spin();

	if (always_calm)
		return true;
	if (t < spin_best)
		spin_best = t;
	return t * 100 <= spin_best * 125;
}

static double run_batch(const struct loop *loop)
{
	uint64_t from = now();

	loop->run(loop->batch);
	return (double)(now() - from) / loop->batch;
}

static void print_answer(const char *name, uint64_t operations, double *each, int n, int calm)
{
	qsort(each, n, sizeof(*each), compare);
	printf("%s %llu %d %.1f %.1f %.1f %.1f\n", name, (unsigned long long)operations, calm,
	       each[0], each[n / 4], each[n / 2], each[n * 3 / 4]);
}

static void rest(void)
{
	const struct timespec millisecond = { .tv_nsec = 1000000 };

	nanosleep(&millisecond, NULL);
}

/*
 * Batches with a calm CPU before and after, until they have taken that long, or all of it,
 * with the waiting for calm, five times as long. Answers: operations, calm batches, and of
 * these (of all where there were none) ns per operation: the best, the quartiles.
 */
static void run_loop(const struct loop *loop, uint64_t milliseconds)
{
	static double each[MAX_BATCHES], any[MAX_BATCHES];
	uint64_t enough = milliseconds * 1000000, end = now() + 5 * enough;
	uint64_t operations = 0;
	int nr_any = 0, nr_calm = 0;
	double spent = 0, took;

	do {
		bool was_calm = calm();

		if (!was_calm && nr_any) {
			rest();
			continue;
		}
		if (loop->before)
			loop->before();
		took = run_batch(loop);
		operations += loop->batch;
		if (calm() && was_calm) {
			each[nr_calm++] = took;
			spent += took * loop->batch;
		} else if (nr_any < MAX_BATCHES) {
			any[nr_any++] = took;
		}
	} while (spent < enough && now() < end && nr_calm < MAX_BATCHES);
	print_answer(loop->name, operations, nr_calm ? each : any, nr_calm ? nr_calm : nr_any,
		     nr_calm);
}

/* --- as many operations per second as there can be -------------------------------------- */

struct reader {
	pthread_t thread;
	uint64_t end, first, hits, misses;
};

static void *read_until(void *arg)
{
	struct reader *r = arg;
	char page[PAGE] __attribute__((aligned(PAGE)));
	uint64_t i;

	for (i = r->first; now() < r->end; i++) {
		off_t at = cold_page(i);

		read_page(cold, page, at);
		r->misses++;
		posix_fadvise(cold, at, PAGE, POSIX_FADV_DONTNEED);
		for (int j = 0; j < HOT_PER_COLD; j++)
			read_page(hot, page, (off_t)j * PAGE);
		r->hits += HOT_PER_COLD;
	}
	return NULL;
}

/* Answers: operations, operations per second. */
static void run_rate(uint64_t milliseconds)
{
	static struct reader readers[MAX_THREADS];
	int n = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t total = 0, from;
	pthread_attr_t anywhere;
	cpu_set_t all;

	if (n > MAX_THREADS)
		n = MAX_THREADS;
	memset(&all, 0xff, sizeof(all));
	pthread_attr_init(&anywhere);
	pthread_attr_setaffinity_np(&anywhere, sizeof(all), &all);
	drop_pages();
	from = now();
	for (int i = 0; i < n; i++) {
		struct reader *r = &readers[i];

		*r = (struct reader){ .end = from + milliseconds * 1000000,
				      .first = (uint64_t)i * COLD_PAGES / n };
		errno = pthread_create(&r->thread, &anywhere, read_until, r);
		if (errno)
			die("pthread_create");
	}
	for (int i = 0; i < n; i++) {
		pthread_join(readers[i].thread, NULL);
		total += readers[i].hits + readers[i].misses;
	}
	pthread_attr_destroy(&anywhere);
	printf("rate %llu %.0f\n", (unsigned long long)total, total * 1e9 / (now() - from));
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("cannot run on CPU %d", cpu);
}

static bool answer(const char *name, uint64_t milliseconds)
{
	if (!strcmp(name, "rate")) {
		run_rate(milliseconds);
		return true;
	}
	for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		if (!strcmp(name, loops[i].name)) {
			run_loop(&loops[i], milliseconds);
			return true;
		}
	}
	return false;
}

/* "LOOP MILLISECONDS", line by line, until there are no more. */
static int serve(const char *directory, int cpu)
{
	unsigned long milliseconds;
	pthread_t thread;
	char line[64], name[32];

	if (chdir(directory))
		die("%s", directory);
	hot = make_file("hot", HOT_PAGES);
	cold = make_file("cold", COLD_PAGES);
	grown = make_file("grown", 0);
	hit(HOT_PAGES);
	errno = posix_fadvise(cold, 0, 0, POSIX_FADV_RANDOM);
	if (errno)
		die("posix_fadvise");
	pin(cpu);
	errno = pthread_create(&thread, NULL, partner, NULL);
	if (!errno)
		errno = pthread_create(&thread, NULL, yielder, NULL);
	if (errno)
		die("pthread_create");
	printf("serving\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		errno = 0;
		if (sscanf(line, "%31s %lu", name, &milliseconds) != 2 ||
		    !answer(name, milliseconds))
			die("no such loop: %s", line);
		fflush(stdout);
	}
	return 0;
}

/* The command of a tracer that starts one when it is attached: says so, and waits. */
static int hold(int ready)
{
	char c;

	if (dprintf(ready, "ready\n") < 0)
		die("cannot say ready");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	always_calm = argc == 5 && !strcmp(argv[4], "anyhow");
	if ((argc == 4 || always_calm) && !strcmp(argv[1], "serve"))
		return serve(argv[2], atoi(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "hold"))
		return hold(atoi(argv[2]));
	fprintf(stderr, "Usage: bench serve DIRECTORY CPU [anyhow] | bench hold DESCRIPTOR\n"
			"A part of tests/bench/overhead.sh, which says more.\n");
	return 2;
}
