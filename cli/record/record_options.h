/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of iostage record. */
#ifndef IOSTAGE_RECORD_OPTIONS_H
#define IOSTAGE_RECORD_OPTIONS_H

#include "collect.h"

struct record_options {
	struct collect_options collect;
	double seconds;		/* 0: until something else ends it */
	const char *output;
	bool json;
	char **workload;	/* a command and its arguments; NULL: none */
	const char *cgroup;	/* as given; NULL: not */
	const char *file;
};

/* Does not return where the command line is wrong, or asks for help. */
void record_options_parse(struct record_options *o, int argc, char **argv);

#endif
