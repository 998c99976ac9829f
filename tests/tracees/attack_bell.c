/* SPDX-License-Identifier: MIT */
/* attack_bell: stops all other children of its parent, says so, and waits for ever, with its output open. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	char path[64], line[4096] = "";
	char *at = line;
	int stopped = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getppid(), getppid());
	FILE *file = fopen(path, "r");
	if (file && fgets(line, sizeof(line), file))
		for (pid_t tid; (tid = strtol(at, &at, 10)) > 0;)
			stopped += tid != getpid() && !kill(tid, SIGSTOP);
	printf("stopped %d\n", stopped);
	fflush(stdout);
	for (;;)
		pause();
}
