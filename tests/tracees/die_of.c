/* SPDX-License-Identifier: MIT */
/* die_of SIGNAL: at its default disposition, unblocked. */
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[1]) : SIGKILL;
	sigset_t none;

	sigemptyset(&none);
	signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	raise(number);
	return 99;
}
