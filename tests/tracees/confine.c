/* SPDX-License-Identifier: MIT */
/*
 * confine STEP…: confines itself step by step, in a child, and says what each gave and how the child ended. A step is
 * seccomp:OPERATION:FLAGS:PROGRAM, prctl:MODE:PROGRAM (confine.h), avail:ACTION, get, call:NAME[:ARGUMENT], or one of
 * those below.
 */
#include "confine.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "context.h"

static struct sock_filter insns[0x10000];
static char **later;

static void run(char **steps);

static void handle(int number, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	dprintf(1, "signal %d code %d errno %d call %d arch %#x addr %d result %ld\n", number, info->si_code,
		info->si_errno, info->si_syscall, info->si_arch, (unsigned long)info->si_call_addr == CONTEXT_PC(uc),
		(long)CONTEXT_RESULT(uc));
}

static void *run_later(void *unused)
{
	run(later);
	syscall(SYS_exit, 3);
	return unused;
}

static void in_child(char **steps)
{
	int status;
	pid_t child = fork();

	if (!child) {
		run(steps);
		_exit(4);
	}
	waitpid(child, &status, 0);
	dprintf(1, "child: exited %d signal %d core %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFSIGNALED(status) && !!WCOREDUMP(status));
}

static long carry_out(const char *step)
{
	unsigned long a = 0, b = 0;
	struct sock_fprog program;
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
	unsigned action_asked = strtoul(step + strcspn(step, ":") + !!strchr(step, ':'), NULL, 16);
	const char *last = strrchr(step, ':');
	sigset_t set;

	if (sscanf(step, "seccomp:%lx:%lx", &a, &b) == 2)
		return syscall(SYS_seccomp, a, b, make_program(last + 1, &program, insns));
	if (sscanf(step, "prctl:%lx", &a) == 1)
		return prctl(PR_SET_SECCOMP, a, make_program(last + 1, &program, insns));
	if (!strncmp(step, "avail", 5))
		return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action_asked);
	if (!strncmp(step, "call", 4))
		return syscall(find_call(step + 5), strchr(step + 5, ':') ? strtoul(last + 1, NULL, 16) : 0);
	if (!strcmp(step, "get"))
		return prctl(PR_GET_SECCOMP);
	if (!strcmp(step, "narrow?"))
		return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	if (!strcmp(step, "narrow"))
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(step, "hide"))
		return prctl(PR_SET_DUMPABLE, 0);
	if (!strcmp(step, "drop"))
		return getuid() ? 0 : setresuid(65534, 65534, 65534);
	if (!strcmp(step, "ignore"))
		action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	return !strcmp(step, "block") ? sigprocmask(SIG_BLOCK, &set, NULL) : sigaction(SIGSYS, &action, NULL);
}

static void run(char **steps)
{
	pthread_t thread;

	for (; *steps; steps++) {
		later = steps + 1;
		if (!strcmp(*steps, "fork")) {
			in_child(later);
			return;
		}
		if (!strcmp(*steps, "thread")) {
			pthread_create(&thread, NULL, run_later, NULL);
			pthread_join(thread, NULL);
			return;
		}
		if (!strcmp(*steps, "exec"))
			execv("/proc/self/exe", steps);
		errno = 0;
		long result = carry_out(*steps);
		dprintf(1, "%s: %ld\n", *steps, errno ? -(long)errno : result);
	}
}

int main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };

	(void)argc;
	setrlimit(RLIMIT_CORE, &none);
	if (!strcmp(argv[0], "exec"))
		run(argv + 1);
	else
		in_child(argv + 1);
	return 0;
}
