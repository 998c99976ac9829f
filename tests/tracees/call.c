/* SPDX-License-Identifier: MIT */
/*
 * call NUMBER [ARGUMENT…]: makes that system call (or one of these names) and prints what the kernel left as its
 * result.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long nr;
} named[] = {
	{ "copy_file_range", SYS_copy_file_range },
	{ "fcntl", SYS_fcntl },
	{ "getpgid", SYS_getpgid },
	{ "getpid", SYS_getpid },
	{ "getppid", SYS_getppid },
	{ "getsid", SYS_getsid },
	{ "lseek", SYS_lseek },
};

static long find(const char *word)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (!strcmp(named[i].name, word))
			return named[i].nr;
	return (long)strtoul(word, NULL, 0);
}

int main(int argc, char **argv)
{
	unsigned long a[6] = { 0 };

	for (int i = 2; i < argc && i < 8; i++)
		a[i - 2] = strtoul(argv[i], NULL, 0);
	errno = 0;
	long result = syscall(find(argv[1]), a[0], a[1], a[2], a[3], a[4], a[5]);
	printf("%ld\n", errno ? -(long)errno : result);
	return 0;
}
