/* SPDX-License-Identifier: MIT */
/*
 * confine_threads HOW FLAGS: gives one filter (getsid fails with errno 7) to all threads, of which four wait. They have
 * none ("fresh"), what their maker had ("older"), or there is a fifth that has another ("apart", "strict"), which may
 * be gone ("dead") as may be the first of all ("headless"). "born": threads are made meanwhile. "exec": one of the four
 * executes another program afterwards.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *how, *flags;
static pthread_barrier_t ready, go;
static int told[2], held[2];
static volatile int done, made, unbound;
static volatile pid_t odd;

static long add(const char *word, unsigned sync)
{
	struct sock_fprog program;
	struct sock_filter insns[8];

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	errno = 0;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, sync, make_program(word, &program, insns));
}

static long failing(long nr)
{
	errno = 0;
	return syscall(nr, 0) < 0 ? errno : 0;
}

static void *wait_for_it(void *executes)
{
	char text[100];

	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&go);
	if (executes)
		execl("/proc/self/exe", "again", NULL);
	while (!strcmp(how, "exec"))
		pause();
	int n = snprintf(text, sizeof(text), "getsid %ld getuid %ld narrow %d mode %d\n", failing(SYS_getsid),
			 failing(SYS_getuid), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP));
	return n > 0 && write(1, text, n) == n ? NULL : (void *)1;
}

static void *be_odd(void *unused)
{
	char byte;

	odd = syscall(SYS_gettid);
	if (!strcmp(how, "strict"))
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	else
		add("getuid=50003", 0);
	if (!strcmp(how, "dead"))
		return NULL;
	if (write(told[1], "", 1) == 1)
		while (read(held[0], &byte, 1) > 0)
			;
	syscall(SYS_exit, 0);
	return unused;
}

/* Who was made after it must be bound. */
static void *be_born(void *unused)
{
	int after = done;

	made++;
	unbound += after && failing(SYS_getsid) != 7;
	return unused;
}

static void *make_them(void *unused)
{
	pthread_t child;

	for (int left = 100; left; left -= done)
		if (!pthread_create(&child, NULL, be_born, NULL))
			pthread_join(child, NULL);
	return unused;
}

static void await_end_of_leader(void)
{
	char name[64], text[1024] = "";

	snprintf(name, sizeof(name), "/proc/self/task/%d/status", getpid());
	while (!strstr(text, "\nState:\tZ")) {
		int fd = open(name, O_RDONLY);

		ssize_t bytes = read(fd, text, sizeof(text) - 1);
		text[bytes < 0 ? 0 : bytes] = '\0';
		close(fd);
	}
}

static void *conduct(void *unused)
{
	pthread_t threads[4], other, maker;
	char byte;

	if (!strcmp(how, "headless"))
		await_end_of_leader();
	if (!strcmp(how, "older"))
		add("getuid=50003", 0);
	for (long i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, wait_for_it, !i && !strcmp(how, "exec") ? threads : NULL);
	if (strchr("asd", *how))
		pthread_create(&other, NULL, be_odd, NULL);
	if (*how == 'd')
		pthread_join(other, NULL);
	else if (strchr("as", *how) && read(told[0], &byte, 1) != 1)
		return NULL;
	if (!strcmp(how, "born"))
		pthread_create(&maker, NULL, make_them, NULL);
	pthread_barrier_wait(&ready);
	while (!strcmp(how, "born") && made < 20)
		sched_yield();
	long result = add("getsid=50007", SECCOMP_FILTER_FLAG_TSYNC | strtoul(flags, NULL, 16));
	done = 1;
	const char *said = result > 0 ? result == odd ? "names it" : "names another" : result ? "failed" :
												"done";
	dprintf(1, "%s: %s, errno %d\n", how, said, errno);
	if (!strcmp(how, "born"))
		pthread_join(maker, NULL);
	pthread_barrier_wait(&go);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	dprintf(1, "unbound %d\n", unbound);
	close(held[1]);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3) {
		dprintf(1, "again: getsid %ld narrow %d\n", failing(SYS_getsid),
			prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
		return 0;
	}
	how = argv[1];
	flags = argv[2];
	if (pipe(told) || pipe(held))
		return 1;
	pthread_barrier_init(&ready, NULL, 5);
	pthread_barrier_init(&go, NULL, 5);
	if (strcmp(how, "headless")) {
		conduct(NULL);
		return 0;
	}
	pthread_create(&thread, NULL, conduct, NULL);
	add("getuid=50003", 0);
	pthread_exit(NULL);
}
