/* SPDX-License-Identifier: MIT */
/* Finds the program that measures, and becomes it: the command itself stays small. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

/* Where a build, and an installation, have it, seen from the command's folder. */
static const char *const places[] = { "bench/flagstop-bench", "../libexec/flagstop-bench" };

static void try_beside_us(char **argv)
{
	char path[4096];
	ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 64);
	char *folder_end;

	path[bytes < 0 ? 0 : bytes] = '\0';
	folder_end = strrchr(path, '/');
	if (!folder_end)
		return;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(folder_end + 1, 64, "%s", places[i]);
		execv(path, argv);
	}
}

int command_bench(int argc, char **argv)
{
	(void)argc;
	try_beside_us(argv);
	execvp("flagstop-bench", argv);
	fprintf(stderr, "flagstop: flagstop-bench cannot be executed: %s\n`scons all` builds it\n", strerror(errno));
	return EXIT_TROUBLE;
}
