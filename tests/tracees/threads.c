/* SPDX-License-Identifier: MIT */
/* threads COUNT: that many at once; each makes a getppid when all are there. Says how many were refused. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

static pthread_barrier_t all_there;
static atomic_int refused;

static void *call(void *unused)
{
	pthread_barrier_wait(&all_there);
	refused += was_refused(syscall(SYS_getppid));
	return unused;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 2;
	pthread_t *threads = calloc(count, sizeof(*threads));

	pthread_barrier_init(&all_there, NULL, count);
	for (int i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, call, NULL))
			return 1;
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	printf("refused %d\n", refused);
	free(threads);
	return 0;
}
