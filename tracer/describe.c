/* SPDX-License-Identifier: MIT */
/* Calls as people read them. Reads tracee memory through the stack helper only, which may fail or be cut short. */
#include <stdio.h>
#include <string.h>

#include <arch/format.h>
#include <filters/policy/shown.h>
#include <tracer/describe.h>

/* The path as the program gave it, for whatever argument has one. */
static struct flagstop_fact given_at(const struct fst_gathered *known, unsigned argument)
{
	for (unsigned i = 0; known && i < FST_CALL_PATHS_MAX; i++) {
		const struct fst_gathered_path *p = &known->paths[i];

		if (!p->path || p->path->argument != argument)
			continue;
		if (p->is_descriptor)
			return (struct flagstop_fact){ 1, "", 0 };
		if (p->walk.path[0])
			return (struct flagstop_fact){ 1, p->walk.path, strlen(p->walk.path) };
	}
	return (struct flagstop_fact){ 0 };
}

/* Of what was judged, that; of other strings what is there now. False: it is shown as a pointer. */
static bool describe_argument(struct fst_stack *stack, pid_t tid, const struct flagstop_data *call, unsigned index,
			      unsigned argument, enum flagstop_arg_role role, const struct fst_gathered *known,
			      char *text)
{
	static const struct flagstop_fact nothing;
	struct flagstop_fact given = given_at(known, argument);
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	if (!call->args[argument])
		return false;
	if (fst_show_fact((enum flagstop_abi)abi, index, argument, known ? &known->facts.args[argument] : &nothing,
			  &given, text, FST_SHOWN_BYTES))
		return true;
	return (role == FLAGSTOP_ROLE_PATH || role == FLAGSTOP_ROLE_STRING) && stack &&
		!fst_stack_string(stack, tid, call->args[argument], text, FST_SHOWN_BYTES);
}

void fst_describe_call(struct fst_stack *stack, pid_t tid, const struct flagstop_data *call,
		       const struct fst_gathered *known, char *text, size_t size)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);
	char shown[6][FST_SHOWN_BYTES];
	const char *words[6] = { NULL };
	const struct flagstop_arg *args;

	if (abi < 0) {
		snprintf(text, size, "syscall_%#x", call->nr);
		return;
	}
	unsigned count = index < 0 ? 0 : flagstop_call_args((unsigned)index, abi, &args);
	for (unsigned i = 0; i < count; i++)
		if (describe_argument(stack, tid, call, (unsigned)index, i, args[i].role, known, shown[i]))
			words[i] = shown[i];
	fst_format_call(abi, call->nr, call->args, words, text, size);
}
