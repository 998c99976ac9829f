/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_FAULT_KIT_H
#define FST_TESTS_FAULT_KIT_H

/* Requests to ptrace(2) that fail, for tests whose own ptrace() the tracer has, too, which is forked from them. */

#include <sys/ptrace.h>
#include <sys/types.h>

/* In shared memory: the tracer counts, and the test looks. */
struct faults {
	unsigned made, to_fail; /* counted from 1; 0: none */
	int error;
	unsigned failed;
};

struct faults *faults_map(void);
void faults_unmap(struct faults *faults);

/*
 * Instead of the request. "Gone" (ESRCH) is no lie: the tracee is killed at this very moment, as anybody could, and the
 * kernel says ESRCH by itself. (Not at the stop of its exit, which nothing ends but the tracer.)
 */
long faults_fail(struct faults *faults, enum __ptrace_request request, pid_t tid, void *address, void *data);

#endif
