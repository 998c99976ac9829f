/* SPDX-License-Identifier: MIT */
/*
 * rewritten [32]: makes calls whose first argument somebody may change, and says what they gave and whether its
 * register is as it was: getpgid(0), and clone, whose child changes directory. With 32, i386's getpgid from 64-bit
 * code.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call(long nr, unsigned long *argument)
{
	register long r10 __asm__("r10") = 0;
	long result = nr;

	__asm__ volatile("syscall"
			 : "+a"(result), "+D"(*argument), "+r"(r10)
			 : "S"(0L), "d"(0L)
			 : "rcx", "r11", "memory");
	return result;
}

static long call32(long nr, unsigned long *argument)
{
	long result = nr;

	__asm__ volatile("int $0x80"
			 : "+a"(result), "+b"(*argument)
			 :
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}

int main(int argc, char **argv)
{
	unsigned long argument = argc > 1 ? 0x500000000 : 0;
	char cwd[4096] = "";

	(void)argv;
	long result = argc > 1 ? call32(132, &argument) : call(SYS_getpgid, &argument);
	dprintf(1, "getpgid %s, %#lx\n", result < 0 ? "failed" : "done", argument);
	if (argc > 1)
		return 0;
	argument = SIGCHLD;
	long child = call(SYS_clone, &argument);
	if (!child) {
		dprintf(1, "child %d\n", argument == SIGCHLD);
		_exit(chdir("/proc"));
	}
	waitpid((pid_t)child, NULL, 0);
	dprintf(1, "parent %d, %s directory\n", argument == SIGCHLD,
		getcwd(cwd, sizeof(cwd)) && cwd[1] == 'p' ? "one" : "own");
	return 0;
}
