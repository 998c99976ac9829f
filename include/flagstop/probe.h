/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_PROBE_H
#define FLAGSTOP_PROBE_H

/*
 * What the kernel, and what confines us, lets us do. Each feature is tried in a child, never inferred from a
 * version.
 */

#include <stddef.h>

#include <flagstop/session.h>

#ifdef __cplusplus
extern "C" {
#endif

enum flagstop_feature {
	FLAGSTOP_FEATURE_SECCOMP_FILTER,     /* seccomp(SECCOMP_SET_MODE_FILTER) */
	FLAGSTOP_FEATURE_FILTER_WITHOUT_NNP, /* … without NO_NEW_PRIVS (CAP_SYS_ADMIN) */
	FLAGSTOP_FEATURE_PTRACE_SEIZE,       /* a child can be traced with PTRACE_SEIZE and EXITKILL */
	FLAGSTOP_FEATURE_RET_TRACE,          /* SECCOMP_RET_TRACE stops it */
	FLAGSTOP_FEATURE_SYSCALL_INFO,       /* PTRACE_GET_SYSCALL_INFO tells the call and its ABI (5.3) */
	FLAGSTOP_FEATURE_SECOND_LOOK,        /* filters run again after the tracer changed the number (4.8) */
	FLAGSTOP_FEATURE_NO_OTHER_LISTENER,  /* no filter above us has the one user-notification listener */
	FLAGSTOP_FEATURE_TSYNC,              /* SECCOMP_FILTER_FLAG_TSYNC (3.17) */
	FLAGSTOP_FEATURE_READ_MEMORY,        /* process_vm_readv(2) of a child (3.2, CONFIG_CROSS_MEMORY_ATTACH) */
	FLAGSTOP_FEATURE_SHARED_MEMORY,      /* shmget(2), shmat(2) (CONFIG_SYSVIPC) */
	FLAGSTOP_FEATURE_OPENAT2,            /* openat2(2) (5.6) */
	FLAGSTOP_FEATURE_AFFINITY,           /* sched_setaffinity(2) */
	FLAGSTOP_FEATURE_FIRST_ARGUMENT,     /* a tracer can change it (riscv64: PTRACE_SET_SYSCALL_INFO, 6.16) */
};
#define FLAGSTOP_FEATURE_COUNT 13

struct flagstop_probe {
	const char *name;    /* "ret-trace" */
	const char *purpose; /* what flagstop uses it for */
	const char *instead; /* what it does where that is missing */
	const char *cost;    /* what that costs */
	int error;           /* 0: it is there; else the negative errno that said no */
	const char *reason;  /* "" when it is there; else who says no, as far as can be seen */
	const char *remedy;  /* "" when it is there; else what to do about it */
};

/*
 * Tries one feature in a child of the caller. 0 (look at ret_probe->error), or -EINVAL, or a negative errno when not
 * even a child could be made. All strings are constant.
 *
 * The reason is told by what shows beside the error: a filter above (PR_GET_SECCOMP), a tracer above (TracerPid in
 * proc_pid_status(5)), Yama's ptrace_scope, SELinux's deny_ptrace. One does not exclude another.
 */
int flagstop_probe(enum flagstop_feature feature, struct flagstop_probe *ret_probe);

/*
 * The backend that FLAGSTOP_BACKEND_AUTO is for a policy that flags calls: the session's own choice, so never AUTO. 0;
 * or the negative errno that says why a child cannot be traced; or as above.
 */
int flagstop_probe_backend(enum flagstop_backend *ret_backend);

#ifdef __cplusplus
}
#endif

#endif
