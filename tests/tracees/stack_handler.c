/* SPDX-License-Identifier: MIT */
/* Sends itself a signal from a handler, which runs on a stack of its own that lies above or below the ordinary one. */

#include <signal.h>
#include <unistd.h>

static char low_stack[64 << 10];

static void handler_function(int number)
{
	(void)number;
	kill(getpid(), SIGUSR1);
}

__attribute__((noinline, noclone)) static void interrupted_function(void)
{
	kill(getpid(), SIGUSR2);
	__asm__ volatile("" ::
				 : "memory");
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler_function, .sa_flags = argc > 1 ? SA_ONSTACK : 0 };
	stack_t stack = { .ss_sp = low_stack, .ss_size = sizeof(low_stack) };

	(void)argv;
	if (sigaltstack(&stack, NULL) || sigaction(SIGUSR2, &action, NULL))
		return 1;
	interrupted_function();
	return 0;
}
