/* SPDX-License-Identifier: MIT */
/*
 * attack_flip_in WHERE PUBLIC SECRET [once] SECONDS: a thread changes the name; it is opened in a child of vfork
 * ("vfork"), under a storm of signals, whose handler opens it as well ("storm"), by a child and its parent in turn
 * after an exec of the child's ("exec"), or by int $0x80 ("i386").
 */
#include "flip.h"

#include "pin_open.h"

#include <sys/time.h>
#include <sys/wait.h>

static void open_it(void)
{
	race_escapes += flip_look(look_open(name, O_RDONLY, 0));
}

/* Who is interrupted gets on, however slow the machine. */
static void arm(void)
{
	const struct itimerval soon = { { 0, 0 }, { 0, 500 } };

	setitimer(ITIMER_REAL, &soon, NULL);
}

static void handle(int number)
{
	(void)number;
	if (race_goes_on())
		open_it();
	arm();
}

static void storm(void)
{
	const struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &action, NULL);
	arm();
	while (race_goes_on())
		open_it();
	signal(SIGALRM, SIG_IGN);
}

/* Of the parent's memory: what it counts, it counts there. */
static void in_vfork(const char *program)
{
	while (race_goes_on()) {
		pid_t child = vfork();

		for (int i = 0; !child && i < 100 && race_goes_on(); i++)
			open_it();
		if (!child && program)
			execl(program, program, (char *)NULL);
		if (!child)
			_exit(0);
		open_it();
		waitpid(child, NULL, 0);
	}
}

static void by_i386(void)
{
#ifdef __x86_64__
	int fd;

	while (race_goes_on()) {
		__asm__ volatile("int $0x80"
				 : "=a"(fd)
				 : "0"(5), "b"(name), "c"(O_RDONLY), "d"(0)
				 : "r8", "r9", "r10", "r11", "memory");
		race_escapes += flip_look(fd);
	}
#endif
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 5 || flip_prepare(argv[2], argv[3]))
		return 2;
	pthread_create(&thread, NULL, flip_in_place, NULL);
	race_begin(argc, argv);
	if (!strcmp(argv[1], "storm"))
		storm();
	else if (!strcmp(argv[1], "i386"))
		by_i386();
	else
		in_vfork(strcmp(argv[1], "exec") ? NULL : "/bin/true");
	race_wrong = wrong;
	race_say();
	_exit(0);
}
