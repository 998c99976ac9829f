/* SPDX-License-Identifier: MIT */
/* thread_call: a second thread makes a getppid; says what it got, and that the process goes on. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

static void *call(void *unused)
{
	(void)unused;
	printf("thread %s\n", was_refused(syscall(SYS_getppid)) ? "refused" : "allowed");
	return NULL;
}

int main(void)
{
	pthread_t thread;

	setvbuf(stdout, NULL, _IONBF, 0);
	pthread_create(&thread, NULL, call, NULL);
	pthread_join(thread, NULL);
	printf("survived\n");
	return 0;
}
