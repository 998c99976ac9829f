/* SPDX-License-Identifier: MIT */
/*
 * hot PROCESSES CALLS ROUNDS [signals|stops] — so many processes at once make so many calls of getppid each, and count
 * what is not as it was: an answer, their signal mask, their maps. In rounds, each of new ones. Meanwhile a timer sends
 * them signals, or we stop them and let them go on. Prints sums, and how many ended as they should.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile struct {
	long wrong, signals, ended, stops;
} * sums;
static volatile long handled;
static char maps[2][16384];

static void count_signal(int signal)
{
	handled += signal == SIGALRM;
}

static void look(int when, sigset_t *mask)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t bytes = 1;

	for (size_t used = 0; bytes > 0; used += (size_t)bytes)
		bytes = read(fd, maps[when] + used, sizeof(maps[when]) - 1 - used);
	close(fd);
	sigprocmask(SIG_BLOCK, NULL, mask);
}

static void be_hot(pid_t parent, long calls, const char *how)
{
	struct itimerval timer = { { 0, 500 }, { 0, 500 } };
	sigset_t before, after;
	long wrong = 0;

	signal(SIGALRM, count_signal);
	if (!strcmp(how, "signals"))
		setitimer(ITIMER_REAL, &timer, NULL);
	look(0, &before);
	for (long i = 0; i < calls; i++)
		wrong += syscall(SYS_getppid) != parent;
	look(1, &after);
	wrong += memcmp(&before, &after, 8) != 0; /* the kernel's are shorter than the C library's */
	wrong += strcmp(maps[0], maps[1]) != 0;
	__atomic_add_fetch(&sums->wrong, wrong, __ATOMIC_RELAXED);
	__atomic_add_fetch(&sums->signals, handled, __ATOMIC_RELAXED);
	_exit(7);
}

/* Stops whoever is left, sees it stopped, and lets it go on; until it has ended. */
static void disturb(pid_t pid)
{
	int status;

	while (!kill(pid, SIGSTOP) && waitpid(pid, &status, WUNTRACED) == pid) {
		if (!WIFSTOPPED(status)) {
			sums->ended += WIFEXITED(status) && WEXITSTATUS(status) == 7;
			return;
		}
		sums->stops++;
		sums->wrong += WSTOPSIG(status) != SIGSTOP;
		kill(pid, SIGCONT);
		usleep(1000); /* or it would be stopped for good */
	}
}

int main(int argc, char **argv)
{
	int processes = atoi(argv[1]), rounds = atoi(argv[3]), status;
	const char *how = argc > 4 ? argv[4] : "";
	pid_t last = 0, us = getpid();

	sums = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	while (rounds--) {
		for (int i = 0; i < processes; i++)
			if (!(last = fork()))
				be_hot(us, atol(argv[2]), how);
		if (!strcmp(how, "stops"))
			disturb(last);
		while (wait(&status) > 0)
			sums->ended += WIFEXITED(status) && WEXITSTATUS(status) == 7;
	}
	printf("wrong %ld, ended %ld%s%s\n", sums->wrong, sums->ended, sums->signals ? ", signals" : "",
	       sums->stops ? ", stops" : "");
	return 0;
}
