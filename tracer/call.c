/* SPDX-License-Identifier: MIT */
/* Changes a stopped call as its layout says. Knows what must wait for the exit stop; decides nothing about calls. */
#include <errno.h>

#include <tracer/call.h>

/* -ENOSYS and such are what kernels say that lack the request. */
static int change_first_argument(pid_t tid, uint64_t value)
{
	int r = fst_ptrace_set_first_argument(tid, value);

	return r == -EIO || r == -EINVAL || r == -ENOSYS ? -EOPNOTSUPP : r;
}

/* Into `registers`, which the caller stores, or at once where the number has a way of its own. */
static int put_number(pid_t tid, struct fst_registers *registers, uint32_t nr)
{
	const struct fst_layout *l = registers->layout;

	if (l->number_way != FST_NUMBER_IN_REGSET)
		return fst_ptrace_set_number(tid, l, nr);
	/* Sign-extended: -1 must be negative in the kernel's long, too. */
	fst_layout_set(l, registers->set, l->nr, (uint64_t)(int64_t)(int32_t)nr);
	return 0;
}

static void keep_number(const struct fst_registers *registers, struct fst_call_rest *rest)
{
	const struct fst_layout *l = registers->layout;

	*rest = (struct fst_call_rest){ .has_number = l->number_is_kept };
	if (l->number_is_kept)
		rest->nr = (uint32_t)fst_layout_get(l, registers->set, l->nr);
}

int fst_call_skip(pid_t tid, enum fst_call_place place, int64_t result, struct fst_call_rest *ret_rest)
{
	struct fst_registers registers;
	struct fst_call_rest rest;
	int r = fst_ptrace_registers(tid, &registers);

	if (r)
		return r;
	keep_number(&registers, &rest);
	r = put_number(tid, &registers, UINT32_MAX);
	if (r)
		return r;
	if (registers.layout->result_places & place) {
		fst_layout_set(registers.layout, registers.set, registers.layout->result, (uint64_t)result);
	} else {
		rest.has_result = true;
		rest.result = result;
	}
	r = fst_ptrace_set_registers(tid, &registers);
	if (r || (!rest.has_result && !rest.has_number))
		return r;
	*ret_rest = rest;
	return 1;
}

int fst_call_renumber(pid_t tid, uint32_t nr, struct fst_call_rest *ret_rest)
{
	struct fst_registers registers;
	struct fst_call_rest rest;
	int r = fst_ptrace_registers(tid, &registers);

	if (r)
		return r;
	keep_number(&registers, &rest);
	r = put_number(tid, &registers, nr);
	if (!r && registers.layout->number_way == FST_NUMBER_IN_REGSET)
		r = fst_ptrace_set_registers(tid, &registers);
	if (r || !rest.has_number)
		return r;
	*ret_rest = rest;
	return 1;
}

static int set_arguments(pid_t tid, struct fst_registers *registers, const struct fst_layout *layout, unsigned bits,
			 const uint64_t args[6])
{
	bool by_request = false;
	int r = 0;

	for (unsigned i = 0; i < 6 && !r; i++) {
		if (!(bits >> i & 1))
			continue;
		r = fst_layout_set_argument(layout, registers->set, i, args[i]);
		if (r == -EOPNOTSUPP) {
			by_request = true;
			r = change_first_argument(tid, args[i]);
		}
	}
	if (r || (by_request && bits == 1))
		return r;
	return fst_ptrace_set_registers(tid, registers);
}

int fst_call_set_arguments(pid_t tid, unsigned bits, const uint64_t args[6])
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	return r ? r : set_arguments(tid, &registers, registers.layout, bits, args);
}

/* int 0x80 in 64-bit code takes its arguments from other registers. */
static const struct fst_layout *find_layout(const struct fst_registers *registers, const struct flagstop_data *call)
{
	const struct fst_layout *own = registers->layout, *other = own->by_other_gate;

	return other && flagstop_abi_of_call(call->arch, call->nr) == (int)other->abi ? other : own;
}

int fst_call_replace_arguments(pid_t tid, const struct flagstop_data *call, unsigned bits, const uint64_t args[6],
			       struct fst_call_before *ret_before)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	if (r)
		return r;
	*ret_before = (struct fst_call_before){ .bits = bits, .layout = find_layout(&registers, call) };
	for (unsigned i = 0; i < 6; i++)
		ret_before->args[i] =
			fst_layout_get(ret_before->layout, registers.set, ret_before->layout->args[i]);
	return set_arguments(tid, &registers, ret_before->layout, bits, args);
}

/* Not where the result goes. */
int fst_call_put_back(pid_t tid, const struct fst_call_before *before)
{
	const struct fst_layout *l = before->layout;
	struct fst_registers registers;
	int r = before->bits ? fst_ptrace_registers(tid, &registers) : 0;

	if (r || !before->bits)
		return r;
	for (unsigned i = 0; i < 6; i++)
		if (before->bits >> i & 1 && l->args[i] != l->result)
			fst_layout_set(l, registers.set, l->args[i], before->args[i]);
	return fst_ptrace_set_registers(tid, &registers);
}

int fst_call_become(pid_t tid, const struct flagstop_data *call, const char *name, const uint64_t args[6],
		    unsigned count)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr), index = flagstop_call_find(name);
	int64_t nr = abi < 0 || index < 0 ? -1 : flagstop_call_number((unsigned)index, abi);
	struct fst_call_before before;
	struct fst_call_rest unused;
	int r = nr < 0 ? -EOPNOTSUPP : 0;

	if (!r && count)
		r = fst_call_replace_arguments(tid, call, (1u << count) - 1, args, &before);
	if (!r)
		r = fst_call_renumber(tid, (uint32_t)nr, &unused);
	return r < 0 ? r : 0;
}

int fst_call_registers(pid_t tid, struct fst_registers *ret_registers)
{
	struct fst_call_stop call;
	int r = fst_ptrace_registers(tid, ret_registers);
	const struct fst_layout *l = r ? NULL : ret_registers->layout;

	if (r || !l->first_argument_is_hidden)
		return r;
	r = fst_ptrace_call(tid, &call);
	if (!r)
		fst_layout_set(l, ret_registers->set, l->args[0], call.data.args[0]);
	return r;
}

int fst_call_again(pid_t tid, const struct fst_registers *at_entry)
{
	const struct fst_layout *l = at_entry->layout;
	struct fst_registers again = *at_entry;
	int r;

	if (!l->call_bytes)
		return -EOPNOTSUPP;
	fst_layout_set(l, again.set, l->pc,
		       fst_layout_get(l, again.set, l->pc) - fst_layout_call_bytes(l, again.set));
	if (l->first_is_in_result) {
		fst_layout_set(l, again.set, l->result, fst_layout_get(l, again.set, l->args[0]));
		if (l->has_gate) /* gdb's way, too: who came by no gate did not come with a call */
			fst_layout_set(l, again.set, l->gate, 0);
	} else if (l->number_way == FST_NUMBER_IN_REGSET) { /* x86: the call's instruction reads it where results go */
		fst_layout_set(l, again.set, l->result, fst_layout_get(l, again.set, l->nr));
		fst_layout_set(l, again.set, l->nr, UINT64_MAX);
	}
	r = fst_ptrace_set_registers(tid, &again);
	/* With no number the kernel takes nothing for a call that wants to be restarted. */
	if (!r && l->number_way != FST_NUMBER_IN_REGSET)
		r = fst_ptrace_set_number(tid, l, UINT32_MAX);
	return r;
}

int fst_call_has_again(pid_t tid)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	return r ? r : registers.layout->call_bytes ? fst_call_can_set_argument(tid, 0) :
						      -EOPNOTSUPP;
}

int fst_call_can_set_argument(pid_t tid, unsigned n)
{
	struct fst_registers registers;
	struct fst_call_stop call;
	int r = fst_ptrace_registers(tid, &registers);

	if (r || n || !registers.layout->first_argument_is_hidden)
		return r;
	r = fst_ptrace_call(tid, &call);
	return r ? r : change_first_argument(tid, call.data.args[0]);
}

int fst_call_finish(pid_t tid, const struct fst_call_rest *rest)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	if (r)
		return r;
	if (rest->has_number)
		fst_layout_set(registers.layout, registers.set, registers.layout->nr, rest->nr);
	if (rest->has_result)
		fst_layout_set_result(registers.layout, registers.set, rest->result);
	return fst_ptrace_set_registers(tid, &registers);
}

int fst_call_set_result(pid_t tid, int64_t result)
{
	const struct fst_call_rest rest = { .has_result = true, .result = result };

	return fst_call_finish(tid, &rest);
}

int fst_call_result(pid_t tid, int64_t *ret_result)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	if (!r)
		*ret_result = fst_layout_result(registers.layout, registers.set);
	return r;
}
