/* SPDX-License-Identifier: MIT */
/* Where the window is that judged strings lie in: the first System V segment that is mapped here. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* NULL: there is none. Without malloc, which may have nothing to give by now. */
static char *window_find(size_t *ret_bytes, int *ret_id)
{
	static char text[32768];
	unsigned long start, end, id;
	size_t used = 0;
	ssize_t got;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	while ((got = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)got;
	close(fd);
	text[used] = '\0';
	for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		char *name = strstr(line, "/SYSV"), *next = strchr(line, '\n');

		if (!name || (next && name > next) ||
		    sscanf(line, "%lx-%lx %*s %*x %*s %lu", &start, &end, &id) != 3)
			continue;
		*ret_bytes = end - start;
		*ret_id = (int)id;
		return (char *)start;
	}
	return NULL;
}
