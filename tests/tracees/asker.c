/* SPDX-License-Identifier: MIT */
/*
 * asker THREADS: makes a getpgid(0); then so many threads make a getppid each, and the first one makes a getpgid(0) for
 * each byte of its input meanwhile, and says so.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *ask(void *result)
{
	*(long *)result = syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1, allowed = 0;
	pthread_t *threads = calloc(count, sizeof(*threads));
	long *results = calloc(count, sizeof(*results));
	pthread_attr_t small; /* hundreds must fit into 32 bits */
	char byte;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN + 16384);
	setvbuf(stdout, NULL, _IONBF, 0);
	syscall(SYS_getpgid, 0);
	for (int i = 0; i < count; i++)
		pthread_create(&threads[i], &small, ask, &results[i]);
	printf("asking\n");
	while (read(0, &byte, 1) == 1) /* each byte wants a sign of life */
		printf("%s\n", syscall(SYS_getpgid, 0) > 0 ? "going on" : "refused");
	for (int i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		allowed += results[i] > 0;
	}
	printf("allowed %d\n", allowed);
	free(threads);
	free(results);
	return 0;
}
