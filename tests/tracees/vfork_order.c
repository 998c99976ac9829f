/* SPDX-License-Identifier: MIT */
/* vfork_order: a vfork child shares the memory, runs first, and is under the same filter; then one that executes. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ENOSYS is what a flagged call gets where no tracer is. */
static int was_refused(long result)
{
	return result < 0 && errno != ENOSYS;
}

int main(int argc, char **argv)
{
	volatile int written = 0, refused = -1, status;
	pid_t child;

	if (argc > 1)
		return 7;
	child = vfork();
	if (!child) {
		refused = was_refused(syscall(SYS_getppid));
		written = 1;
		_exit(3);
	}
	printf("written %d refused %d\n", written, refused);
	waitpid(child, (int *)&status, 0);
	printf("exited %d\n", WEXITSTATUS(status));
	child = vfork();
	if (!child) {
		execl("/proc/self/exe", argv[0], "again", (char *)NULL);
		_exit(99);
	}
	waitpid(child, (int *)&status, 0);
	printf("exited %d\n", WEXITSTATUS(status));
	return 0;
}
