/* SPDX-License-Identifier: MIT */
/*
 * Opens a path again and again while another thread changes what it means: HOW SECONDS. In the working directory are
 * `in` and `out`; descriptors 8 and 9 are these two. Says how often it tried, and how often it got what is in `out`.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *how;

static void change(int i)
{
	if (!strcmp(how, "middle"))
		syscall(SYS_renameat2, AT_FDCWD, "in/a", AT_FDCWD, "in/b", 2);
	else if (!strcmp(how, "last") || !strcmp(how, "stat"))
		syscall(SYS_renameat2, AT_FDCWD, "in/x", AT_FDCWD, "in/y", 2);
	else if (!strcmp(how, "cwd"))
		(void)!fchdir(i & 1 ? 9 : 8);
	else if (!strcmp(how, "dirfd"))
		dup2(i & 1 ? 9 : 8, 10);
	else if (!strcmp(how, "create"))
		i & 1 ? unlink("in/new") : symlink("../out/planted", "in/new");
}

static void *racer(void *unused)
{
	for (int i = 0;; i++)
		change(i);
	return unused;
}

static int try_it(void)
{
	struct stat at = { 0 };
	char name[256] = "", link[32];
	int fd = -1;

	if (!strcmp(how, "stat"))
		return !syscall(SYS_newfstatat, AT_FDCWD, "in/x", &at, 0) && at.st_size == 7;
	if (!strcmp(how, "create"))
		fd = syscall(SYS_openat, AT_FDCWD, "in/new", O_CREAT | O_WRONLY, 0600);
	else
		fd = syscall(SYS_openat, !strcmp(how, "dirfd") ? 10 : AT_FDCWD,
			     !strcmp(how, "middle") ? "in/a/f" : !strcmp(how, "last") ? "in/x" :
											"f",
			     O_RDONLY);
	if (fd < 0)
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)!readlink(link, name, sizeof(name) - 1);
	close(fd);
	return strstr(name, "/out/") != NULL;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[argc - 1]);
	long tries = 0, escapes = 0;
	pthread_t thread;

	how = argv[1];
	dup2(8, 10);
	pthread_create(&thread, NULL, racer, NULL);
	for (; time(NULL) < end && !(escapes && argc > 3); tries++)
		escapes += try_it();
	printf("%ld tries %ld escapes\n", tries, escapes);
	fflush(stdout);
	_exit(0);
}
