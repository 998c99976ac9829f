/* SPDX-License-Identifier: MIT */
/*
 * What seccomp(2) needs of a stopped thread: its memory, its privileges, the other threads of its process, and which
 * call it makes. Decides nothing about filters.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include <linux/capability.h>
#include <talloc.h>

#include <tracer/proc.h>
#include <tracer/tracer.h>

#define PF_EXITING 0x4 /* include/linux/sched.h; of the flags in proc(5)'s stat */

struct fst_emulation *fst_emulation_new(void *parent)
{
	struct fst_emulation *emulation = talloc_zero(parent, struct fst_emulation);

	if (!emulation)
		return NULL;
	emulation->filters = talloc_zero(emulation, struct fst_filters);
	emulation->seccomp = flagstop_call_find("seccomp");
	emulation->prctl = flagstop_call_find("prctl");
	emulation->births[0] = flagstop_call_find("clone");
	emulation->births[1] = flagstop_call_find("fork");
	emulation->births[2] = flagstop_call_find("vfork");
	emulation->births[3] = flagstop_call_find("clone3");
	return emulation->filters ? emulation : NULL;
}

/* ---- what /proc knows -------------------------------------------------------------------------------------------- */

struct status {
	pid_t tid; /* in its own namespace */
	bool no_new_privs;
	uint64_t effective; /* capabilities, in its own user namespace */
};

/* The last of a line: the innermost. Before 4.1 there is none, and our own is what there is. */
static pid_t tid_in_namespace(const char *status, pid_t tid)
{
	const char *ids = fst_proc_field(status, "NSpid"), *end = ids ? strchr(ids, '\n') : NULL;
	const char *last = end ? memrchr(ids, '\t', (size_t)(end - ids)) : NULL;

	return last ? (pid_t)strtol(last, NULL, 10) : tid;
}

/* What is not there is not had: neither NO_NEW_PRIVS (4.10) nor a capability. */
static int read_status(pid_t tid, struct status *ret_status)
{
	char text[8192];
	int r = fst_proc_text(tid, "status", text, sizeof(text));

	if (r)
		return r;
	*ret_status = (struct status){
		.tid = tid_in_namespace(text, tid),
		.no_new_privs = fst_proc_number(text, "NoNewPrivs", 10, 0),
		.effective = fst_proc_number(text, "CapEff", 16, 0),
	};
	return 0;
}

/* From early in its exit on, when others may know of that already; its state is told much later. */
static bool is_exiting(pid_t tid)
{
	unsigned long flags = 0;
	char text[1024];

	fst_proc_text(tid, "stat", text, sizeof(text));
	const char *at = strrchr(text, ')'); /* what is before that is the program's to say */
	return !at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %lu", &flags) != 1 || flags & PF_EXITING;
}

/* Whether its exec gave it privileges; what cannot be read is taken for that. */
static bool has_gained(pid_t tid)
{
	uint64_t secure;

	return !fst_proc_auxv(tid, AT_SECURE, &secure) || secure;
}

/* ---- the world of a call ----------------------------------------------------------------------------------------- */

struct stopped {
	struct fst_tracer *tracer;
	struct fst_tracee *tracee;
	struct fst_member *members;
};

static int copy(void *context, uint64_t address, void *to, size_t bytes)
{
	const struct stopped *s = context;
	int r = fst_memory_copy(s->tracer->memory, s->tracee->tid, address, to, bytes);

	return r == -ETIMEDOUT ? -EFAULT : r;
}

static int find_privileges(void *context, bool *ret_no_new_privs, bool *ret_admin)
{
	const struct stopped *s = context;
	struct status status;

	if (read_status(s->tracee->tid, &status))
		return -EACCES;
	*ret_no_new_privs = status.no_new_privs;
	*ret_admin = status.effective >> CAP_SYS_ADMIN & 1;
	return 0;
}

/*
 * A thread that nobody was told of yet is left out: its parent is one of the others, and what it has then goes to the
 * child.
 */
static struct fst_confined *find_confined(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_tracee *tracee = fst_stops_find(tracer, tid);

	if (tracee && tracee->layers.known)
		return &tracee->emulated.confined;
	return tracee ? NULL : fst_layers_expected(tracer, tid);
}

static int add_member(struct stopped *s, pid_t tid, size_t *count)
{
	struct fst_confined *confined = tid == s->tracee->tid ? NULL : find_confined(s->tracer, tid);
	struct status status;

	/* Dead ones are passed over, as in the kernel. */
	if (!confined || is_exiting(tid) || read_status(tid, &status))
		return 0;
	if (!(*count & (*count + 1))) { /* it doubles */
		s->members = talloc_realloc(s->tracer->emulation, s->members, struct fst_member, 2 * (*count + 1));
		if (!s->members)
			return -ENOMEM;
	}
	s->members[(*count)++] = (struct fst_member){ status.tid, confined, status.no_new_privs };
	return 0;
}

static int list_members(void *context, struct fst_member **ret_members, size_t *ret_count)
{
	struct stopped *s = context;
	const struct dirent *entry;
	char path[64];
	size_t count = 0;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)s->tracee->tid);
	DIR *tasks = opendir(path);
	if (!tasks)
		return -EINVAL; /* as where TSYNC is not known */
	while (!r && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.')
			r = add_member(s, (pid_t)strtol(entry->d_name, NULL, 10), &count);
	closedir(tasks);
	*ret_members = s->members;
	*ret_count = count;
	return r;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

bool fst_emulation_judge(const struct fst_tracer *tracer, const struct fst_tracee *tracee, struct fst_judged *judged)
{
	if (!tracer->emulation || tracee->emulated.confined.mode == FST_MODE_NONE)
		return false;
	struct fst_said said = fst_confined_say(&tracee->emulated.confined, &judged->call.data);
	if (said.verdict.action == FLAGSTOP_ACTION_ALLOW || said.outranks < judged->verdict.action)
		return false;
	judged->verdict = said.verdict;
	return true;
}

void fst_emulation_carry_out(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged)
{
	if (tracee->emulated.confined.mode == FST_MODE_STRICT)
		fst_sentence_end_thread(tracer, tracee, &judged->call.data);
	else
		fst_verdict_apply(tracer, tracee, &judged->call.data, judged->verdict);
}

static bool makes_children(const struct fst_emulation *emulation, int call)
{
	for (unsigned i = 0; i < sizeof(emulation->births) / sizeof(*emulation->births); i++)
		if (call == emulation->births[i])
			return true;
	return false;
}

void fst_emulation_lets_go(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call)
{
	struct fst_emulation *emulation = tracer->emulation;
	int abi = emulation ? flagstop_abi_of_call(call->arch, call->nr) : -1;
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	if (index < 0 || tracee->emulated.bears || !makes_children(emulation, index))
		return;
	tracee->emulated.bears = true;
	emulation->bearing++;
}

bool fst_emulation_answer(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
			  int64_t *ret_result)
{
	struct fst_emulation *emulation = tracer->emulation;
	int abi = emulation ? flagstop_abi_of_call(call->arch, call->nr) : -1;
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);
	bool answered = false;

	if (index < 0)
		return false;
	fst_emulation_lets_go(tracer, tracee, call);
	if (index != emulation->seccomp && index != emulation->prctl)
		return false;
	struct stopped stopped = { .tracer = tracer, .tracee = tracee };
	const struct fst_world world = {
		.context = &stopped,
		.filters = emulation->filters,
		/* x32 passes 32-bit structures, too */
		.is_narrow = abi == FLAGSTOP_ABI_X32 || flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 32,
		.can_owe = !fst_call_has_again(tracee->tid),
		.copy = copy,
		.privileges = find_privileges,
		.members = list_members,
	};
	struct fst_confined *confined = &tracee->emulated.confined;
	if (index == emulation->prctl) {
		answered = fst_seccomp_prctl(&world, confined, call->args, ret_result);
	} else {
		*ret_result = fst_seccomp_call(&world, confined, call->args);
		answered = true;
	}
	talloc_free(stopped.members);
	return answered;
}

/* ---- NO_NEW_PRIVS that is owed ----------------------------------------------------------------------------------- */

bool fst_emulation_repays(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call)
{
	static const uint64_t args[6] = { PR_SET_NO_NEW_PRIVS, 1 };
	struct fst_emulated *e = &tracee->emulated;

	if (!tracer->emulation || !e->confined.owes_no_new_privs)
		return false;
	e->repaying = talloc(tracee, struct fst_registers);
	int r = e->repaying ? fst_ptrace_registers(tracee->tid, e->repaying) : -ENOMEM;
	if (!r)
		r = fst_call_become(tracee->tid, call, "prctl", args, 5);
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else
		fst_verdict_resume(tracer, tracee, 0);
	return true;
}

void fst_emulation_repaid(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_emulated *e = &tracee->emulated;
	int64_t result;
	int r = fst_call_result(tracee->tid, &result);

	if (!r)
		r = result ? -EIO : fst_call_again(tracee->tid, e->repaying);
	TALLOC_FREE(e->repaying);
	e->confined.owes_no_new_privs = false;
	tracee->in_call = false;
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else
		fst_verdict_resume(tracer, tracee, 0);
}

/* ---- children ---------------------------------------------------------------------------------------------------- */

/*
 * A child whose parent was killed before it could tell of it has what that one had, which is sure as long as all that
 * were killed so had the same; else nobody knows, and it must not run with less.
 */
void fst_emulation_settle(struct fst_tracer *tracer)
{
	const struct fst_emulation *emulation = tracer->emulation;

	if (emulation && !emulation->bearing)
		fst_layers_adopt(tracer, emulation->has_lost && !emulation->lost_differ ? &emulation->lost : NULL);
}

static void stop_bearing(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (!tracee->emulated.bears)
		return;
	tracee->emulated.bears = false;
	tracer->emulation->bearing--;
	fst_emulation_settle(tracer);
}

void fst_emulation_bore(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (tracer->emulation)
		stop_bearing(tracer, tracee);
}

/* Its end came before the call's, or its event. */
static void bear_no_more(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_emulation *emulation = tracer->emulation;
	const struct fst_confined *confined = &tracee->emulated.confined;

	if (!tracee->emulated.bears)
		return;
	if (!emulation->has_lost)
		fst_confined_copy(&emulation->lost, confined);
	else if (!fst_confined_equal(&emulation->lost, confined))
		emulation->lost_differ = true;
	emulation->has_lost = true;
	stop_bearing(tracer, tracee);
}

void fst_emulation_ended(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (!tracer->emulation)
		return;
	bear_no_more(tracer, tracee);
	fst_confined_release(&tracee->emulated.confined);
}

/* ---- exec -------------------------------------------------------------------------------------------------------- */

/*
 * Who was in its exec when another thread synchronised has the filters, but may have gained privileges that
 * NO_NEW_PRIVS would have kept from it: a program that others' filters must not reach.
 */
bool fst_emulation_executed(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_tracee *former)
{
	struct fst_confined *confined = &tracee->emulated.confined;

	if (!tracer->emulation)
		return true;
	if (former) {
		bear_no_more(tracer, tracee); /* the thread that had this tid is gone */
		fst_confined_copy(confined, &former->emulated.confined);
		tracee->layers.known |= former->layers.known;
	}
	TALLOC_FREE(tracee->emulated.repaying);
	if (!confined->owes_no_new_privs || !has_gained(tracee->tid))
		return true;
	kill(tracee->tid, SIGKILL);
	return false;
}
