/* SPDX-License-Identifier: MIT */
/*
 * map_over PATH: opens PATH, so that the window is there, finds it, and tries to have it away by calls that reach its
 * address. Says what each said, and whether the window is where it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "window.h"

static int map(char *at, size_t bytes)
{
	return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ?
		errno :
		0;
}

int main(int argc, char **argv)
{
	int id;
	size_t bytes, again = 0, page = (size_t)sysconf(_SC_PAGESIZE);
	size_t far = (size_t)1 << (sizeof(size_t) == 4 ? 24 : 34);
	char *window;

	if (argc != 2 || close(open(argv[1], O_RDONLY)) || !(window = window_find(&bytes, &id)))
		return 2;
	printf("over %d below %d unmap %d detach %d protect %d", map(window, page), map(window - page, 2 * page),
	       munmap(window, bytes) ? errno : 0, shmdt(window) ? errno : 0,
	       mprotect(window, bytes, PROT_READ | PROT_WRITE) ? errno : 0);
	printf(" elsewhere %d", map(window - far, page));
	printf(" there %d\n", window_find(&again, &id) == window && again == bytes);
	return 0;
}
