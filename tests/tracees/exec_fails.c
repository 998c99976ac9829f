/* SPDX-License-Identifier: MIT */
/* exec_fails: executes what is not there and what is no program, and goes on. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

int main(void)
{
	execl("/nonexistent/program", "x", (char *)NULL);
	printf("errno %d\n", errno);
	execl("/", "x", (char *)NULL);
	printf("errno %d\n", errno);
	printf("refused %d\n", was_refused(syscall(SYS_getppid)));
	return 0;
}
