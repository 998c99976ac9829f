/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_SESSION_H
#define FLAGSTOP_SESSION_H

/*
 * Runs a program under a policy.
 *
 *     caller ──fork──→ tracer ──fork──→ program ──→ its children …
 *        └── a socket ───┘   └──────── ptrace ────────┘
 *
 * Tracing happens in a child of the caller: the tracer owns its waits, is not dumpable, and dies when the caller does,
 * and everything it traces dies with it. Nothing of the caller changes: no signal handler, no mask, no wait for
 * children that are not the session's. The program has the caller's signal mask, dispositions, descriptors (but for
 * those that close on exec), process group and terminal.
 *
 * A session is used by one thread; flagstop_session_signal may be called from any, also from a signal handler.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <flagstop/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flagstop_session;

/* A call that an `ask` rule stopped. Everything lives until the callback returns. */
struct flagstop_question {
	pid_t tid;
	const char *call; /* decoded: "connect(3, 0x7ffd…, 16)" */
	struct flagstop_rule rule;
	const char *stack; /* who made it, one frame a line, or "" */
};

struct flagstop_answer {
	struct flagstop_verdict verdict; /* any but ASK */
	int always;                      /* 1: the same for every later call of that number that this rule stops */
};

enum flagstop_backend {
	FLAGSTOP_BACKEND_AUTO,
	FLAGSTOP_BACKEND_TRACE,  /* seccomp filters, which flag what the kernel cannot decide */
	FLAGSTOP_BACKEND_PTRACE, /* no filter at all: each call stops, twice; seccomp(2) of programs is emulated */
};

struct flagstop_session_options {
	size_t struct_bytes;
	char *const *argv; /* argv[0] is looked up in PATH when it has no slash, as execvp(3) does */
	char *const *envp; /* NULL: the caller's */
	enum flagstop_report report;
	enum flagstop_backend backend;
	int stacks; /* 1: denials record who made the call */
	/* Called in flagstop_session_wait; the tracee waits, others go on. NULL: `ask` denies with EPERM. */
	struct flagstop_answer (*ask)(const struct flagstop_question *question, void *context);
	void *context;
	int pin; /* 1: a thread that stops often shares a CPU with the tracer meanwhile; the program cannot see it */
	/*
	 * So many tracers, at most one a CPU: of several processes that stop often, each goes to one that has less to
	 * do. 0 and 1: one. There is one as well where that cannot be: with questions, rules on what arguments point
	 * to, `rewrite`, `on exec`, the ptrace backend, filters that were there before, and on architectures other
	 * than x86_64.
	 */
	unsigned workers;
};
#define FLAGSTOP_SESSION_OPTIONS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_session_options), .stacks = 1, .pin = 1 \
	}

/*
 * Starts the program and returns when it was executed. `policy` may be freed afterwards. NO_NEW_PRIVS is set only when
 * the kernel refuses the filter without it.
 *   -ENOENT     there is no such program             -ENOEXEC  it is there, but cannot be executed (see the message)
 *   -E2BIG      the policy is larger than the kernel takes
 *   -EBUSY      another filter's listener could let flagged calls pass unseen
 *   -ENOSYS     the kernel lacks what is needed      -EPERM    it, or what confines us, forbids it
 */
int flagstop_session_start(const struct flagstop_policy *policy, const struct flagstop_session_options *options,
			   struct flagstop_session **ret_session, struct flagstop_error *reterr_error);

/* Sends a signal to the program (not to its children). Safe in signal handlers. 0 or a negative errno. */
int flagstop_session_signal(struct flagstop_session *session, int signal);

/* The program's pid, in the caller's pid namespace. */
pid_t flagstop_session_pid(const struct flagstop_session *session);

/*
 * Waits until the program and all that came from it are gone (in a session without a tracer: until the program is
 * gone), answering questions meanwhile. -EPIPE when the tracer died: the tracees were killed with it.
 */
int flagstop_session_wait(struct flagstop_session *session, struct flagstop_error *reterr_error);

/*
 * Where a path leads on this machine, links and all, as far as anything is there. A session takes the paths of its
 * rules for that as well, once it starts. A map for flagstop_policy_map_paths: `buffer` has PATH_MAX bytes. NULL: that
 * cannot be told.
 */
const char *flagstop_path_resolve(const char *path, void *buffer);

/* Ends the session, killing what still runs. Takes NULL. */
void flagstop_session_free(struct flagstop_session *session);

/* ---- what happened; valid after _wait ---------------------------------------------------------------------------- */

struct flagstop_summary {
	int exit_code; /* when it exited, else -1 */
	int signal;    /* when a signal ended it, else 0 */
	int core_dumped;
	int traced;                    /* 0: everything was left to the kernel and nothing was traced */
	enum flagstop_backend backend; /* that was used; never AUTO */
	uint64_t stops;                /* all ptrace stops */
	uint64_t calls_flagged;        /* of which seccomp stops of flagged calls */
	uint64_t tracees;              /* threads that were traced, over time */
	uint64_t events_lost;          /* calls that are in no event: more kinds of them than are kept apart (4,096) */
	uint64_t brought_together;     /* how often a thread was, so as to share the tracer's CPU */
	uint64_t handed_over;          /* processes that went to another tracer */
};
void flagstop_session_summary(const struct flagstop_session *session, struct flagstop_summary *ret_summary);

/* Equal calls are one event: same call, verdict, rule and stack. In the order of their first occurrence. */
struct flagstop_event {
	enum flagstop_abi abi;
	uint32_t nr;
	const char *call;                /* the name, or "syscall_0x1f4" */
	const char *example;             /* the first one, decoded */
	struct flagstop_verdict verdict; /* TRACE: recorded and allowed; ASK never: it is what was answered */
	struct flagstop_rule rule;
	uint64_t count;
	pid_t tid;         /* of the first one */
	const char *stack; /* of all of them; "" when none could be taken */
};
size_t flagstop_session_event_count(const struct flagstop_session *session);
const struct flagstop_event *flagstop_session_event(const struct flagstop_session *session, size_t index);

#ifdef __cplusplus
}
#endif

#endif
