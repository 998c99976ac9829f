/* SPDX-License-Identifier: MIT */
/* sigsys catch|block|ignore: makes a getppid, and says what SIGSYS it got for it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "context.h"

static volatile unsigned long pc;

static void handle(int number, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	pc = CONTEXT_PC(uc);
	printf("signal %d code %d errno %d call %d arch %#x addr %d number %ld result %ld\n", number, info->si_code,
	       info->si_errno, info->si_syscall, info->si_arch, (unsigned long)info->si_call_addr == pc,
	       CONTEXT_NUMBER(uc, info->si_syscall), (long)CONTEXT_RESULT(uc));
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	const char *how = argc > 1 ? argv[1] : "catch";
	sigset_t set;

	if (!strcmp(how, "ignore"))
		action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGSYS, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	if (!strcmp(how, "block"))
		sigprocmask(SIG_BLOCK, &set, NULL);
	/* The first argument has a value of its own: most ABIs leave it where the result would be. */
	long result = syscall(SYS_getppid, 77);
	printf("result %ld\n", result);
	return 0;
}
