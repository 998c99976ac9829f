/* SPDX-License-Identifier: MIT */
/*
 * Which call a tracee is stopped at, of which ABI, and on which side of it. Asks PTRACE_GET_SYSCALL_INFO; where the
 * kernel has none (before 5.3), registers tell the call, the order of stops tells the side, and /proc/TID/syscall
 * tells the ABI. Judges nothing, and never guesses: -EOPNOTSUPP is a call that nobody knows.
 */
#include <errno.h>
#include <stdlib.h>

#include <tracer/proc.h>
#include <tracer/tracer.h>

/*
 * Between the stops on entry and exit there are only stops that belong to the call: of exec, of a new child, of a
 * filter. Signals and group-stops come when it is over (ptrace(2)).
 */
void fst_look_note_stop(struct fst_tracee *tracee, enum fst_stop_kind kind)
{
	switch (kind) {
	case FST_STOP_SYSCALL:
		return;
	case FST_STOP_SIGNAL:
	case FST_STOP_GROUP:
	case FST_STOP_EVENT:
		tracee->in_call = false;
		break;
	case FST_STOP_EXEC: /* the thread whose tid it took over may have been outside of any */
		tracee->in_call = true;
		break;
	default:
		break;
	}
	tracee->expected = 0;
}

/*
 * int 0x80 in 64-bit code has a 64-bit register set and other registers for its arguments. Neither the code (another
 * thread may write it) nor any register tells it apart; but /proc/TID/syscall shows the first argument of the ABI that
 * the kernel took it for. So each ABI's register gets a mark of its own, and the kernel says which one it would use.
 */
static int read_first_argument(pid_t tid, uint64_t *ret_value)
{
	char line[256], *at;

	fst_proc_text(tid, "syscall", line, sizeof(line));
	strtol(line, &at, 10); /* the number; "running" has none, and -1 no arguments but two more numbers */
	if (at == line || line[0] == '-' || *at != ' ')
		return -EOPNOTSUPP;
	*ret_value = strtoull(at, NULL, 16);
	return 0;
}

#define MARK_NATIVE 0x51
#define MARK_OTHER 0x52

static int find_gate(pid_t tid, const struct fst_registers *registers, const struct fst_layout **ret_layout)
{
	const struct fst_layout *l = registers->layout, *other = l->by_other_gate;
	struct fst_registers marked = *registers;
	uint64_t seen;

	*ret_layout = l;
	if (!other)
		return 0;
	fst_layout_set(l, marked.set, l->args[0], MARK_NATIVE);
	fst_layout_set(l, marked.set, other->args[0], MARK_OTHER);
	fst_layout_set(l, marked.set, l->nr, 0); /* any that is not -1, which shows no arguments */
	int r = fst_ptrace_set_registers(tid, &marked);
	if (r)
		return r;
	int answer = read_first_argument(tid, &seen);
	r = fst_ptrace_set_registers(tid, registers);
	if (r)
		return r;
	if (answer || (seen != MARK_NATIVE && seen != MARK_OTHER))
		return -EOPNOTSUPP;
	*ret_layout = seen == MARK_OTHER ? other : l;
	return 0;
}

static int look_at_registers(pid_t tid, struct fst_call_stop *ret_call)
{
	struct fst_registers registers;
	const struct fst_layout *l;
	int r = fst_ptrace_registers(tid, &registers);

	if (!r)
		r = find_gate(tid, &registers, &l);
	if (r)
		return r;
	struct flagstop_data *data = &ret_call->data;
	data->arch = flagstop_abi_audit_arch(l->abi);
	data->nr = (uint32_t)fst_layout_get(l, registers.set, l->nr);
	data->instruction_pointer = fst_layout_get(l, registers.set, l->pc);
	for (unsigned i = 0; i < 6; i++)
		data->args[i] = fst_layout_get(l, registers.set, l->args[i]);
	ret_call->sp = fst_layout_get(l, registers.set, l->sp);
	return 0;
}

int fst_look_at_call(const struct fst_tracer *tracer, const struct fst_tracee *tracee, enum fst_stop_kind kind,
		     struct fst_call_stop *ret_call)
{
	unsigned long message = 0;

	if (!tracer->no_call_info)
		return fst_ptrace_call(tracee->tid, ret_call);
	*ret_call = (struct fst_call_stop){ .place = FST_PLACE_EXIT };
	if (kind == FST_STOP_SYSCALL && tracee->in_call)
		return 0;
	ret_call->place = kind == FST_STOP_SYSCALL ? FST_PLACE_ENTRY : FST_PLACE_SECCOMP;
	int r = kind == FST_STOP_SYSCALL ? 0 : fst_ptrace_message(tracee->tid, &message);
	ret_call->ret_data = (uint32_t)message;
	return r ? r : look_at_registers(tracee->tid, ret_call);
}
