/* SPDX-License-Identifier: MIT */
/* surroundings: what a program inherits, one a line. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	char text[4096];
	int number = -1;
	ssize_t bytes;

	for (int i = 0; i < argc; i++)
		printf("argv[%d] %s\n", i, argv[i]);
	for (char **at = environ; *at; at++)
		printf("env %s\n", *at);
	printf("umask %o\n", umask(0));
	printf("cwd %s\n", getcwd(text, sizeof(text)));
	printf("group %d session %d\n", getpgrp(), getsid(0));
	bytes = readlink("/proc/self/exe", text, sizeof(text) - 1);
	printf("exe %.*s\n", (int)bytes, text);
	prctl(PR_GET_PDEATHSIG, &number);
	printf("parent-death signal %d\n", number);
	printf("no new privileges %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	return 0;
}
