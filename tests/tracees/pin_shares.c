/* SPDX-License-Identifier: MIT */
/*
 * pin_shares HOW A B COUNT: two who share memory, or the window, open a file each and look whether it is theirs: fork,
 * vfork (the child opens, the parent waits), threads (many more than a chunk has slots).
 */
#include "pin_open.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 200

static char **args;
static long count, crossed;

static void open_all(const char *path, const char *mine)
{
	struct stat want, is;

	stat(mine, &want);
	for (long i = 0; i < count; i++) {
		long fd = look_open(path, O_RDONLY, 0);

		if (fd < 0 || fstat((int)fd, &is) || is.st_ino != want.st_ino)
			__atomic_add_fetch(&crossed, 1, __ATOMIC_RELAXED);
		close((int)fd);
	}
}

static pthread_barrier_t together;

static void *thread(void *which)
{
	pthread_barrier_wait(&together); /* all have a slot at once */
	open_all(which, which);
	pthread_barrier_wait(&together);
	return NULL;
}

static void by_threads(void)
{
	pthread_t threads[THREADS];

	pthread_barrier_init(&together, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, thread, args[2 + i % 2]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc != 5)
		return 2;
	args = argv;
	count = atol(argv[4]);
	if (!strcmp(argv[1], "threads"))
		by_threads();
	if (!strcmp(argv[1], "fork")) {
		pid_t child = fork();

		open_all(argv[child ? 2 : 3], argv[child ? 2 : 3]);
		if (!child)
			_exit(crossed || wrong);
		wait(&status);
	}
	for (long i = 0; i < count && !strcmp(argv[1], "vfork"); i++) {
		pid_t child = vfork();

		if (!child) {
			close((int)look_open(argv[2], O_RDONLY, 0));
			if (i % 2)
				execl("/bin/true", "true", (char *)NULL);
			_exit(0);
		}
		waitpid(child, &status, 0);
		close((int)look_open(argv[3], O_RDONLY, 0));
	}
	printf("calls %ld wrong %ld crossed %ld status %d\n", calls, wrong, crossed, status);
	return 0;
}
