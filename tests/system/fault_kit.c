/* SPDX-License-Identifier: MIT */
/* How a request fails. Which one does is each test's own to say. */
#include "fault_kit.h"

#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct faults *faults_map(void)
{
	struct faults *faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(faults, MAP_FAILED);
	return faults;
}

void faults_unmap(struct faults *faults)
{
	munmap(faults, sizeof(*faults));
}

long faults_fail(struct faults *faults, enum __ptrace_request request, pid_t tid, void *address, void *data)
{
	faults->failed++;
	if (faults->error == ESRCH) {
		kill(tid, SIGKILL);
		return syscall(SYS_ptrace, request, tid, address, data);
	}
	errno = faults->error;
	return -1;
}
