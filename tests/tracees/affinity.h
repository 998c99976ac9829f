/* SPDX-License-Identifier: MIT */
#ifndef AFFINITY_H
#define AFFINITY_H

/* How many CPUs a thread may use: as it really is, which /proc tells, and as a system call shows it. */

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int really(void)
{
	static const char title[] = "Cpus_allowed:\t";
	char text[8192], *at;
	int fd = open("/proc/thread-self/status", O_RDONLY), cpus = 0;
	ssize_t bytes = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[bytes < 0 ? 0 : bytes] = '\0';
	at = strstr(text, title);
	for (at = at ? at + strlen(title) : text; *at && *at != '\n'; at++)
		if (*at != ',')
			cpus += __builtin_popcount((unsigned)strtoul((char[]){ *at, '\0' }, NULL, 16));
	return cpus;
}

static inline void show(void)
{
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	printf("shown %d really %d\n", CPU_COUNT(&set), really());
	fflush(stdout);
}

static inline void call(int calls)
{
	while (calls--)
		syscall(SYS_getppid);
}

/* Makes so many flagged calls at a time until the thread has one CPU, or has more again. */
static inline void await(int one, int calls)
{
	for (int i = 0; (really() == 1) != one; i++) {
		if (i == 100000) {
			printf("never %s\n", one ? "together" : "apart");
			exit(1);
		}
		call(calls);
	}
}

#endif
