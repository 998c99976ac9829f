/* SPDX-License-Identifier: MIT */
/*
 * attack_handles HOW [once] SECONDS: opens a FIFO that has no name any more, which waits; meanwhile a thread opens
 * other files, and sends signals, so that the kernel makes the waiting call again. Says how often it got something
 * else.
 */
#include "race.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIFO "/proc/self/fd/11"

static pthread_t opener;
static volatile int waiting;
static volatile long handled;

static void handle(int number)
{
	struct stat at;

	(void)number;
	if (handled++ & 1)
		stat("in/f", &at); /* a call of its own in between */
}

static void *disturb(void *unused)
{
	for (;;) {
		struct stat at;
		int fd = -1;

		while (!waiting)
			;
		for (int i = 0; i < 3; i++) {
			/* Whatever it is that needs a descriptor to be handed over. */
			close(open("in/f", O_RDONLY | O_NONBLOCK)); /* it may become the FIFO */
			stat("in/f", &at);
			pthread_kill(opener, SIGUSR1);
			stat("in/x", &at);
			close(open("in/x", O_RDONLY | O_NONBLOCK));
		}
		while (waiting && fd < 0) {
			fd = open(FIFO, O_WRONLY | O_NONBLOCK);
			if (fd < 0 || (!fstat(fd, &at) && S_ISFIFO(at.st_mode)))
				continue;
			race_escapes++; /* it got another file, and nobody would wake who waits */
			close(fd);
			fd = -1;
		}
		while (waiting)
			;
		close(fd);
	}
	return unused;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
	pthread_t thread;
	struct stat at;
	int fd;

	if (mkfifo("in/pipe", 0600) || dup2(open("in/pipe", O_PATH), 11) != 11 || unlink("in/pipe"))
		return 2;
	sigaction(SIGUSR1, &action, NULL);
	opener = pthread_self();
	pthread_create(&thread, NULL, disturb, NULL);
	for (race_begin(argc, argv); race_goes_on(); close(fd)) {
		waiting = 1;
		fd = open(FIFO, O_RDONLY);
		waiting = 0;
		if (fd < 0 || fstat(fd, &at))
			continue;
		race_done++;
		race_escapes += !S_ISFIFO(at.st_mode);
	}
	race_wrong = handled < 1;
	race_say();
	_exit(0);
}
