/* SPDX-License-Identifier: MIT */
/* One function with two names, one of them for this file only. */

#include <signal.h>
#include <unistd.h>

__attribute__((noinline, noclone, used)) static void local_name(void)
{
	kill(getpid(), SIGUSR1);
	__asm__ volatile("" ::
				 : "memory");
}

void global_name(void) __attribute__((alias("local_name")));

int main(void)
{
	local_name();
	return 0;
}
