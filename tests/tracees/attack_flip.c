/* SPDX-License-Identifier: MIT */
/*
 * attack_flip HOW PUBLIC SECRET TRIES: opens a name that becomes the other one all the time (both are as long), by
 * a thread, by another process in shared memory, or by writes to /proc/self/mem. Says how often it got SECRET.
 */
#include "pin_open.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *name;
static const char *names[2];
static size_t at; /* of the byte in which they differ first */

static void *flip_in_place(void *unused)
{
	for (unsigned i = 0;; i++)
		memcpy(name + at, names[i & 1] + at, strlen(names[0]) - at);
	return unused;
}

static void *flip_by_file(void *unused)
{
	int mem = open("/proc/self/mem", O_RDWR);

	for (unsigned i = 0; mem >= 0; i++)
		if (pwrite(mem, names[i & 1] + at, strlen(names[0]) - at, (off_t)(uintptr_t)(name + at)) < 0)
			break;
	return unused;
}

int main(int argc, char **argv)
{
	long tries, got = 0, opened = 0;
	struct stat secret, s;
	pthread_t thread;
	pid_t child = 0;

	if (argc != 5 || stat(argv[3], &secret))
		return 2;
	names[0] = argv[2];
	names[1] = argv[3];
	while (names[0][at] == names[1][at])
		at++;
	name = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(name, names[0]);
	if (!strcmp(argv[1], "process")) {
		child = fork();
		if (!child) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			flip_in_place(NULL);
		}
	} else {
		pthread_create(&thread, NULL, strcmp(argv[1], "file") ? flip_in_place : flip_by_file, NULL);
	}
	for (tries = atol(argv[4]); tries; tries--) {
		long fd = look_open(name, O_RDONLY, 0);

		if (fd < 0)
			continue;
		opened++;
		got += !fstat((int)fd, &s) && s.st_ino == secret.st_ino;
		close((int)fd);
	}
	printf("escapes %ld opened %ld wrong %ld\n", got, opened, wrong);
	fflush(stdout);
	if (child)
		kill(child, SIGKILL);
	_exit(0);
}
