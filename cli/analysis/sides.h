/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two sides of a comparison: each one capture or several, which are runs of the same
 * workload under the same circumstances. On a command line they stand as A... -- B..., or
 * as A B where each is one.
 */
#ifndef IOSTAGE_SIDES_H
#define IOSTAGE_SIDES_H

#include "figures.h"
#include "resample.h"

enum side_id {
	SIDE_A,
	SIDE_B,
	NR_SIDES
};

struct side_files {
	char *name[RESAMPLE_RUNS];
	size_t nr;
};

struct command_line {
	struct side_files files[NR_SIDES];
	bool parted;		/* there is a "--": whatever stands behind it is B's */
};

/* Takes what stands behind the first "--" as B's; what is left of argc is for argp. */
int command_line_part(struct command_line *l, int argc, char **argv);

/* Adds an argument that stands before it. */
void command_line_add(struct command_line *l, char *file);

/* NULL, or what is wrong with the files, for a person. */
const char *command_line_settle(struct command_line *l);

/* Circumstances under which captures can be compared if they agree in them. */
enum trait {
	TRAIT_UNIT,
	TRAIT_KERNEL,
	TRAIT_CPU,
	TRAIT_DEVICE,
	TRAIT_FILESYSTEM,
	TRAIT_WORKLOAD,
	TRAIT_DETAIL,
	TRAIT_HOOKS,
	TRAIT_ASYNC,		/* within a side: between the sides it is what is compared */
	NR_TRAITS
};

/* In what the captures differ: of each trait the first case. */
struct mismatches {
	char *text[NR_TRAITS];	/* "device: nvme0n1 in a.json, nvme1n1 in b.json"; NULL: none */
	size_t nr;
};

struct side {
	const struct side_files *files;
	struct run *runs;	/* as many as files */
	struct capture first;	/* whole: the circumstances of them all, or the only run */
	uint64_t seen, dropped;	/* operations, of all runs */
};

/*
 * Reads the captures of both sides; memory does not grow with a capture's size, but for
 * the first of each. Whether they can be compared is for the caller to see.
 * 0 or negative errno: what capture_read() says; -ENODATA where one has no operations.
 * err gets one line for a person.
 */
int sides_read(struct side sides[NR_SIDES], const struct side_files files[NR_SIDES],
	       struct mismatches *m, char *err, size_t size);
void sides_free(struct side sides[NR_SIDES], struct mismatches *m);

/* Adds to m in what b, read from b_name, differs from a. 0 or -ENOMEM. */
int traits_compare(const struct capture *a, const char *a_name, const struct capture *b,
		   const char *b_name, struct mismatches *m);

/* The same of two runs of one side: what of the async stack was on. */
int traits_compare_runs(const struct capture *a, const char *a_name, const struct capture *b,
			const char *b_name, struct mismatches *m);

#endif
