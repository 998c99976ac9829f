/* SPDX-License-Identifier: MIT */
/*
 * Sends itself a signal from a handler. With an argument the handler has a stack of its own, above the one of the
 * function that it interrupts.
 */

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

static char stacks[2][64 << 10];

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
	stack_t stack = { .ss_sp = stacks[1], .ss_size = sizeof(stacks[1]) };
	ucontext_t here, below;

	(void)argv;
	if (sigaltstack(&stack, NULL) || sigaction(SIGUSR2, &action, NULL) || getcontext(&below))
		return 1;
	below.uc_stack = (stack_t){ .ss_sp = stacks[0], .ss_size = sizeof(stacks[0]) };
	below.uc_link = &here;
	makecontext(&below, interrupted_function, 0);
	if (argc > 1)
		return swapcontext(&here, &below);
	interrupted_function();
	return 0;
}
