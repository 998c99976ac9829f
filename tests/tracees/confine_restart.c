/* SPDX-License-Identifier: MIT */
/*
 * confine_restart: filters see the kernel's restart of a sleep that was stopped, and of a read that was:
 * restart_syscall fails with errno 9, and read is itself again. Says what became of both.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void confine(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_restart_syscall, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 9),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, insns };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void await_sleep(pid_t tid)
{
	char name[64], text[512];

	snprintf(name, sizeof(name), "/proc/%d/stat", tid);
	do {
		FILE *file = fopen(name, "r");

		memset(text, 0, sizeof(text));
		if (file && fread(text, 1, sizeof(text) - 1, file))
			fclose(file);
	} while (!strstr(text, ") S "));
}

static void stop_and_go_on(pid_t tid)
{
	int status;

	await_sleep(tid);
	kill(tid, SIGSTOP);
	waitpid(tid, &status, WUNTRACED);
	kill(tid, SIGCONT);
}

int main(void)
{
	const struct timespec hour = { 3600, 0 };
	int ends[2], status;
	char byte = 0;

	if (pipe(ends))
		return 1;
	pid_t child = fork();
	if (!child) {
		confine();
		errno = 0;
		long slept = syscall(SYS_nanosleep, &hour, NULL);
		dprintf(1, "sleep %ld, errno %d\n", slept, errno);
		dprintf(1, "read %zd\n", read(ends[0], &byte, 1));
		_exit(byte);
	}
	stop_and_go_on(child);
	stop_and_go_on(child);
	status = (int)write(ends[1], "x", 1);
	waitpid(child, &status, 0);
	printf("byte %d\n", WEXITSTATUS(status));
	return 0;
}
