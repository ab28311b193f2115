// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "draw.h"
#include "paths_text.h"

static bool has_path(const struct faults *f, int path)
{
	for (enum fault fault = 0; fault < NR_FAULTS; fault++)
		if (f->outcome[fault][path][0])
			return true;
	return false;
}

void put_faults(const struct faults *f, FILE *out)
{
	fputs("what comes of a read of 4 KiB, each provoked here\n\n", out);
	for (enum fault fault = 0; fault < NR_FAULTS; fault++) {
		fprintf(out, "%s: %s\n", fault_name[fault], fault_what[fault]);
		for (int path = 0; path < NR_FAULT_PATHS && !f->absent[fault][0]; path++)
			if (has_path(f, path))
				fprintf(out, "  %-22s%s\n", cold_name[fault_paths[path]],
					f->outcome[fault][path]);
		if (f->absent[fault][0])
			fprintf(out, "  %s\n", f->absent[fault]);
	}
}
