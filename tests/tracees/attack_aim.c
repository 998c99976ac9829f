/* SPDX-License-Identifier: MIT */
/* attack_aim PID: aims every call that takes a process at that one, harmlessly; says what each came to. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define TRY(name, call) printf("%s %s\n", name, (call) < 0 ? strerror(errno) : "done")

int main(int argc, char **argv)
{
	long pid = argc > 1 ? atol(argv[1]) : 1, garbage = pid | 0x7eadbeef00000000;
	struct sched_param none = { 0 };
	unsigned long mask[16], attr[7] = { 48 };
	siginfo_t info = { .si_signo = 0, .si_code = SI_QUEUE };
	char byte, path[64];
	struct iovec here = { &byte, 1 }, there = { main, 1 };

	memset(mask, 0xff, sizeof(mask));
	TRY("kill", syscall(SYS_kill, pid, 0));
	TRY("kill_garbage", syscall(SYS_kill, garbage, 0));
	TRY("tkill", syscall(SYS_tkill, pid, 0));
	TRY("tgkill", syscall(SYS_tgkill, pid, pid, 0));
	TRY("rt_sigqueueinfo", syscall(SYS_rt_sigqueueinfo, pid, 0, &info));
	TRY("rt_tgsigqueueinfo", syscall(SYS_rt_tgsigqueueinfo, pid, pid, 0, &info));
	TRY("prlimit64", syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, NULL));
	TRY("sched_setaffinity", syscall(SYS_sched_setaffinity, pid, sizeof(mask), mask));
	TRY("sched_setscheduler", syscall(SYS_sched_setscheduler, pid, SCHED_OTHER, &none));
	TRY("sched_setparam", syscall(SYS_sched_setparam, pid, &none));
	TRY("sched_setattr", syscall(SYS_sched_setattr, pid, attr, 0));
	TRY("setpriority", syscall(SYS_setpriority, PRIO_PROCESS, pid, 0));
	TRY("ioprio_set", syscall(SYS_ioprio_set, 1, pid, 0));
	TRY("process_vm_readv", syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0));
	TRY("pidfd_open", syscall(SYS_pidfd_open, pid, 0));
	snprintf(path, sizeof(path), "/proc/%ld", pid);
	TRY("pidfd_send_signal", syscall(SYS_pidfd_send_signal, open(path, O_RDONLY | O_DIRECTORY), 0, NULL, 0));
	TRY("ptrace", syscall(SYS_ptrace, 0x4206 /* SEIZE */, pid, 0, 0));
	return 0;
}
