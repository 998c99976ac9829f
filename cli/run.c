/* SPDX-License-Identifier: MIT */
/* Runs a program under policies, stays as its waiting parent, and ends as it ended. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "command.h"

#define NO_PIN 256 /* options without a letter */
#define WORKERS 257
#define WORKERS_MOST 8

struct arguments {
	struct layer_list layers;
	const char *json;
	bool quiet;
	struct flagstop_session_options session;
};

/* The one session, for signal handlers. */
static struct flagstop_session *volatile current;
static volatile sig_atomic_t early[NSIG];

/*
 * What others send us is meant for the program. What the terminal sends (SI_KERNEL) reached the program, too: it is
 * in our process group. Only its hang-up goes to the leader of the session alone.
 */
static bool is_for_the_program(int signal, const siginfo_t *info)
{
	return info->si_code != SI_KERNEL || (signal == SIGHUP && getsid(0) == getpid());
}

static void forward(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (is_for_the_program(signal, info)) {
		if (current)
			flagstop_session_signal(current, signal);
		else
			early[signal] = 1;
	}
	errno = saved;
}

static const int forwarded[] = { SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2 };
#define FORWARDED_COUNT (sizeof(forwarded) / sizeof(*forwarded))

static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = forward, .sa_flags = SA_SIGINFO | SA_RESTART }, old;

	for (size_t i = 0; i < FORWARDED_COUNT; i++) {
		/* What is ignored (nohup) stays so, for the program as well: a handler would be reset by its exec. */
		if (!sigaction(forwarded[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(forwarded[i], &action, NULL);
	}
}

static void forward_early(void)
{
	for (size_t i = 0; i < FORWARDED_COUNT; i++)
		if (early[forwarded[i]])
			flagstop_session_signal(current, forwarded[i]);
}

static enum flagstop_backend parse_backend(const char *name, struct argp_state *state)
{
	static const char *const names[] = {
		[FLAGSTOP_BACKEND_AUTO] = "auto",
		[FLAGSTOP_BACKEND_TRACE] = "trace",
		[FLAGSTOP_BACKEND_PTRACE] = "ptrace",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return i;
	argp_error(state, "--backend takes 'auto', 'trace' or 'ptrace', not '%s'", name);
	return FLAGSTOP_BACKEND_AUTO;
}

static unsigned parse_workers(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	if (!*text || *end || count < 1 || count > WORKERS_MOST)
		argp_error(state, "--workers takes a number from 1 to %d, not '%s'", WORKERS_MOST, text);
	return (unsigned)count;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->layers;
		return 0;
	case 'r':
		a->session.report = parse_report(arg, state);
		return 0;
	case 'b':
		a->session.backend = parse_backend(arg, state);
		return 0;
	case 'j':
		a->json = arg;
		return 0;
	case 'q':
		a->quiet = true;
		return 0;
	case 's':
		a->session.stacks = 0;
		return 0;
	case NO_PIN:
		a->session.pin = 0;
		return 0;
	case WORKERS:
		a->session.workers = parse_workers(arg, state);
		return 0;
	case ARGP_KEY_ARGS:
		a->session.argv = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which program?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int status_of_start(int r)
{
	return r == -ENOENT ? EXIT_NOT_FOUND : r == -ENOEXEC ? EXIT_NOT_EXECUTABLE :
							       EXIT_FLAGSTOP;
}

static int status_of_end(const struct flagstop_summary *s)
{
	return s->signal ? EXIT_SIGNALLED + s->signal : s->exit_code;
}

static int run(const struct flagstop_policy *policy, const struct arguments *a, struct flagstop_error *error)
{
	struct flagstop_session *session;
	struct flagstop_summary summary;
	int r;

	catch_signals();
	prctl(PR_SET_DUMPABLE, 0); /* the program runs as the same user, and may have nothing of us in /proc */
	r = flagstop_session_start(policy, &a->session, &session, error);
	if (r) {
		print_error(error);
		return status_of_start(r);
	}
	current = session;
	forward_early();
	r = flagstop_session_wait(session, error);
	if (r) {
		print_error(error);
		current = NULL;
		flagstop_session_free(session);
		return EXIT_FLAGSTOP;
	}
	flagstop_session_summary(session, &summary);
	int status = status_of_end(&summary);
	if (!a->quiet)
		print_report(session);
	if (a->json && write_json_report(session, a->json, status))
		status = EXIT_FLAGSTOP;
	current = NULL;
	flagstop_session_free(session);
	return status;
}

/* A terminal to ask on, or nobody: then `ask` denies. */
static bool can_ask(void)
{
	return isatty(STDERR_FILENO) && !access("/dev/tty", R_OK | W_OK);
}

int command_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "report", 'r', "WHAT", 0,
		  "all (default): denials are flagged, counted and traced to their caller; none: "
		  "all that needs no tracer is left to the kernel",
		  0 },
		{ "json", 'j', "FILE", 0, "write what happened there as JSON ('-': standard output)", 0 },
		{ "quiet", 'q', 0, 0, "write no report on standard error", 0 },
		{ "no-stacks", 's', 0, 0, "do not record who made the denied calls", 0 },
		{ "workers", WORKERS, "N", 0, "up to so many tracers, where several processes stop often (1)", 0 },
		{ "no-pin", NO_PIN, 0, 0, "leave threads that stop often, and the tracer, on any CPU", 0 },
		{ "backend", 'b', "NAME", 0, "auto (default), trace or ptrace: how calls are stopped", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &layer_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		options,
		parse,
		"[--] PROGRAM [ARG...]",
		"Runs a program under policies, and ends with its exit status (128+N after signal "
		"N); 125: flagstop itself failed, 126: the program cannot be executed, 127: there is "
		"none.",
		children,
		NULL,
		NULL
	};
	struct arguments a = { .session = FLAGSTOP_SESSION_OPTIONS_INIT };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	a.session.report = FLAGSTOP_REPORT_ALL;
	parse_options(&argp, argc, argv, ARGP_IN_ORDER, EXIT_FLAGSTOP, &a);
	if (!a.layers.count) {
		fputs("flagstop: no policy: give one with -p FILE, or promises with --promise 'stdio rpath'\n", stderr);
		return EXIT_FLAGSTOP;
	}
	struct flagstop_policy *policy = load_layers(&a.layers, &error);
	if (!policy) {
		print_error(&error);
		return EXIT_FLAGSTOP;
	}
	if (can_ask())
		a.session.ask = ask_on_terminal;
	int status = run(policy, &a, &error);
	flagstop_policy_free(policy);
	return status;
}
