/* SPDX-License-Identifier: MIT */
/* Tries whether another filter's listener is above us, in a child that ends with the try. */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <tracer/listener.h>

int fst_listener_probe(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };
	volatile int error = 0; /* written by the child, which shares our memory and has us wait */
	pid_t tid;

	if (!prctl(PR_GET_SECCOMP, 0, 0, 0, 0)) /* no filter above us at all, and no child needed */
		return 0;
	tid = vfork();
	if (!tid) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0)
			error = errno;
		_exit(0);
	}
	if (tid < 0)
		return -errno;
	while (waitpid(tid, NULL, __WALL) < 0 && errno == EINTR)
		;
	/* ENOSYS and EINVAL: the kernel has no listeners (before 5.0). */
	return error == ENOSYS || error == EINVAL ? 0 : -error;
}
