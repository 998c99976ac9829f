/* SPDX-License-Identifier: MIT */
/* Asks on the terminal what is to happen to a call. Whoever does not answer has said no. */
#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"

static const struct choice {
	char key;
	const char *words;
	struct flagstop_answer answer;
} choices[] = {
	{ 'a', "[a]llow once", { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 } },
	{ 'A', "[A]llow always", { { FLAGSTOP_ACTION_ALLOW, 0 }, 1 } },
	{ 'd', "[d]eny", { { FLAGSTOP_ACTION_DENY, EPERM }, 0 } },
	{ 'D', "[D]eny always", { { FLAGSTOP_ACTION_DENY, EPERM }, 1 } },
	{ 'k', "[k]ill", { { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, 0 } },
};
#define CHOICE_COUNT (sizeof(choices) / sizeof(*choices))

static const struct flagstop_answer no = { { FLAGSTOP_ACTION_DENY, EPERM }, 0 };

static void show(FILE *tty, const struct flagstop_question *q)
{
	fprintf(tty, "\n%sflagstop:%s %s%s%s (thread %d)\n", styled(tty, BOLD), styled(tty, PLAIN), styled(tty, YELLOW),
		q->call, styled(tty, PLAIN), (int)q->tid);
	fprintf(tty, "  rule %s:%u: %s\n", q->rule.file, q->rule.line, q->rule.text);
	print_indented(tty, "    ", q->stack);
}

static void show_choices(FILE *tty)
{
	for (size_t i = 0; i < CHOICE_COUNT; i++)
		fprintf(tty, "%s%s", i ? ", " : "  ", choices[i].words);
	fputs("? ", tty);
	fflush(tty);
}

static const struct choice *find(const char *line)
{
	for (size_t i = 0; i < CHOICE_COUNT; i++)
		if (line[0] == choices[i].key && (line[1] == '\n' || !line[1]))
			return &choices[i];
	return NULL;
}

static struct flagstop_answer converse(FILE *tty, const struct flagstop_question *q)
{
	char line[64];

	show(tty, q);
	for (;;) {
		show_choices(tty);
		if (!fgets(line, sizeof(line), tty)) {
			fputs("no answer: denied\n", tty);
			return no;
		}
		const struct choice *c = find(line);
		if (c)
			return c->answer;
		fputs("  one of the letters, please\n", tty);
	}
}

/* What the program typed ahead into the terminal is no answer, and the terminal may be another group's just now. */
static struct flagstop_answer ask_as_foreground(FILE *tty, const struct flagstop_question *q)
{
	int fd = fileno(tty);
	pid_t group = tcgetpgrp(fd), own = getpgrp();
	sigset_t block, old;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &old);
	if (group != own)
		tcsetpgrp(fd, own);
	tcflush(fd, TCIFLUSH);
	struct flagstop_answer answer = converse(tty, q);
	if (group > 0 && group != own)
		tcsetpgrp(fd, group);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return answer;
}

struct flagstop_answer ask_on_terminal(const struct flagstop_question *question, void *context)
{
	FILE *tty = fopen("/dev/tty", "r+e");

	(void)context;
	if (!tty)
		return no;
	setvbuf(tty, NULL, _IONBF, 0);
	struct flagstop_answer answer = ask_as_foreground(tty, question);
	fclose(tty);
	return answer;
}
