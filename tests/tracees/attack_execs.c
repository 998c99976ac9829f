/* SPDX-License-Identifier: MIT */
/* attack_execs HOW [once] SECONDS: executes `in/prog in/escapes`, which a child exchanges for a link to out/prog. */
#include "race.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t racer = fork(), child;
	int status;

	if (!racer)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (; !racer;)
		syscall(SYS_renameat2, AT_FDCWD, "in/prog", AT_FDCWD, "in/prog2", 2);
	for (race_begin(argc, argv); race_goes_on();) {
		child = vfork();
		if (!child) {
			execl("in/prog", "prog", "in/escapes", (char *)NULL);
			_exit(9);
		}
		waitpid(child, &status, 0);
		race_done += !status;
		race_escapes += !unlink("in/escapes");
	}
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	race_say();
	return 0;
}
