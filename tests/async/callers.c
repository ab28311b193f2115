// SPDX-License-Identifier: GPL-2.0-only
/*
 * What do callers of read and fsync get?
 *
 *	callers pages FILE
 *	callers read FILE COUNT THREADS
 *	callers fsync FILE COUNT THREADS
 *	callers held FILE
 *
 * `pages` reads each of the first four pages of FILE, and then all four at once, none of them
 * cached, and prints how many bytes that gave, or the name of the error. Each of THREADS reads
 * COUNT pages, or overwrites and syncs as many, all chosen at random, until one gives an error;
 * it prints its name, or "good". `held` reads pages here and there, and then one into memory that is
 * not there before standard input ends: it says "held" when it waits for that, and then what the
 * read gave, or "wrong".
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static char buffer[4 * PAGE];
static int fd;

static ssize_t read_cold(off_t page, size_t pages)
{
	if (posix_fadvise(fd, page * PAGE, (off_t)pages * PAGE, POSIX_FADV_DONTNEED))
		err(2, "posix_fadvise");
	return pread(fd, buffer, pages * PAGE, page * PAGE);
}

static ssize_t read_page(off_t page)
{
	return read_cold(page, 1);
}

static ssize_t overwrite(off_t page)
{
	ssize_t done = pwrite(fd, buffer, PAGE, page * PAGE);

	return done < 0 ? done : fsync(fd);
}

static void tell(ssize_t result)
{
	if (result < 0)
		printf("%s ", strerrorname_np(errno));
	else
		printf("%zd ", result);
}

static unsigned long count;
static ssize_t (*operate)(off_t page);

static void *repeat(void *argument)
{
	struct stat st;

	(void)argument;
	if (fstat(fd, &st))
		err(2, "fstat");
	for (unsigned long n = 0; n < count; n++) {
		if (operate(random() % (st.st_size / PAGE)) < 0) {
			puts(strerrorname_np(errno));
			return NULL;
		}
	}
	puts("good");
	return NULL;
}

static void repeat_all(unsigned int threads)
{
	pthread_t thread[threads];

	srandom((unsigned int)getpid());
	for (unsigned int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, repeat, NULL))
			errx(2, "cannot create a thread");
	while (threads)
		pthread_join(thread[--threads], NULL);
}

static int faults;

static void *give_page(void *memory)
{
	struct uffdio_zeropage zero = { .range = { (uintptr_t)memory, PAGE } };
	struct uffd_msg fault;

	if (read(faults, &fault, sizeof(fault)) != sizeof(fault))
		err(2, "userfaultfd");
	puts("held");
	fflush(stdout);
	while (getchar() != EOF)
		;
	if (ioctl(faults, UFFDIO_ZEROPAGE, &zero))
		err(2, "UFFDIO_ZEROPAGE");
	return NULL;
}

static char *held_memory(pthread_t *giver)
{
	void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = {
		.range = { (uintptr_t)memory, PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct uffdio_api api = { .api = UFFD_API };

	faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &range))
		err(2, "userfaultfd");
	if (pthread_create(giver, NULL, give_page, memory))
		errx(2, "cannot create a thread");
	return memory;
}

static void read_held(void)
{
	pthread_t giver;
	char *memory = held_memory(&giver);
	ssize_t done;

	for (off_t page = 64; page; page -= 4)
		if (read_page(page) != PAGE)
			errx(2, "no page %ld", (long)page);
	done = pread(fd, memory, PAGE, (off_t)99 * PAGE);
	if (done == PAGE && memcmp(memory, buffer, PAGE))
		puts("wrong");
	else
		tell(done);
	pthread_join(giver, NULL);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: see the head of callers.c");
	fd = open(argv[2], O_RDWR);
	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM))
		err(2, "%s", argv[2]);
	if (argc == 5) {
		operate = strcmp(argv[1], "read") ? overwrite : read_page;
		count = strtoul(argv[3], NULL, 0);
		repeat_all((unsigned int)strtoul(argv[4], NULL, 0));
		return 0;
	}
	if (!strcmp(argv[1], "held")) {
		read_held();
		return 0;
	}
	for (int page = 0; page < 4; page++)
		tell(read_cold(page, 1));
	tell(read_cold(0, 4));
	putchar('\n');
	return 0;
}
