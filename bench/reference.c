/* SPDX-License-Identifier: MIT */
/*
 * What flagstop is compared with: the least that anybody could write by hand for the same call.
 * Serves one worker, and is no sandbox: it checks nothing and survives nothing.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "bench.h"

#define GET_SYSCALL_INFO 0x420e /* linux/ptrace.h clashes with the C library's */

/* ---- filters --------------------------------------------------------------------------------- */

static int load(struct sock_filter *insns, unsigned short count)
{
	struct sock_fprog program = { count, insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		return -errno;
	return 0;
}

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

	return load(insns, sizeof(insns) / sizeof(*insns));
}

static int no_filter(const struct row *row)
{
	(void)row;
	return 0;
}

/* The call that is timed is allowed by its number: the kernel remembers that. */
static int allow(const struct row *row)
{
	(void)row;
	return load_filter(SYS_reboot, SECCOMP_RET_ERRNO | EPERM);
}

/* It is allowed by an argument: the kernel runs the program each time. */
static int allow_by_argument(const struct row *row)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x12345678, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	(void)row;
	return load(insns, sizeof(insns) / sizeof(*insns));
}

static int refuse(const struct row *row)
{
	(void)row;
	return load_filter(SYS_getppid, SECCOMP_RET_ERRNO | EPERM);
}

static int log_it(const struct row *row)
{
	(void)row;
	return load_filter(SYS_getppid, SECCOMP_RET_LOG);
}

static int flag(const struct row *row)
{
	static const uint32_t numbers[CALL_COUNT] = { SYS_getppid, SYS_openat, SYS_write, SYS_execve };

	return load_filter(numbers[row->call], SECCOMP_RET_TRACE);
}

/* ---- a worker without a tracer --------------------------------------------------------------- */

static void __attribute__((noreturn))
become_worker(const struct row *row, struct subject *subject, int (*filter)(const struct row *))
{
	char *argv[WORKER_ARGUMENTS + 1];

	subject_argv(subject, row, argv);
	if (!filter(row))
		execv(argv[0], argv);
	_exit(127);
}

static int start_untraced(const struct row *row, struct subject *subject,
			  int (*filter)(const struct row *))
{
	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (!subject->process)
		become_worker(row, subject, filter);
	return 0;
}

int start_native(const struct row *row, struct subject *subject)
{
	return start_untraced(row, subject, no_filter);
}

int start_allow(const struct row *row, struct subject *subject)
{
	return start_untraced(row, subject, allow);
}

int start_allow_arguments(const struct row *row, struct subject *subject)
{
	return start_untraced(row, subject, allow_by_argument);
}

int start_errno(const struct row *row, struct subject *subject)
{
	return start_untraced(row, subject, refuse);
}

int start_log(const struct row *row, struct subject *subject)
{
	return start_untraced(row, subject, log_it);
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

/* ---- a tracer -------------------------------------------------------------------------------- */

struct tracer {
	int (*filter)(const struct row *);
	int request;
	unsigned long options;
	void (*look)(pid_t tid);  /* at each stop, before it goes on; or NULL */
	int (*choose)(pid_t tid); /* the request by which it goes on from there; NULL: always the same */
	int (*prepare)(void);     /* before there is a worker; or NULL */
};

static void __attribute__((noreturn))
become_traced_worker(const struct row *row, struct subject *subject, const struct tracer *tracer)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		_exit(127);
	raise(SIGSTOP);
	become_worker(row, subject, tracer->filter);
}

static bool goes_on_to(pid_t tid, int event)
{
	int status;

	return !ptrace(PTRACE_CONT, tid, NULL, NULL) && waitpid(tid, &status, __WALL) == tid &&
		status >> 8 == (SIGTRAP | event << 8);
}

/* Until the worker's image runs: the stop by its own signal, where execve is flagged that, then the one at its exec. */
static void begin(pid_t tid, const struct row *row, const struct tracer *tracer)
{
	int status;

	if (waitpid(tid, &status, __WALL) != tid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, tid, NULL,
		   (void *)(tracer->options | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC)) ||
	    (row->call == CALL_START && !goes_on_to(tid, PTRACE_EVENT_SECCOMP)) ||
	    !goes_on_to(tid, PTRACE_EVENT_EXEC) || ptrace(tracer->request, tid, NULL, NULL))
		_exit(1);
}

/* The loop that the figures are about. A new process's first stop, and its maker's, are let go on as well. */
static uint64_t serve(pid_t worker, const struct tracer *tracer)
{
	uint64_t stops = 0;
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (tid == worker)
				break;
			continue;
		}
		stops++;
		if (tracer->look)
			tracer->look(tid);
		ptrace(tracer->choose ? tracer->choose(tid) : tracer->request, tid, NULL, NULL);
	}
	return stops;
}

static void __attribute__((noreturn))
trace(const struct row *row, struct subject *subject, const struct tracer *tracer)
{
	uint64_t stops;
	pid_t tid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(subject->fd);
	tid = tracer->prepare && tracer->prepare() ? -1 : fork();
	if (tid < 0)
		_exit(1);
	if (!tid)
		become_traced_worker(row, subject, tracer);
	begin(tid, row, tracer);
	stops = serve(tid, tracer);
	_exit(send(subject->worker_fd, &stops, sizeof(stops), MSG_NOSIGNAL) != sizeof(stops));
}

static int start_traced(const struct row *row, struct subject *subject, const struct tracer *tracer)
{
	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (!subject->process)
		trace(row, subject, tracer);
	return 0;
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

/* ---- what a tracer may do at a stop ------------------------------------------------------------ */

static void look_at_call(pid_t tid)
{
	uint64_t info[16];

	ptrace(GET_SYSCALL_INFO, tid, (void *)sizeof(info), info);
}

/* All registers of every architecture fit. */
struct registers {
	uint64_t words[64];
	struct iovec set;
};

static void read_registers(pid_t tid, struct registers *registers)
{
	registers->set = (struct iovec){ registers->words, sizeof(registers->words) };
	ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &registers->set);
}

static void look_at_registers(pid_t tid)
{
	struct registers registers;

	read_registers(tid, &registers);
}

static void rewrite_registers(pid_t tid)
{
	struct registers registers;

	read_registers(tid, &registers);
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &registers.set);
}

/* Where x86-64's registers are in the set (sys/user.h); the row is left out elsewhere. */
#define ORIG_RAX 15
#define RAX 10
#define RIP 16

static void skip_call(pid_t tid)
{
	struct registers registers;

	read_registers(tid, &registers);
	registers.words[ORIG_RAX] = UINT64_MAX;
	registers.words[RAX] = (uint64_t)-EPERM;
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &registers.set);
}

/*
 * Every call is skipped, and getppid is to be; another one is left, made again, entered, and carried out: four stops,
 * in one of a thousand calls.
 */
static int skip_all_but_messages(pid_t tid)
{
	static unsigned on_the_way; /* stops of a call that is made again */
	struct registers registers;

	if (on_the_way)
		return --on_the_way ? PTRACE_SYSCALL : PTRACE_SYSEMU;
	read_registers(tid, &registers);
	bool is_message = registers.words[ORIG_RAX] != SYS_getppid;
	registers.words[RAX] = is_message ? registers.words[ORIG_RAX] : (uint64_t)-EPERM;
	registers.words[RIP] -= is_message ? 2 : 0;
	registers.words[ORIG_RAX] = is_message ? UINT64_MAX : registers.words[ORIG_RAX];
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &registers.set);
	on_the_way = is_message ? 2 : 0;
	return is_message ? PTRACE_SYSCALL : PTRACE_SYSEMU;
}

#define CHILDREN (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
#define FLAGGED(its_look) \
	{ \
		.filter = flag, .request = PTRACE_CONT, .options = PTRACE_O_TRACESECCOMP | CHILDREN, .look = its_look \
	}

int start_ret_trace(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = FLAGGED(NULL);

	return start_traced(row, subject, &tracer);
}

int start_ret_trace_info(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = FLAGGED(look_at_call);

	return start_traced(row, subject, &tracer);
}

int start_ret_trace_registers(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = FLAGGED(look_at_registers);

	return start_traced(row, subject, &tracer);
}

int start_ret_trace_rewrite(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = FLAGGED(rewrite_registers);

	return start_traced(row, subject, &tracer);
}

int start_ret_trace_skip(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = FLAGGED(skip_call);

	return flagstop_abi_native() == FLAGSTOP_ABI_X86_64 ? start_traced(row, subject, &tracer) :
							      -EOPNOTSUPP;
}

int start_ret_trace_pin(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = { .filter = flag,
					      .request = PTRACE_CONT,
					      .options = PTRACE_O_TRACESECCOMP | CHILDREN,
					      .look = pin_path,
					      .prepare = pin_prepare };

	return start_traced(row, subject, &tracer);
}

int start_ptrace_syscall(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = {
		.filter = no_filter, .request = PTRACE_SYSCALL, .options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK
	};

	return start_traced(row, subject, &tracer);
}

int start_ptrace_sysemu(const struct row *row, struct subject *subject)
{
	static const struct tracer tracer = { .filter = no_filter,
					      .request = PTRACE_SYSEMU,
					      .options = PTRACE_O_TRACESYSGOOD,
					      .choose = skip_all_but_messages };

	return flagstop_abi_native() == FLAGSTOP_ABI_X86_64 ? start_traced(row, subject, &tracer) : -EOPNOTSUPP;
}
