/* SPDX-License-Identifier: MIT */
/*
 * pin_signals WHAT FIFO OTHER: an open of a FIFO that nobody writes to yet, and meanwhile what a sibling process does:
 *   restart, eintr, ignored   a signal with a handler that restarts, one that does not, none
 *   nested, jump              a handler that opens OTHER itself; one that jumps away
 *   stopped                   SIGSTOP and SIGCONT
 */
#include "pin_open.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *what, *other;
static volatile int handled, strange; /* frames that show what is not the program's own */
static sigjmp_buf back;

static void handle(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info;
	handled++;
	strange += is_strange(context);
	if (!strcmp(what, "nested")) {
		char path[256];
		strncpy(path, other, sizeof(path) - 1);
		close((int)look_open(path, O_RDONLY, 0));
	}
	if (!strcmp(what, "jump"))
		siglongjmp(back, 1);
}

/* At a thread that sleeps in its open, and only there; then lets the open come to its end. */
static void disturb(pid_t whom, const char *fifo)
{
	for (int i = 0; i < 3; i++) {
		usleep(20000);
		kill(whom, !strcmp(what, "stopped") ? SIGSTOP : SIGUSR1);
		usleep(20000);
		kill(whom, SIGCONT);
	}
	usleep(20000);
	_exit(open(fifo, O_WRONLY) < 0);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	struct stat opened, wanted;
	pid_t self = getpid();
	long fd = -1;

	if (argc != 4)
		return 2;
	what = argv[1];
	other = argv[3];
	action.sa_flags |= !strcmp(what, "restart") || !strcmp(what, "nested") ? SA_RESTART : 0;
	if (!strcmp(what, "ignored"))
		action.sa_handler = SIG_IGN;
	sigaction(SIGUSR1, &action, NULL);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		disturb(self, argv[2]);
	}
	if (!sigsetjmp(back, 1))
		while ((fd = look_open(argv[2], O_RDONLY, 0)) == -EINTR && handled < 3)
			;
	if (fd < 0)
		fd = look_open(argv[2], O_RDONLY | O_NONBLOCK, 0);
	stat(argv[2], &wanted);
	printf("right %d wrong %ld strange %d handled %d\n",
	       !fstat((int)fd, &opened) && opened.st_ino == wanted.st_ino, wrong, strange, handled);
	return 0;
}
