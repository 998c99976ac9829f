/* SPDX-License-Identifier: MIT */
/* thread_call: a second thread makes a getppid; says what it got, and that the process goes on. */
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *call(void *unused)
{
	(void)unused;
	printf("thread %s\n", syscall(SYS_getppid) < 0 ? "refused" : "allowed");
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
