/* SPDX-License-Identifier: MIT */
/* attack_proc PID: opens what /proc has of that process; says what each came to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char *const names[] = { "mem", "environ", "maps", "fd/.",
					     "map_files", "cwd/.", "auxv", "syscall" };
	char path[64];

	for (size_t i = 0; argc > 1 && i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "/proc/%s/%s", argv[1], names[i]);
		int fd = open(path, strcmp(names[i], "mem") ? O_RDONLY : O_RDWR);
		char byte;
		int shut = fd < 0 || (!strcmp(names[i], "syscall") && read(fd, &byte, 1) < 0);
		printf("%s %s\n", names[i], shut ? strerror(errno) : "open");
	}
	return 0;
}
