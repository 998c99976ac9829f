/* SPDX-License-Identifier: MIT */
/* exec_fails: executes what is not there and what is no program, and goes on. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	execl("/nonexistent/program", "x", (char *)NULL);
	printf("errno %d\n", errno);
	execl("/", "x", (char *)NULL);
	printf("errno %d\n", errno);
	printf("refused %d\n", syscall(SYS_getppid) < 0);
	return 0;
}
