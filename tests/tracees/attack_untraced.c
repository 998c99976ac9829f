/* SPDX-License-Identifier: MIT */
/*
 * attack_untraced FOLDER: makes a child that no tracer follows, traces it itself, and lets it pass at the stop of its
 * mkdir. Says what clone, ptrace and the mkdir came to.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static int ready[2];

static void be_the_child(const char *folder)
{
	char byte;

	if (read(ready[0], &byte, 1) != 1)
		_exit(1);
	printf("mkdir %s\n", mkdir(folder, 0700) ? strerror(errno) : "done");
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	int status;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(ready))
		return 1;
#ifdef __s390x__ /* the stack comes first */
	pid_t child = syscall(SYS_clone, 0, CLONE_UNTRACED | SIGCHLD, 0, 0, 0);
#else
	pid_t child = syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0);
#endif
	if (!child)
		be_the_child(argc > 1 ? argv[1] : "");
	printf("clone %s\n", child < 0 ? strerror(errno) : "done");
	if (child < 0 && !(child = fork()))
		be_the_child(argc > 1 ? argv[1] : "");
	printf("ptrace %s\n", ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESECCOMP) ? strerror(errno) : "done");
	if (write(ready[1], "", 1) != 1)
		return 1;
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, child, 0, 0);
	return 0;
}
