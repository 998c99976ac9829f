/* SPDX-License-Identifier: MIT */
/* Calls as people read them. Reads tracee memory through the stack helper only, which may fail or be cut short. */
#include <stdio.h>
#include <string.h>

#include <tracer/describe.h>

#define STRING_SIZE 320

/* As the helper writes strings: nothing that a terminal would take for a command, and not too much. */
static size_t quote(const char *string, char *text, size_t size)
{
	char quoted[STRING_SIZE];
	size_t used = 0;

	for (; *string && used < sizeof(quoted) - 4; string++)
		quoted[used++] = *string < ' ' || *string > '~' || *string == '"' ? '?' : *string;
	quoted[used] = '\0';
	return (size_t)snprintf(text, size, "\"%s\"%s", quoted, *string ? "..." : "");
}

static const struct fst_gathered_path *find_path(const struct fst_gathered *known, unsigned argument)
{
	for (unsigned i = 0; known && i < known->path_count; i++)
		if (known->paths[i].path && known->paths[i].path->argument == argument && !known->has_address)
			return &known->paths[i];
	return NULL;
}

static size_t describe_path(const struct fst_gathered_path *p, char *text, size_t size)
{
	size_t used = quote(p->is_descriptor ? "" : p->walk.path, text, size);

	if (p->is_descriptor || !strcmp(p->walk.path, p->found.canonical) || used >= size)
		return used;
	used += (size_t)snprintf(text + used, size - used, " -> ");
	return used < size ? used + quote(p->found.canonical, text + used, size - used) : used;
}

static size_t describe_argument(struct fst_stack *stack, pid_t tid, enum flagstop_abi abi,
				const struct flagstop_arg *arg, uint64_t value, char *text, size_t size)
{
	char string[STRING_SIZE];

	if ((arg->role == FLAGSTOP_ROLE_PATH || arg->role == FLAGSTOP_ROLE_STRING) && stack &&
	    !fst_stack_string(stack, tid, value, string, sizeof(string)))
		return (size_t)snprintf(text, size, "%s", string);
	return flagstop_arg_format(abi, arg, value, text, size);
}

void fst_describe_call(struct fst_stack *stack, pid_t tid, const struct flagstop_data *call,
		       const struct fst_gathered *known, char *text, size_t size)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);
	const struct flagstop_arg *args;
	size_t used;

	if (index < 0) {
		if (abi >= 0)
			flagstop_call_format(abi, call->nr, call->args, text, size);
		else
			snprintf(text, size, "syscall_%#x", call->nr);
		return;
	}
	unsigned count = flagstop_call_args(index, abi, &args);
	used = (size_t)snprintf(text, size, "%s(", flagstop_call_name(index));
	for (unsigned i = 0; i < count && used < size; i++) {
		if (i)
			used += (size_t)snprintf(text + used, size - used, ", ");
		const struct fst_gathered_path *path = find_path(known, i);

		if (used < size && path)
			used += describe_path(path, text + used, size - used);
		else if (used < size)
			used += describe_argument(stack, tid, abi, &args[i], call->args[i], text + used, size - used);
	}
	if (used < size)
		snprintf(text + used, size - used, ")");
}
