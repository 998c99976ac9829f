/* SPDX-License-Identifier: MIT */
/* sigsys catch|block|ignore: makes a getppid, and says what SIGSYS it got for it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

extern const char behind_the_call[];

static void handle(int number, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	printf("signal %d code %d errno %d call %d arch %#x addr %d ip %d ax %lld\n", number, info->si_code,
	       info->si_errno, info->si_syscall, info->si_arch, info->si_call_addr == behind_the_call,
	       uc->uc_mcontext.gregs[REG_RIP] == (long long)(unsigned long)behind_the_call,
	       (long long)uc->uc_mcontext.gregs[REG_RAX]);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	const char *how = argc > 1 ? argv[1] : "catch";
	sigset_t set;
	long result;

	if (!strcmp(how, "ignore"))
		action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGSYS, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	if (!strcmp(how, "block"))
		sigprocmask(SIG_BLOCK, &set, NULL);
	__asm__ volatile("syscall\n.globl behind_the_call\nbehind_the_call:"
			 : "=a"(result)
			 : "0"(110L)
			 : "rcx", "r11", "memory");
	printf("result %ld\n", result);
	return 0;
}
