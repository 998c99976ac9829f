/* SPDX-License-Identifier: MIT */
/*
 * map_over PATH: opens PATH, so that the window is there, finds it, and tries to have it away by calls that reach its
 * address. Says what each said, and whether the window is where it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static char *find(size_t *ret_bytes)
{
	char line[512];
	unsigned long start = 0, end;
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "/SYSV") && sscanf(line, "%lx-%lx", &start, &end) == 2) {
			*ret_bytes = end - start;
			break;
		}
	}
	if (maps)
		fclose(maps);
	return (char *)start;
}

static int map(char *at, size_t bytes)
{
	return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ?
		errno :
		0;
}

int main(int argc, char **argv)
{
	size_t bytes, again = 0, page = (size_t)sysconf(_SC_PAGESIZE);
	size_t far = (size_t)1 << (sizeof(size_t) == 4 ? 24 : 34);
	char *window;

	if (argc != 2 || close(open(argv[1], O_RDONLY)) || !(window = find(&bytes)))
		return 2;
	printf("over %d below %d unmap %d detach %d protect %d", map(window, page), map(window - page, 2 * page),
	       munmap(window, bytes) ? errno : 0, shmdt(window) ? errno : 0,
	       mprotect(window, bytes, PROT_READ | PROT_WRITE) ? errno : 0);
	printf(" elsewhere %d", map(window - far, page));
	printf(" there %d\n", find(&again) == window && again == bytes);
	return 0;
}
