/* SPDX-License-Identifier: MIT */
/*
 * clones [filtered]: makes children by clone3, with flags and structures of all kinds, and says what came of each;
 * then a thread, by whatever means the C library finds. "filtered": with a filter of its own, since before an exec.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct row {
	const char *name;
	uint64_t flags, exit_signal, last; /* what stands behind the structure */
	size_t bytes;
} rows[] = {
	{ "fork", 0, SIGCHLD, 0, 88 },
	{ "vfork", CLONE_VFORK, SIGCHLD, 0, 64 },
	{ "of a longer structure", 0, SIGCHLD, 0, 96 },
	{ "of one with more in it", 0, SIGCHLD, 1, 96 },
	{ "of a short one", 0, SIGCHLD, 0, 63 },
	{ "of a page and more", 0, SIGCHLD, 0, 4097 },
	{ "of flags that do not go together", CLONE_SIGHAND, SIGCHLD, 0, 88 },
	{ "with an exit signal for a thread", CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, SIGCHLD, 0, 88 },
	{ "untraced", CLONE_UNTRACED, SIGCHLD, 0, 88 },
	{ "with mounts of its own", CLONE_NEWNS, SIGCHLD, 0, 88 },
	{ "with signals cleared", 0x100000000, SIGCHLD, 0, 88 }, /* CLONE_CLEAR_SIGHAND */
};

static void make(const struct row *row)
{
	static uint64_t arguments[1024];
	int status = 0;

	memset(arguments, 0, sizeof(arguments));
	arguments[0] = row->flags;
	arguments[4] = row->exit_signal;
	arguments[11] = row->last;
	long child = syscall(SYS_clone3, arguments, row->bytes);
	if (!child)
		_exit(7);
	if (child > 0)
		waitpid((pid_t)child, &status, __WALL);
	printf("%s: %s\n", row->name, child < 0 ? strerror(errno) : WEXITSTATUS(status) == 7 ? "done" :
											       "strange");
	fflush(stdout);
}

static void *run(void *unused)
{
	return unused;
}

int main(int argc, char **argv)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog program = { 1, (struct sock_filter *)&allow };
	pthread_t thread;

	if (argc > 1) {
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
		execv(argv[0], (char *[]){ argv[0], NULL });
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		make(&rows[i]);
	printf("nowhere: %s\n", syscall(SYS_clone3, 16L, 88L) < 0 ? strerror(errno) : "done");
	printf("pthread_create %d\n", pthread_create(&thread, NULL, run, NULL));
	printf("pthread_join %d\n", pthread_join(thread, NULL));
	return 0;
}
