/* SPDX-License-Identifier: MIT */
/*
 * caught NAME…: catches those signals (by number), says "ready", and then what it gets; ends with the end of its
 * input.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void handle(int number, siginfo_t *info, void *context)
{
	char line[96];
	int bytes = snprintf(line, sizeof(line), "signal %d code %d value %d\n", number, info->si_code,
			     info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);

	(void)context;
	if (write(1, line, bytes) != bytes)
		_exit(1);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	char byte;

	for (int i = 1; i < argc; i++)
		sigaction(atoi(argv[i]), &action, NULL);
	if (write(1, "ready\n", 6) != 6)
		return 1;
	while (read(0, &byte, 1) != 0)
		;
	return 0;
}
