/* SPDX-License-Identifier: MIT */
/*
 * confine_orphans: 200 times, a process that gave itself a filter (getsid fails with errno 7) makes children until it
 * is killed in the middle of that. Says whether there were many children, and how many had no filter.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void bear(int told)
{
	struct sock_fprog program;
	struct sock_filter insns[8];

	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, make_program("getsid=50007", &program, insns)))
		return;
	for (;;) {
		if (fork())
			continue;
		int bound = syscall(SYS_getsid, 0) < 0 && errno == 7;
		_exit(write(told, bound ? "b" : "u", 1) != 1);
	}
}

int main(void)
{
	unsigned count[256] = { 0 };
	int pair[2];
	char said;

	if (pipe(pair))
		return 1;
	for (int i = 0; i < 200; i++) {
		pid_t parent = fork();

		if (!parent)
			bear(pair[1]);
		for (int k = 0; k <= i % 3; k++)
			count[read(pair[0], &said, 1) == 1 ? (unsigned char)said : 'u']++;
		kill(parent, SIGKILL);
		waitpid(parent, NULL, 0);
	}
	close(pair[1]);
	while (read(pair[0], &said, 1) == 1)
		count[(unsigned char)said]++;
	printf("%s, unbound %u\n", count['b'] >= 200 ? "many" : "few", count['u']);
	return 0;
}
