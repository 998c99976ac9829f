/* SPDX-License-Identifier: MIT */
/* A function whose last instruction is a call: the address it would return to belongs to the next function. */

#include <signal.h>
#include <unistd.h>

__attribute__((noinline, noclone)) static _Noreturn void never_returns(void)
{
	kill(getpid(), SIGUSR1);
	_exit(0);
}

__attribute__((noinline, noclone)) static void ends_in_a_call(void)
{
	never_returns();
}

int main(void)
{
	ends_in_a_call();
	__asm__ volatile("" ::
				 : "memory");
	return 0;
}
