/* SPDX-License-Identifier: MIT */
/* Three functions deep, then a signal to itself. The names are looked for. */

#include <signal.h>
#include <unistd.h>

__attribute__((noinline, noclone)) static void innermost_function(void)
{
	kill(getpid(), SIGUSR1);
	__asm__ volatile("" ::
				 : "memory");
}

__attribute__((noinline, noclone)) static void middle_function(void)
{
	innermost_function();
	__asm__ volatile("" ::
				 : "memory");
}

__attribute__((noinline, noclone)) static void outer_function(void)
{
	middle_function();
	__asm__ volatile("" ::
				 : "memory");
}

int main(void)
{
	outer_function();
	return 0;
}
