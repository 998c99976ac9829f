/* SPDX-License-Identifier: MIT */
/* Which backend this kernel, and what confines us, leaves: the one place that decides it. Infers nothing, but tries. */
#include <errno.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include <flagstop/probe.h>
#include <tracer/choose.h>
#include <tracer/listener.h>
#include <tracer/proc.h>

/* Asks for a filter that is nowhere: who knows filters does not find it, who does not says so. seccomp(2) */
static int look_for_filters(void)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) >= 0)
		return -EPROTO;
	return errno == EFAULT ? 0 : errno == EINVAL ? -ENOSYS :
						       -errno;
}

/*
 * Before 4.8 filters do not look again at what the tracer made of a call: the tracer's kills and traps would end in
 * ENOSYS, and the stop after a flag is the entry to the call, not its exit. Who knows listeners (5.0) need not be
 * tried.
 */
static bool looks_twice(void)
{
	struct seccomp_notif_sizes sizes;
	struct flagstop_probe probe;

	if (!syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return true;
	return !flagstop_probe(FLAGSTOP_FEATURE_SECOND_LOOK, &probe) && !probe.error;
}

static struct fst_choice ptrace_since(int error, const char *message, const char *hint)
{
	return (struct fst_choice){ FLAGSTOP_BACKEND_PTRACE, error, message, hint };
}

struct fst_choice fst_choose_backend(bool flags)
{
	int missing = look_for_filters();

	if (missing)
		return ptrace_since(missing, "the kernel, or a filter above us, refuses seccomp filters",
				    "--backend auto or ptrace does without: see `flagstop probe`");
	/* A listener could answer CONTINUE, and no stop would ever come. A stop on entry comes before it. */
	if (flags && fst_listener_probe() == -EBUSY)
		return ptrace_since(-EBUSY, "a filter above us has a user-notification listener, which outranks flags",
				    "--backend auto or ptrace judges calls before it; --report none with a policy "
				    "that needs no tracer works as well");
	if (flags && !looks_twice())
		return ptrace_since(-ENOSYS, "this kernel's filters do not look again after the tracer",
				    "--backend auto or ptrace does without: see `flagstop probe`");
	return (struct fst_choice){ .backend = FLAGSTOP_BACKEND_TRACE };
}

bool fst_choose_is_filtered(void)
{
	char status[4096];

	/* A filter may deny the question as well. */
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0 ||
		(!fst_proc_text(getpid(), "status", status, sizeof(status)) &&
		 fst_proc_number(status, "Seccomp", 10, 0));
}

bool fst_choose_tells_entries(void)
{
	struct flagstop_probe info;

	if (!fst_choose_is_filtered() || (!flagstop_probe(FLAGSTOP_FEATURE_SYSCALL_INFO, &info) && !info.error))
		return true;
	return !look_for_filters() && looks_twice();
}

int flagstop_probe_backend(enum flagstop_backend *ret_backend)
{
	struct flagstop_probe seize;
	int r = ret_backend ? flagstop_probe(FLAGSTOP_FEATURE_PTRACE_SEIZE, &seize) : -EINVAL;

	if (r || seize.error)
		return r ? r : seize.error;
	*ret_backend = fst_choose_backend(true).backend;
	return *ret_backend == FLAGSTOP_BACKEND_PTRACE && !fst_choose_tells_entries() ? -ENOSYS : 0;
}
