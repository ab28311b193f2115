// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "system.h"

static char *cpu_model(void)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256], *model = NULL;

	while (f && !model && fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ':');

		if (value && !strncmp(line, "model name", strlen("model name"))) {
			line[strcspn(line, "\n")] = '\0';
			model = strdup(value + 2);
		}
	}
	if (f)
		fclose(f);
	return model ? model : strdup("unknown");
}

int system_describe(struct capture *c)
{
	struct utsname u;

	if (uname(&u))
		return -errno;
	c->system.kernel = strdup(u.release);
	c->system.arch = strdup(u.machine);
	c->system.cpu = cpu_model();
	c->system.cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return c->system.kernel && c->system.arch && c->system.cpu ? 0 : -ENOMEM;
}
