/* SPDX-License-Identifier: MIT */
/*
 * What flagstop is compared with: the least that anybody could write by hand for the same call.
 * Serves one worker, and is no sandbox: it checks nothing and survives nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>

#include "bench.h"

#define GET_SYSCALL_INFO 0x420e /* linux/ptrace.h clashes with the C library's */

/* ---- filters --------------------------------------------------------------------------------- */

/* Every call is decided by its number: `number` gets `action`, the rest is allowed. */
static int load_filter(uint32_t number, uint32_t action)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, flagstop_abi_audit_arch(flagstop_abi_native()),
			 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return -errno;
	return 0;
}

static int no_filter(void)
{
	return 0;
}

static int minimal_filter(void)
{
	return load_filter(SYS_reboot, SECCOMP_RET_ERRNO | EPERM);
}

static int flagging_filter(void)
{
	return load_filter(SYS_getppid, SECCOMP_RET_TRACE);
}

/* The rules of KERNEL_POLICY in rows.c. */
static int libseccomp_filter(void)
{
	static const char *const denied[] = { "mount", "umount2", "pivot_root",
					      "chroot", "swapon", "swapoff",
					      "reboot", "kexec_load", "init_module",
					      "finit_module", "delete_module", "settimeofday",
					      "sethostname", "acct" };
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied) && !r; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
				     seccomp_syscall_resolve_name(denied[i]), 0);
	if (!r)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

/* ---- a worker without a tracer --------------------------------------------------------------- */

static void __attribute__((noreturn)) become_worker(struct subject *subject, int (*filter)(void))
{
	char *argv[4];

	subject_argv(subject, argv);
	if (!filter())
		execv(argv[0], argv);
	_exit(127);
}

static int start_untraced(struct subject *subject, int (*filter)(void))
{
	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (!subject->process)
		become_worker(subject, filter);
	return 0;
}

int start_native(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_untraced(subject, no_filter);
}

int start_minimal_filter(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_untraced(subject, minimal_filter);
}

int start_libseccomp_filter(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_untraced(subject, libseccomp_filter);
}

int end_process(const struct row *row, struct subject *subject, uint64_t *ret_stops)
{
	int status;

	(void)row;
	*ret_stops = 0;
	subject_stop(subject);
	if (waitpid(subject->process, &status, 0) < 0)
		return -errno;
	subject->process = 0;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EPIPE;
}

/* ---- a tracer of one tracee ------------------------------------------------------------------ */

static void __attribute__((noreturn))
become_traced_worker(struct subject *subject, int (*filter)(void))
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(127);
	raise(SIGSTOP);
	become_worker(subject, filter);
}

/* Until the worker's image runs: the stop by its own signal, then the one at its exec. */
static void begin(pid_t tid, int request, unsigned long options)
{
	int status;

	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, tid, NULL,
		   (void *)(options | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC)) ||
	    ptrace(PTRACE_CONT, tid, NULL, NULL) || waitpid(tid, &status, __WALL) != tid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_EXEC << 8) || ptrace(request, tid, NULL, NULL))
		_exit(1);
}

/* The loop that the figures are about. */
static uint64_t go_on(pid_t tid, int request)
{
	uint64_t stops = 0;
	int status;

	while (waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status)) {
		stops++;
		ptrace(request, tid, NULL, NULL);
	}
	return stops;
}

/* The same for a tracer that looks at what was called. */
static uint64_t look_and_go_on(pid_t tid, int request)
{
	uint64_t stops = 0, info[16];
	int status;

	while (waitpid(tid, &status, __WALL) == tid && WIFSTOPPED(status)) {
		stops++;
		ptrace(GET_SYSCALL_INFO, tid, (void *)sizeof(info), info);
		ptrace(request, tid, NULL, NULL);
	}
	return stops;
}

static void __attribute__((noreturn))
trace(struct subject *subject, int (*filter)(void), int request, unsigned long options,
      uint64_t (*loop)(pid_t, int))
{
	uint64_t stops;
	pid_t tid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(subject->fd);
	tid = fork();
	if (tid < 0)
		_exit(1);
	if (!tid)
		become_traced_worker(subject, filter);
	begin(tid, request, options);
	stops = loop(tid, request);
	_exit(send(subject->worker_fd, &stops, sizeof(stops), MSG_NOSIGNAL) != sizeof(stops));
}

static int start_traced(struct subject *subject, int (*filter)(void), int request,
			unsigned long options, uint64_t (*loop)(pid_t, int))
{
	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (!subject->process)
		trace(subject, filter, request, options, loop);
	return 0;
}

int start_ret_trace(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_traced(subject, flagging_filter, PTRACE_CONT, PTRACE_O_TRACESECCOMP, go_on);
}

int start_ret_trace_info(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_traced(subject, flagging_filter, PTRACE_CONT, PTRACE_O_TRACESECCOMP,
			    look_and_go_on);
}

int start_ptrace_syscall(const struct row *row, struct subject *subject)
{
	(void)row;
	return start_traced(subject, no_filter, PTRACE_SYSCALL, PTRACE_O_TRACESYSGOOD, go_on);
}

int end_hand_written_tracer(const struct row *row, struct subject *subject, uint64_t *ret_stops)
{
	uint64_t stops, unused;

	subject_stop(subject);
	if (recv(subject->fd, &stops, sizeof(stops), 0) != sizeof(stops))
		return -EPIPE;
	int r = end_process(row, subject, &unused);
	*ret_stops = stops;
	return r;
}
