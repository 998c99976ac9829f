/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_DUMP_H
#define FLAGSTOP_DUMP_H

/* The filters that something running carries, as the kernel has them. */

#include <sys/types.h>

#include <flagstop/error.h>
#include <flagstop/policy.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The filters of thread `tid`, the one that was installed first in front; none when it carries none. It is stopped for
 * a moment by a child of the caller (PTRACE_SEIZE, PTRACE_SECCOMP_GET_FILTER, Linux 4.4): it loses nothing if that
 * child dies, and a stopped one stays stopped; a call that waits is restarted by the kernel, or fails with EINTR where
 * signal(7) says so of a SIGCONT. Free the list with flagstop_programs_free.
 *   -ESRCH       there is no such thread, or it is gone
 *   -EPERM       the kernel says no: it takes CAP_SYS_ADMIN, no filter on the caller itself, and no other tracer
 *   -ENOSYS      the kernel was built without CONFIG_CHECKPOINT_RESTORE
 *   -EOPNOTSUPP  a filter that the kernel did not keep as it was given; or strict mode, which has none
 *   -EIO         the thread does not stop within five seconds; and anything else
 */
int flagstop_dump(pid_t tid, struct flagstop_programs **ret_programs, struct flagstop_error *reterr_error);

#ifdef __cplusplus
}
#endif

#endif
