/* SPDX-License-Identifier: MIT */
/* thread_exec_of FILE: a thread that does not lead executes that. */
#include <pthread.h>
#include <unistd.h>

static void *execute(void *file)
{
	char *again[] = { file, NULL };

	execv(file, again);
	_exit(99);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc > 1)
		pthread_create(&thread, NULL, execute, argv[1]);
	for (;;)
		pause();
}
