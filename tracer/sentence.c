/* SPDX-License-Identifier: MIT */
/*
 * A kill or a trap that no filter carries out: SIGSYS is sent by hand, so that the process sees, and leaves behind,
 * what a filter's would have left. The call is never made. What cannot be had so ends in SIGKILL:
 *
 *     kill       the handler is reset where there is one, everything but SIGSYS is blocked, SIGSYS is sent
 *     kill of a thread that is not the last one     its call becomes exit(2); nobody but us could see how it ended
 *     trap       SIGSYS is sent with the siginfo of a filter's; where it is blocked or ignored: as a kill
 *
 * The handler is reset by the thread itself: its call becomes rt_sigaction(2), which reads a struct sigaction that is
 * all zeros. We write nothing into the program: there are zeros in its vDSO. Where there are others, there is a handler
 * still, which runs until its next call: SIGKILL.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/proc.h>
#include <tracer/tracer.h>

#define ACTION_BYTES 32 /* struct sigaction of the kernel: handler, flags, restorer, mask */
#define MASK_BYTES 8

/* ---- what /proc knows ------------------------------------------------------------------------------------------- */

struct disposition {
	bool is_ignored, is_caught, is_last_thread;
};

/* What cannot be read is taken to be the worst: caught, and the last thread. */
static struct disposition look_up(pid_t tid)
{
	char text[4096];
	const uint64_t bit = UINT64_C(1) << (SIGSYS - 1);

	fst_proc_text(tid, "status", text, sizeof(text));
	return (struct disposition){
		.is_ignored = fst_proc_number(text, "SigIgn", 16, 0) & bit,
		.is_caught = fst_proc_number(text, "SigCgt", 16, bit) & bit,
		.is_last_thread = fst_proc_number(text, "Threads", 10, 1) <= 1,
	};
}

/* A program's own vDSO is like ours when it is of our ABI. 0: it has none, or nobody says where. */
static uint64_t find_vdso(pid_t tid)
{
	uint64_t address;

	return fst_proc_auxv(tid, AT_SYSINFO_EHDR, &address) ? address : 0;
}

uint64_t fst_sentence_find_zeros(void)
{
	static const char zeros[ACTION_BYTES];
	const char *vdso = (const char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT: it is an address */
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	if (!vdso)
		return 0;
	for (size_t at = page - ACTION_BYTES; at > 0; at -= 8)
		if (!memcmp(vdso + at, zeros, ACTION_BYTES))
			return at;
	return 0;
}

/* ---- the sentence ----------------------------------------------------------------------------------------------- */

static bool is_native(const struct fst_tracee *tracee)
{
	return flagstop_abi_of_call(tracee->trap.arch, tracee->trap.nr) == (int)flagstop_abi_native();
}

/* Nobody but us could see how it ended; the first thread's number is seen, where others end it one by one. */
static int end_thread(struct fst_tracee *tracee, int number)
{
	const uint64_t args[6] = { (unsigned)number };

	tracee->condemned = true;
	return fst_call_become(tracee->tid, &tracee->trap, "exit", args, 1);
}

static int skip_call(const struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	enum fst_call_place place = tracer->backend->filters ? FST_PLACE_SECCOMP : FST_PLACE_ENTRY;
	struct fst_call_rest unused;
	int r = fst_call_skip(tracee->tid, place, -ENOSYS, &unused);

	return r < 0 ? r : 0;
}

static int reset_handler(const struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	uint64_t vdso = tracer->zeros && is_native(tracee) ? find_vdso(tracee->tid) : 0;
	const uint64_t args[6] = { SIGSYS, vdso + tracer->zeros, 0, MASK_BYTES };
	int r = vdso ? fst_call_set_arguments(tracee->tid, 0xf, args) : -EOPNOTSUPP;

	return r ? r : fst_call_become(tracee->tid, &tracee->trap, "rt_sigaction", NULL, 0);
}

static int begin_kill(const struct fst_tracer *tracer, struct fst_tracee *tracee, struct disposition d)
{
	bool is_default = !d.is_ignored && !d.is_caught;

	tracee->sentence = is_default ? FST_SENTENCE_KILL : FST_SENTENCE_RESET;
	return is_default ? skip_call(tracer, tracee) : reset_handler(tracer, tracee);
}

static int begin_trap(const struct fst_tracer *tracer, struct fst_tracee *tracee, struct disposition d)
{
	uint64_t mask;
	int r = fst_ptrace_mask(tracee->tid, &mask);

	if (r)
		return r;
	if (d.is_ignored || mask >> (SIGSYS - 1) & 1)
		return begin_kill(tracer, tracee, d);
	tracee->sentence = FST_SENTENCE_TRAP;
	return skip_call(tracer, tracee);
}

int fst_sentence_begin(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict)
{
	struct disposition d = look_up(tracee->tid);

	tracee->trap = *call;
	tracee->trap_value = (int)verdict.value;
	if (!tracee->sentenced)
		tracee->sentenced = talloc(tracee, struct fst_registers);
	if (!tracee->sentenced)
		return -ENOMEM;
	int r = fst_ptrace_registers(tracee->tid, tracee->sentenced);
	if (r)
		return r;
	const struct fst_layout *l = tracee->sentenced->layout;
	if (l->args[0] == l->result) /* of no call, -1, the kernel has put ENOSYS there already */
		fst_layout_set(l, tracee->sentenced->set, l->args[0], call->args[0]);
	if (verdict.action == FLAGSTOP_ACTION_TRAP)
		return begin_trap(tracer, tracee, d);
	if (verdict.action == FLAGSTOP_ACTION_KILL_THREAD && !d.is_last_thread)
		return end_thread(tracee, SIGSYS);
	return begin_kill(tracer, tracee, d);
}

void fst_sentence_end_thread(const struct fst_tracer *tracer, struct fst_tracee *tracee,
			     const struct flagstop_data *call)
{
	int r = -EOPNOTSUPP;

	tracee->trap = *call;
	tracee->condemned = true;
	if (!look_up(tracee->tid).is_last_thread)
		r = end_thread(tracee, SIGKILL);
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else
		fst_verdict_resume(tracer, tracee, 0);
}

/* The call is over. Its registers are as they were, but for those that the ABI gives away. */
static int execute(struct fst_tracee *tracee)
{
	enum fst_sentence sentence = tracee->sentence;
	struct fst_registers now, *before = tracee->sentenced;
	int r = fst_ptrace_registers(tracee->tid, &now);

	if (r)
		return r;
	const struct fst_layout *l = before->layout;
	if (sentence == FST_SENTENCE_RESET && fst_layout_result(now.layout, now.set))
		return -EIO;
	if (l->trap_shows_number) {
		fst_layout_set(l, before->set, l->result, (uint64_t)(int64_t)(int32_t)tracee->trap.nr);
		fst_layout_set(l, before->set, l->nr, UINT64_MAX);
	}
	r = fst_ptrace_set_registers(tracee->tid, before);
	if (!r && sentence != FST_SENTENCE_TRAP)
		r = fst_ptrace_block_all_but(tracee->tid, SIGSYS);
	return r;
}

/*
 * Before 4.8 a filter's stop comes before the one on entry, so that one may still follow: there the result is -ENOSYS,
 * which rt_sigaction never has.
 */
static bool is_at_entry(const struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_call_stop call;
	struct fst_registers now;

	if (!tracer->backend->filters)
		return false;
	if (!tracer->no_call_info)
		return !fst_ptrace_call(tracee->tid, &call) && call.place == FST_PLACE_ENTRY;
	return tracee->sentence == FST_SENTENCE_RESET && !fst_ptrace_registers(tracee->tid, &now) &&
		fst_layout_result(now.layout, now.set) == -ENOSYS;
}

void fst_sentence_go_on(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	int r = -EPROTO;

	if (tracee->sentence && tracee->sentence != FST_SENTENCE_SENT) {
		if (is_at_entry(tracer, tracee)) {
			fst_verdict_resume(tracer, tracee, 0);
			return;
		}
		r = execute(tracee);
	}
	if (r) {
		if (r != -ESRCH)
			kill(tracee->tid, SIGKILL);
		return;
	}
	tracee->trapped = true;
	tracee->in_call = false;
	tracee->sentence = tracee->sentence == FST_SENTENCE_TRAP ? FST_SENTENCE_NONE : FST_SENTENCE_SENT;
	tracee->condemned |= tracee->sentence == FST_SENTENCE_SENT;
	fst_verdict_resume(tracer, tracee, SIGSYS);
}
