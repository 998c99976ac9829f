/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_SPAWN_H
#define FST_TRACER_SPAWN_H

/*
 * Starts the program: a child that waits to be seized, installs the filters, and executes.
 *
 * From the first filter on the child is under the policy, which may forbid anything. So from there it makes only the
 * calls that carry the secret (filters/bpf/compile.h), and says what went wrong through a shared page, not by a call.
 */

#include <signal.h>
#include <sys/types.h>

#include <filters/bpf/compile.h>

enum fst_spawn_stage {
	FST_SPAWN_WAITING,
	FST_SPAWN_FILTERS, /* installing them */
	FST_SPAWN_EXEC,
};

/* What the child writes for its parent; the stage is left behind when it dies. */
struct fst_spawn_status {
	volatile enum fst_spawn_stage stage;
	volatile int error; /* positive errno of the stage's last try */
};

struct fst_spawn {
	char *const *argv;
	char *const *envp;
	char **candidates;                        /* the files to try in turn, NULL at the end */
	const struct flagstop_programs *programs; /* NULL: none */
	const struct fst_session_keys *keys;
	const sigset_t *mask;            /* the program's */
	const struct sigaction *sigchld; /* the program's disposition of SIGCHLD */
	int die_with_parent;             /* where no EXITKILL does it */
	struct fst_spawn_status *status; /* in shared memory */
	/*
	 * Set by fst_spawn_fork: one byte written to it lets the child go on; it ends when the child executed, or
	 * died.
	 */
	int child_fd;
};

/* The files that execvp(3) would try for `name`; on `parent`. NULL when there is no memory. */
char **fst_spawn_candidates(void *parent, const char *name, char *const *envp);

/* Forks. The pid, or a negative errno. */
pid_t fst_spawn_fork(struct fst_spawn *spawn);

#endif
