/* SPDX-License-Identifier: MIT */
/* attack_group PID: aims what takes a process group at that one's; says what each came to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRY(name, call) printf("%s %s\n", name, (call) < 0 ? strerror(errno) : "done")

int main(int argc, char **argv)
{
	long pid = argc > 1 ? atol(argv[1]) : 1;

	TRY("kill", syscall(SYS_kill, -pid, 0));
	TRY("setpriority", syscall(SYS_setpriority, PRIO_PGRP, pid, 0));
	TRY("ioprio_set", syscall(SYS_ioprio_set, 2, pid, 0));
	return 0;
}
