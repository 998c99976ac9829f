/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_PROBE_H
#define FLAGSTOP_PROBE_H

/*
 * What the kernel, and what confines us, lets us do. Each feature is tried in a child, never inferred from a
 * version.
 */

#include <stddef.h>

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
	FLAGSTOP_FEATURE_TSYNC,              /* SECCOMP_FILTER_FLAG_TSYNC */
};
#define FLAGSTOP_FEATURE_COUNT 8

struct flagstop_probe {
	const char *name;    /* "ret-trace" */
	const char *purpose; /* what flagstop uses it for */
	const char *without; /* what happens where it is missing */
	int error;           /* 0: it is there; else the negative errno that said no */
	const char *reason;  /* "" when it is there; else what that errno means here and what to do */
};

/*
 * Tries one feature in a child of the caller. 0 (look at ret_probe->error), or -EINVAL, or a negative errno when not
 * even a child could be made. All strings are constant.
 */
int flagstop_probe(enum flagstop_feature feature, struct flagstop_probe *ret_probe);

#ifdef __cplusplus
}
#endif

#endif
