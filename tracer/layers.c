/* SPDX-License-Identifier: MIT */
/*
 * Who has which layers of `on exec`. Decides by the parent that the kernel names and by the names of what is executed;
 * when a parent is killed before it could tell of its child, the child has all layers. Does not judge.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <talloc.h>

#include <tracer/paths/walk.h>
#include <tracer/proc.h>
#include <tracer/tracer.h>

/* A child whose first stop is still to come, or one whose end came before its parent's event. */
struct fst_child {
	pid_t tid;
	uint32_t in_force;
	struct fst_confined confined;
	struct fst_call_before rewritten;
	bool ended;
	bool unhashed;
	UT_hash_handle hh;
};

uint32_t fst_layers_of(const struct fst_tracee *tracee)
{
	return tracee->layers.known ? tracee->layers.in_force : UINT32_MAX;
}

static struct fst_child *find(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_child *child = NULL;

	HASH_FIND_INT(tracer->children, &tid, child);
	return child;
}

static void forget(struct fst_tracer *tracer, struct fst_child *child)
{
	fst_confined_release(&child->confined);
	HASH_DEL(tracer->children, child);
	talloc_free(child);
}

/* Is there anything that a child has of its parent? Registers that were changed for a call are. */
static bool is_followed(const struct fst_tracer *tracer)
{
	return tracer->has_exec_layers || tracer->emulation || tracer->pins;
}

/*
 * Without memory for it, the child will wait until somebody is killed: it must not run with fewer layers. No parent: it
 * ended.
 */
static void note(struct fst_tracer *tracer, pid_t tid, const struct fst_tracee *parent)
{
	struct fst_child *child = talloc_zero(tracer, struct fst_child);

	if (!child)
		return;
	*child = (struct fst_child){ .tid = tid, .ended = !parent };
	HASH_ADD_INT(tracer->children, tid, child);
	if (child->unhashed) {
		talloc_free(child);
		return;
	}
	if (parent) {
		child->in_force = parent->layers.in_force;
		child->rewritten = parent->rewritten;
		fst_confined_copy(&child->confined, &parent->emulated.confined);
	}
}

static void introduce(const struct fst_tracer *tracer, struct fst_tracee *tracee, uint32_t in_force,
		      const struct fst_confined *confined)
{
	tracee->layers.in_force = in_force;
	tracee->layers.known = true;
	fst_confined_copy(&tracee->emulated.confined, confined);
	if (tracee->layers.waiting) {
		if (tracer->pins)
			fst_pin_born(tracer->pins, &tracee->changes->pin);
		fst_rewrite_put_back(tracee);
		fst_verdict_resume(tracer, tracee, 0);
	}
	tracee->layers.waiting = false;
}

void fst_layers_told(struct fst_tracer *tracer, struct fst_tracee *parent)
{
	struct fst_tracee *tracee;
	struct fst_child *child;
	unsigned long tid;

	if (!is_followed(tracer) || fst_ptrace_message(parent->tid, &tid))
		return;
	tracee = fst_stops_find(tracer, (pid_t)tid);
	child = find(tracer, (pid_t)tid);
	if (tracee)
		tracee->layers.untold = false;
	if (tracee && !tracee->layers.known)
		tracee->rewritten = parent->rewritten;
	if (tracee && !tracee->layers.known)
		introduce(tracer, tracee, parent->layers.in_force, &parent->emulated.confined);
	else if (child && child->ended)
		forget(tracer, child);
	else if (!tracee)
		note(tracer, (pid_t)tid, parent);
	fst_emulation_bore(tracer, parent);
}

/* Whoever the parent is, it has nothing to pass on. */
static bool is_unconfined(const struct fst_tracer *tracer)
{
	return !tracer->has_exec_layers && !(tracer->emulation && tracer->emulation->filters->count) &&
		!fst_policy_has_rewrites(tracer->policy) && !tracer->pins;
}

bool fst_layers_may_go_on(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	static const struct fst_confined free = { .mode = FST_MODE_NONE };
	struct fst_child *child;

	fst_rewrite_put_back(tracee); /* of who was told of while it could not be touched */
	if (!is_followed(tracer) || tracee->layers.known)
		return true;
	child = find(tracer, tracee->tid);
	if (tracee->tid == tracer->program) {
		introduce(tracer, tracee, 0, &free);
	} else if (child && !child->ended) {
		tracee->rewritten = child->rewritten;
		fst_rewrite_put_back(tracee);
		introduce(tracer, tracee, child->in_force, &child->confined);
		forget(tracer, child);
	} else if (is_unconfined(tracer)) {
		introduce(tracer, tracee, 0, &free);
		tracee->layers.untold = true;
	} else {
		tracee->layers.waiting = true;
		fst_emulation_settle(tracer);
		return false; /* settled or not: it was resumed, or killed, or waits */
	}
	return tracee->layers.known;
}

struct fst_confined *fst_layers_expected(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_child *child = find(tracer, tid);

	return child && !child->ended ? &child->confined : NULL;
}

void fst_layers_adopt(struct fst_tracer *tracer, const struct fst_confined *confined)
{
	struct fst_tracee *tracee, *next;

	HASH_ITER(hh, tracer->tracees, tracee, next)
	{
		if (!tracee->layers.waiting)
			continue;
		if (confined)
			introduce(tracer, tracee, UINT32_MAX, confined);
		else
			kill(tracee->tid, SIGKILL);
	}
}

void fst_layers_ended(struct fst_tracer *tracer, pid_t tid, bool killed)
{
	static const struct fst_confined free = { .mode = FST_MODE_NONE };
	struct fst_tracee *tracee = fst_stops_find(tracer, tid), *next;
	struct fst_child *child;

	if (!is_followed(tracer))
		return;
	child = find(tracer, tid);
	if (child)
		forget(tracer, child);
	else if (!tracee || !tracee->layers.known || tracee->layers.untold)
		note(tracer, tid, NULL);
	if (tracer->emulation) /* it keeps account of who may be whose parent */
		return;
	/* Who is killed at the event tells nothing: whoever waits now may wait for that. */
	HASH_ITER(hh, tracer->tracees, tracee, next)
	{
		if (killed && tracee->tid != tid && tracee->layers.waiting)
			introduce(tracer, tracee, UINT32_MAX, &free);
	}
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool read_link(const char *link, char name[PATH_MAX])
{
	ssize_t bytes = readlink(link, name, PATH_MAX - 1);

	if (bytes >= 0)
		name[bytes] = '\0';
	return bytes >= 0;
}

/*
 * The name that was executed, which is not the file that runs where that is an interpreter. What would take time is let
 * be.
 */
static bool read_executed(struct fst_tracer *tracer, pid_t tid, char name[PATH_MAX])
{
	uint64_t address;
	char link[64];
	int cwd, fd;

	if (!fst_proc_auxv(tid, AT_EXECFN, &address) ||
	    fst_memory_string(tracer->memory, tid, address, name, PATH_MAX) < 0)
		return false;
	cwd = fst_proc_open(tid, "cwd", O_PATH | O_DIRECTORY);
	fd = cwd < 0 ? -1 : fst_openat2(cwd, name, O_PATH, RESOLVE_CACHED);
	if (cwd >= 0)
		close(cwd);
	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	bool found = read_link(link, name);
	close(fd);
	return found;
}

void fst_layers_executed(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	uint32_t *layers = &tracee->layers.in_force;
	char link[32], name[PATH_MAX];

	if (tracee->tid == tracer->program)
		tracee->layers.known = true;
	if (!tracer->has_exec_layers)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", tracee->tid);
	/* What cannot be known is narrowed. */
	*layers = read_link(link, name) ? flagstop_policy_after_exec(tracer->policy, *layers, name) : UINT32_MAX;
	if (read_executed(tracer, tracee->tid, name))
		*layers = flagstop_policy_after_exec(tracer->policy, *layers, name);
}
