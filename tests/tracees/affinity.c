/* SPDX-License-Identifier: MIT */
/*
 * affinity DEED…: one after the other.
 *     together, apart, apart-hot   waits until the tracer shares the CPU, or does no more, making calls in this case
 *     show, thread, process, exec  shows the CPUs: here, in a new thread, in a new process, after the exec of the rest
 *     other                        another thread makes calls for ever
 *     really                       the same as /proc has it, and nothing else
 *     line                         says "ready" and waits for a line
 */
#include <pthread.h>
#include <sys/wait.h>

#include "affinity.h"

static void *show_there(void *unused)
{
	show();
	return unused;
}

static void *call_for_ever(void *unused)
{
	for (;;)
		call(1);
	return unused;
}

static void make_process(void)
{
	if (!fork()) {
		printf("really %d\n", really());
		exit(0);
	}
	wait(NULL);
}

static void wait_for_line(void)
{
	char line[8];

	puts("ready");
	fflush(stdout);
	while (read(0, line, sizeof(line)) < 0)
		;
}

static void run(char **deeds)
{
	pthread_t thread;

	if (!strcmp(*deeds, "together"))
		await(1, 64);
	else if (!strncmp(*deeds, "apart", 5))
		await(0, (*deeds)[5] ? 64 : 0);
	else if (!strcmp(*deeds, "show"))
		show();
	else if (!strcmp(*deeds, "really"))
		printf("really %d\n", really());
	else if (!strcmp(*deeds, "process"))
		make_process();
	else if (!strcmp(*deeds, "line"))
		wait_for_line();
	else if (!strcmp(*deeds, "exec"))
		execv("/proc/self/exe", deeds);
	else if (!strcmp(*deeds, "thread") && !pthread_create(&thread, NULL, show_there, NULL))
		pthread_join(thread, NULL);
	else if (!strcmp(*deeds, "other") && pthread_create(&thread, NULL, call_for_ever, NULL))
		exit(1);
}

int main(int argc, char **argv)
{
	(void)argc;
	while (*++argv)
		run(argv);
	return 0;
}
