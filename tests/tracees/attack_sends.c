/* SPDX-License-Identifier: MIT */
/* Sends to an address, by `sendto`, `sendmsg` or `connect`, that another thread keeps changing: HOW SECONDS. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_un address = { AF_UNIX, "in/s" };

static void *racer(void *unused)
{
	volatile uint64_t *path = (volatile uint64_t *)((char *)&address + 2);
	uint64_t in = 0, out = 0;

	memcpy(&in, "in/s", 4);
	memcpy(&out, "out/s", 5);
	for (;;) {
		*path = out;
		for (volatile int i = 0; i < 300; i++)
			;
		*path = in;
		for (volatile int i = 0; i < 300; i++)
			;
	}
	return unused;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argv[argc - 1]);
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address) };
	pthread_t thread;
	long tries = 0;

	pthread_create(&thread, NULL, racer, NULL);
	for (; time(NULL) < end; tries++) {
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		if (!strcmp(argv[1], "sendto"))
			sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, sizeof(address));
		else if (!strcmp(argv[1], "sendmsg"))
			sendmsg(fd, &message, MSG_DONTWAIT);
		else if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
			send(fd, "x", 1, MSG_DONTWAIT);
		close(fd);
	}
	printf("%ld tries\n", tries);
	fflush(stdout);
	_exit(0);
}
