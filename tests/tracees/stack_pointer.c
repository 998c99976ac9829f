/* SPDX-License-Identifier: MIT */
/* A function whose frame is found through the frame pointer (its size is not known), then a signal to itself. */

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

__attribute__((noinline, noclone)) static char sized_at_run_time(size_t bytes)
{
	volatile char room[bytes];

	room[bytes - 1] = 1;
	kill(getpid(), SIGUSR1);
	return room[bytes - 1];
}

int main(int argc, char **argv)
{
	(void)argv;
	return sized_at_run_time((size_t)argc * 100) - 1;
}
