/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that iostage makes to read them: without a name, so that nothing is ever left. */
#ifndef IOSTAGE_SCRATCH_H
#define IOSTAGE_SCRATCH_H

/* An empty one, for reading and writing. The descriptor, or negative errno. */
int scratch_file(const char *directory);

/* The same file by another descriptor, with flags of open(2). The descriptor, or negative errno. */
int scratch_reopen(int fd, int flags);

#endif
