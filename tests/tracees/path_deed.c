/* SPDX-License-Identifier: MIT */
/* Does one thing with one or two paths, and prints how it ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clone_fs.h"

/* Whether a relative path begins elsewhere once a process that shares our directory has gone there. */
static long moved(const char *to)
{
	struct stat before, after, there;
	char name[256];

	snprintf(name, sizeof(name), "%s/f", to);
	if (stat(name, &there) || stat("f", &before))
		return -1;
	long child = clone_fs();
	if (!child)
		_exit(chdir(to));
	waitpid((pid_t)child, NULL, 0);
	return stat("f", &after) ? -1 : after.st_ino == there.st_ino && after.st_ino != before.st_ino;
}

#ifdef __x86_64__
/* An open of i386's, which knows no more than the lower halves of its registers. */
static long dirty_open(const char *path)
{
	const unsigned long dirt = 0x5aUL << 32;
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	snprintf(low, 4096, "%s", path);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(dirt | 5), "b"((unsigned long)low | dirt), "c"(dirt), "d"(dirt)
			 : "r8", "r9", "r10", "r11", "memory");
	errno = -(int)result;
	return (int)result < 0 ? -1 : (int)result;
}
#endif

static long deed(const char *what, const char *a, const char *b)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = b ? strtoul(b, NULL, 0) : 0 };
	struct stat at;

	if (!strcmp(what, "open"))
		return syscall(SYS_openat, AT_FDCWD, a, b ? strtoul(b, NULL, 0) : 0, 0644);
	if (!strcmp(what, "oldopen"))
#ifdef SYS_open
		return syscall(SYS_open, a, b ? strtoul(b, NULL, 0) : 0, 0644);
#else /* newer architectures never had it */
		return open(a, b ? (int)strtoul(b, NULL, 0) : 0, 0644);
#endif
	if (!strcmp(what, "below")) /* -1, where there is no such directory, is as the kernel has it */
		return syscall(SYS_openat, open(a, O_PATH), b, 0);
#ifdef __x86_64__
	if (!strcmp(what, "dirty"))
		return dirty_open(a);
#endif
	if (!strcmp(what, "openat2"))
		return syscall(SYS_openat2, AT_FDCWD, a, &how, sizeof(how));
	if (!strcmp(what, "stat"))
		return fstatat(AT_FDCWD, a, &at, 0);
	if (!strcmp(what, "lstat")) /* 0: a link, 1: none */
		return fstatat(AT_FDCWD, a, &at, AT_SYMLINK_NOFOLLOW) ? -1 : !S_ISLNK(at.st_mode);
	if (!strcmp(what, "mkdir"))
		return mkdir(a, 0755);
	if (!strcmp(what, "rmdir"))
		return rmdir(a);
	if (!strcmp(what, "unlink"))
		return unlink(a);
	if (!strcmp(what, "rename"))
		return rename(a, b);
	if (!strcmp(what, "link"))
		return link(a, b);
	if (!strcmp(what, "symlink"))
		return symlink(a, b);
	if (!strcmp(what, "chmod"))
		return chmod(a, 0600);
	if (!strcmp(what, "truncate"))
		return truncate(a, 0);
	if (!strcmp(what, "chdir"))
		return chdir(a);
	if (!strcmp(what, "moved"))
		return moved(a);
	errno = EINVAL;
	return -1;
}

int main(int argc, char **argv)
{
	long r = deed(argv[1], argv[2], argc > 3 ? argv[3] : NULL);

	puts(r < 0 ? strerrorname_np(errno) : r ? "done" :
						  "0");
	return 0;
}
