/* SPDX-License-Identifier: MIT */
/* clone3: makes one, and then a thread, by whatever means the C library finds. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *run(void *unused)
{
	return unused;
}

int main(void)
{
	unsigned long arguments[8] = { 0 }; /* struct clone_args, fork-like */
	pthread_t thread;
	long child = syscall(SYS_clone3, arguments, sizeof(arguments));

	if (!child)
		_exit(0);
	printf("clone3 %s\n", child < 0 ? strerror(errno) : "made a child");
	printf("pthread_create %d\n", pthread_create(&thread, NULL, run, NULL));
	printf("pthread_join %d\n", pthread_join(thread, NULL));
	return 0;
}
