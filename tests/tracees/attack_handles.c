/* SPDX-License-Identifier: MIT */
/*
 * attack_handles HOW [once] SECONDS: opens a FIFO that has no name any more, which waits; meanwhile a thread uses other
 * files, and sends signals, so that the kernel makes the waiting call again. Each of these is a try. Says how often it
 * got something else.
 */
#include "race.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FIFO "/proc/self/fd/11"
#define SIGNALS 100 /* while one call waits */

static pthread_t opener;
static volatile int waiting;
static volatile long handled;

static void handle(int number)
{
	struct stat at;

	(void)number;
	race_tries++;
	if (handled++ & 1)
		stat("in/f", &at); /* a call of its own in between */
}

/* Whatever it is that needs a descriptor to be handed over; and it may become the FIFO. */
static void use(int i)
{
	struct stat at;
	int fd = -1;

	stat("in/x", &at);
	fd = open(i & 1 ? "in/f" : "in/x", O_RDONLY | O_NONBLOCK);
	if (fd >= 0)
		close(fd);
}

/* Lets the call that waits go on. What is opened here may be another file, and nobody would wake who waits. */
static int open_other_end(void)
{
	struct stat at;
	int fd = -1;

	while (waiting && fd < 0) {
		fd = open(FIFO, O_WRONLY | O_NONBLOCK);
		if (fd < 0 || (!syscall(SYS_fstat, fd, &at) && S_ISFIFO(at.st_mode)))
			continue;
		race_escapes++;
		close(fd);
		fd = -1;
	}
	return fd;
}

static void *disturb(void *unused)
{
	for (;;) {
		int fd;

		while (!waiting)
			;
		for (int i = 0; i < SIGNALS && waiting; i++) {
			long before = handled;

			use(i);
			pthread_kill(opener, SIGUSR1);
			while (waiting && handled == before)
				;
		}
		fd = open_other_end();
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
		if (fd < 0 || syscall(SYS_fstat, fd, &at))
			continue;
		race_done++;
		race_escapes += !S_ISFIFO(at.st_mode);
	}
	race_turns = handled; /* there is nothing that is refused */
	race_say();
	_exit(0);
}
