/* SPDX-License-Identifier: MIT */
/*
 * Decides what a thread's filters say to a call, and how many it may have. Knows no thread but by what it carries.
 */
#include <errno.h>
#include <string.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/check.h>
#include <tracer/seccomp/seccomp.h>

#define ERRNO_MAX 4095 /* MAX_ERRNO */

struct fst_filter {
	struct fst_filters *filters;
	struct fst_filter *older; /* holds a reference */
	unsigned references;
	size_t insns_of_path; /* with all older ones, as a thread's limit counts them */
	size_t count;
	struct flagstop_insn insns[];
};

static size_t bytes_of(size_t count)
{
	return sizeof(struct fst_filter) + count * sizeof(struct flagstop_insn);
}

int fst_filter_new(struct fst_filters *filters, const struct flagstop_insn *insns, size_t count,
		   struct fst_filter **ret_filter)
{
	struct fst_filter *filter;

	if (flagstop_program_check(insns, count, NULL))
		return -EINVAL;
	if (filters->bytes + bytes_of(count) > FST_FILTERS_MAX_BYTES)
		return -ENOMEM;
	filter = talloc_zero_size(filters, bytes_of(count));
	if (!filter)
		return -ENOMEM;
	filter->filters = filters;
	filter->references = 1;
	filter->insns_of_path = fst_check_converted_insns(insns, count);
	filter->count = count;
	memcpy(filter->insns, insns, count * sizeof(*insns));
	filters->count++;
	filters->bytes += bytes_of(count);
	*ret_filter = filter;
	return 0;
}

/* By a loop: a path of thousands must not be thousands of frames. */
void fst_filter_release(struct fst_filter *filter)
{
	while (filter && !--filter->references) {
		struct fst_filter *older = filter->older;

		filter->filters->count--;
		filter->filters->bytes -= bytes_of(filter->count);
		talloc_free(filter);
		filter = older;
	}
}

static size_t insns_above(const struct fst_confined *thread)
{
	return thread->newest ? thread->newest->insns_of_path + FST_THREAD_FILTER_INSNS : 0;
}

bool fst_filter_fits(const struct fst_filter *filter, const struct fst_confined *thread)
{
	return filter->insns_of_path + insns_above(thread) <= FST_THREAD_MAX_INSNS;
}

void fst_filter_attach(struct fst_filter *filter, struct fst_confined *thread)
{
	filter->insns_of_path += insns_above(thread);
	filter->older = thread->newest;
	thread->newest = filter;
	thread->mode = FST_MODE_FILTER;
}

void fst_confined_copy(struct fst_confined *to, const struct fst_confined *from)
{
	struct fst_filter *former = to->newest;

	if (from->newest)
		from->newest->references++;
	*to = *from;
	fst_filter_release(former);
}

void fst_confined_release(struct fst_confined *thread)
{
	fst_filter_release(thread->newest);
	*thread = (struct fst_confined){ .mode = FST_MODE_NONE };
}

bool fst_confined_equal(const struct fst_confined *a, const struct fst_confined *b)
{
	return a->mode == b->mode && a->newest == b->newest && a->owes_no_new_privs == b->owes_no_new_privs;
}

bool fst_filter_is_ancestor(const struct fst_filter *filter, const struct fst_filter *of)
{
	while (filter && of && of != filter)
		of = of->older;
	return !filter || of;
}

/* ---- what is said to a call -------------------------------------------------------------------------------------- */

/* read, write, exit and the return from a handler; s390x and the 32-bit ABI of x86 have an old one for that. */
static bool is_allowed_strictly(const struct flagstop_data *data)
{
	static const char *const names[] = { "read", "write", "exit", "rt_sigreturn" };
	int abi = flagstop_abi_of_call(data->arch, data->nr);
	int call = abi < 0 ? -1 : flagstop_call_from_number(abi, data->nr);

	if (call < 0 || abi == FLAGSTOP_ABI_X32) /* the kernel compares with i386's numbers, which have no bit 30 */
		return false;
	bool has_old = abi == FLAGSTOP_ABI_I386 || abi == FLAGSTOP_ABI_S390X;
	for (size_t i = 0; i < 4; i++)
		if (!strcmp(flagstop_call_name((unsigned)call), i == 3 && has_old ? "sigreturn" : names[i]))
			return true;
	return false;
}

/* Signed, as the kernel compares: KILL_PROCESS has the highest bit. */
static int32_t action_of(uint32_t result)
{
	return (int32_t)(result & SECCOMP_RET_ACTION_FULL);
}

static uint32_t run(const struct fst_filter *filter, const struct flagstop_data *data)
{
	uint32_t strictest = SECCOMP_RET_ALLOW;

	for (; filter; filter = filter->older) {
		uint32_t result = flagstop_program_run(filter->insns, filter->count, data, NULL, NULL);

		if (action_of(result) < action_of(strictest))
			strictest = result;
	}
	return strictest;
}

struct fst_said fst_confined_say(const struct fst_confined *thread, const struct flagstop_data *call)
{
	const struct fst_said nothing = { { FLAGSTOP_ACTION_ALLOW, 0 }, FLAGSTOP_ACTION_ALLOW };

	if (thread->mode == FST_MODE_STRICT && !is_allowed_strictly(call))
		return (struct fst_said){ { FLAGSTOP_ACTION_KILL_THREAD, 0 }, FLAGSTOP_ACTION_KILL_THREAD };
	if (thread->mode != FST_MODE_FILTER)
		return nothing;
	uint32_t result = run(thread->newest, call);
	int64_t value = result & SECCOMP_RET_DATA;
	switch (result & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return nothing;
	case SECCOMP_RET_TRACE: /* nobody hears */
	case SECCOMP_RET_USER_NOTIF:
		return (struct fst_said){ { FLAGSTOP_ACTION_DENY, ENOSYS }, FLAGSTOP_ACTION_ASK };
	case SECCOMP_RET_ERRNO:
		value = value > ERRNO_MAX ? ERRNO_MAX : value;
		return (struct fst_said){ { FLAGSTOP_ACTION_DENY, value }, FLAGSTOP_ACTION_DENY };
	case SECCOMP_RET_TRAP:
		return (struct fst_said){ { FLAGSTOP_ACTION_TRAP, value }, FLAGSTOP_ACTION_TRAP };
	case SECCOMP_RET_KILL_THREAD:
		return (struct fst_said){ { FLAGSTOP_ACTION_KILL_THREAD, value }, FLAGSTOP_ACTION_KILL_THREAD };
	default:
		return (struct fst_said){ { FLAGSTOP_ACTION_KILL_PROCESS, value }, FLAGSTOP_ACTION_KILL_PROCESS };
	}
}
