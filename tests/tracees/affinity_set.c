/* SPDX-License-Identifier: MIT */
/*
 * affinity_set mask|fifo|deadline: sets that for itself, says whether it went well, and shows its CPUs: in a child,
 * and after many calls.
 */
#include <errno.h>
#include <sys/wait.h>

#include "affinity.h"

struct attributes { /* struct sched_attr, sched_setattr(2) */
	unsigned size, policy;
	unsigned long long flags;
	int nice;
	unsigned priority;
	unsigned long long runtime, deadline, period;
};

static int choose_a_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int set(const char *what)
{
	struct sched_param param = { .sched_priority = 1 };
	struct attributes deadline = { .size = sizeof(deadline),
				       .policy = SCHED_DEADLINE,
				       .runtime = 5000000,
				       .deadline = 20000000,
				       .period = 20000000 };

	if (!strcmp(what, "mask"))
		return choose_a_cpu();
	if (!strcmp(what, "fifo"))
		return sched_setscheduler(0, SCHED_FIFO, &param);
	return (int)syscall(SYS_sched_setattr, 0, &deadline, 0);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 1;
	await(1, 64);
	printf("set %d\n", set(argv[1]) ? errno : 0);
	fflush(stdout);
	pid_t child = fork(); /* none of a deadline thread's */
	if (!child) {
		show();
		return 0;
	}
	waitpid(child, NULL, 0);
	call(1000);
	printf("really %d\n", really());
	show();
	return 0;
}
