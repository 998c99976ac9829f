/* SPDX-License-Identifier: MIT */
/*
 * attack_execs HOW [once] SECONDS: executes in/prog and in/run, which another process exchanges for links to
 * out/prog, which ends with what it is told. in/prog is no program, so that an exec of it can be tried again at once;
 * in/run is one.
 */
#include "race.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ESCAPED 77
#define REFUSED 9
#define TRIES_OF_CHILD 500

static void change(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		syscall(SYS_renameat2, AT_FDCWD, "in/prog", AT_FDCWD, "in/prog2", 2);
		syscall(SYS_renameat2, AT_FDCWD, "in/run", AT_FDCWD, "in/run2", 2);
	}
}

/* In a child of vfork: what it counts is counted, whatever becomes of it. */
static void execute(void)
{
	char *argv[] = { "prog", "77", NULL };

	for (int i = 0; i < TRIES_OF_CHILD && race_goes_on(); i++) {
		execve("in/prog", argv, argv + 2);
		race_wrong += errno != ENOEXEC && errno != EACCES;
		race_saw(errno == ENOEXEC);
	}
	execve("in/run", argv, argv + 2);
	_exit(REFUSED);
}

int main(int argc, char **argv)
{
	pid_t racer = fork(), child;
	int status;

	if (!racer)
		change();
	for (race_begin(argc, argv); race_goes_on();) {
		child = vfork();
		if (!child)
			execute();
		waitpid(child, &status, 0);
		race_saw(!status);
		race_escapes += WIFEXITED(status) && WEXITSTATUS(status) == ESCAPED;
		/* What came in between is killed before its first instruction. */
		race_wrong += WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL;
	}
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	race_say();
	return 0;
}
