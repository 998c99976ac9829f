/* SPDX-License-Identifier: MIT */
/* wait_stops: says what a parent sees of a child that stops itself, is continued, is stopped from outside, and ends. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void see(pid_t child)
{
	int status;

	waitpid(child, &status, WUNTRACED | WCONTINUED);
	if (WIFSTOPPED(status))
		printf("stopped %d\n", WSTOPSIG(status));
	else if (WIFCONTINUED(status))
		printf("continued\n");
	else if (WIFEXITED(status))
		printf("exited %d\n", WEXITSTATUS(status));
	else
		printf("signal %d\n", WTERMSIG(status));
}

int main(void)
{
	pid_t child = fork();

	if (!child) {
		setpgid(0, 0); /* a group that somebody could continue: the kernel drops SIGTSTP of others */
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	see(child);
	kill(child, SIGCONT);
	see(child);
	kill(child, SIGTSTP);
	see(child);
	kill(child, SIGCONT);
	see(child);
	kill(child, SIGTERM);
	see(child);
	return 0;
}
