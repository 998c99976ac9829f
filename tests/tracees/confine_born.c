/* SPDX-License-Identifier: MIT */
/*
 * confine_born CPU: makes a thread that cannot run yet, gives one filter (getsid fails with errno 7) to all, and
 * says what the new one finds. It has to wait since it is not of the real-time class that its maker, and a thread that
 * only spins, are of; all three are on that processor.
 */
#define _GNU_SOURCE
#include "confine.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static volatile int over;
static pthread_barrier_t spinning;

static int be_urgent(int priority)
{
	const struct sched_param how = { priority };

	return sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &how);
}

static void *spin(void *unused)
{
	int failed = be_urgent(1);

	pthread_barrier_wait(&spinning);
	while (!over && !failed)
		;
	return unused;
}

static void *look(void *unused)
{
	errno = 0;
	syscall(SYS_getsid, 0);
	printf("errno %d narrow %d\n", errno, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t spinner, born;
	struct sock_fprog program;
	struct sock_filter insns[8];
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &cpu);
	pthread_barrier_init(&spinning, NULL, 2);
	if (sched_setaffinity(0, sizeof(cpu), &cpu) || be_urgent(2))
		return puts("not real-time") < 0;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	make_program("getsid=50007", &program, insns);
	pthread_create(&spinner, NULL, spin, NULL);
	pthread_barrier_wait(&spinning);
	pthread_create(&born, NULL, look, NULL);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
	over = 1;
	pthread_join(born, NULL);
	return pthread_join(spinner, NULL);
}
