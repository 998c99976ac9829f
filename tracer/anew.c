/* SPDX-License-Identifier: MIT */
/* Decides what is the call that was sent, and nothing else of it: what is sent, and what becomes of it, pin.c knows. */
#include <string.h>

#include <tracer/anew.h>
#include <tracer/call.h>

int fst_anew_send(struct fst_pin_thread *thread, bool attaches)
{
	struct fst_call_rest unused; /* all registers are set at the exit stop */
	int r = fst_call_renumber(thread->tid, UINT32_MAX, &unused);

	if (r < 0)
		return r;
	thread->attaches = attaches;
	thread->state = FST_PIN_SKIPPED;
	return fst_ptrace_resume_to_syscall(thread->tid, 0);
}

int fst_anew_make(struct fst_pin_thread *thread)
{
	struct fst_registers anew = thread->own;
	const struct fst_layout *l = anew.layout;
	uint64_t pc = fst_layout_get(l, anew.set, l->pc);
	int r;

	for (unsigned i = 0; i < 6; i++)
		fst_layout_set(l, anew.set, l->args[i], thread->sent[i]);
	fst_layout_set(l, anew.set, l->nr, thread->sent_nr);
	fst_layout_set(l, anew.set, l->pc, pc - l->call_bytes);
	r = fst_ptrace_set_registers(thread->tid, &anew);
	if (r)
		return r;
	thread->state = FST_PIN_ANEW;
	return fst_ptrace_resume_to_syscall(thread->tid, 0);
}

bool fst_anew_is_sent(const struct fst_pin_thread *thread, const struct flagstop_data *data)
{
	return data->nr == thread->sent_nr && data->arch == flagstop_abi_audit_arch(flagstop_abi_native()) &&
		!memcmp(data->args, thread->sent, sizeof(thread->sent));
}

/* What the kernel has taken over on entry is what it acts on. Another call is the program's own. */
int fst_anew_look(struct fst_pin_thread *thread)
{
	struct fst_call_stop call;
	int r = fst_ptrace_call(thread->tid, &call);

	if (r)
		return r;
	if (call.place != FST_PLACE_ENTRY || !fst_anew_is_sent(thread, &call.data)) {
		thread->state = FST_PIN_IDLE;
		return fst_ptrace_resume(thread->tid, 0);
	}
	thread->state = thread->attaches ? FST_PIN_ATTACH : FST_PIN_EXIT;
	thread->passes = thread->is_anew = !thread->attaches;
	return fst_ptrace_resume_to_syscall(thread->tid, 0);
}
