/* SPDX-License-Identifier: MIT */
/*
 * Tries what a session needs of the kernel, one feature at a time, each in a child that ends with the try. The caller's
 * own state is untouched. Infers nothing: no version number is looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>

#include <flagstop/probe.h>
#include <tracer/call.h>
#include <tracer/listener.h>
#include <tracer/ptrace.h>
#include <tracer/why.h>

/* A number that no call has (nor its low 16 bits); the second look is made to find it. */
#define NO_SUCH_CALL 0x1ffffff0
#define SEEN_AGAIN 77 /* the errno that a filter gives for it */

static int install(struct sock_filter *insns, unsigned short count, unsigned flags, int no_new_privs)
{
	struct sock_fprog program = { count, insns };

	if (no_new_privs)
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) < 0 ? errno : 0;
}

static int install_allow(unsigned flags, int no_new_privs)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	return install(&allow, 1, flags, no_new_privs);
}

static int try_filter(void)
{
	return install_allow(0, 1);
}

static int try_filter_without_nnp(void)
{
	return install_allow(0, 0);
}

static int try_tsync(void)
{
	return install_allow(SECCOMP_FILTER_FLAG_TSYNC, 1);
}

/* Runs `attempt` in a child; its exit status is the errno that it met. */
static int in_child(int (*attempt)(void))
{
	pid_t tid = fork();
	int status;

	if (!tid)
		_exit(attempt());
	if (tid < 0)
		return -errno;
	while (waitpid(tid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

/* ---- with a tracee ---------------------------------------------------------------------------------------------- */

/* The tracee flags getppid, and answers NO_SUCH_CALL with an errno of its own; its exit status is getppid's errno. */
static void tracee(int go_fd)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fst_native_number(NO_SUCH_CALL), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | SEEN_AGAIN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	char byte;

	if (read(go_fd, &byte, 1) != 1 || install(insns, sizeof(insns) / sizeof(*insns), 0, 1))
		_exit(EIO);
	_exit(syscall(SYS_getppid) < 0 ? errno : 0);
}

struct finding {
	int seize; /* each 0 or a negative errno */
	int stop;
	int syscall_info;
	int second_look;
	int first_argument;
};

static void look_at_stops(pid_t tid, struct finding *f)
{
	struct fst_call_rest unused;
	struct fst_call_stop call;
	int status;

	f->stop = f->syscall_info = f->second_look = f->first_argument = -ENOSYS;
	while (waitpid(tid, &status, __WALL) == tid) {
		if (WIFEXITED(status))
			f->second_look = WEXITSTATUS(status) == SEEN_AGAIN ? 0 : -ENOSYS;
		if (!WIFSTOPPED(status))
			return;
		/* At whichever stop comes first: without filters that is the one before its end. */
		if (f->syscall_info)
			f->syscall_info = fst_ptrace_call(tid, &call);
		if (fst_stop_decode(status).kind == FST_STOP_SECCOMP) {
			f->stop = 0;
			if (!f->syscall_info && call.place != FST_PLACE_SECCOMP)
				f->syscall_info = -EINVAL;
			f->first_argument = fst_call_can_set_argument(tid, 0);
			fst_call_renumber(tid, fst_native_number(NO_SUCH_CALL), &unused);
		}
		fst_ptrace_resume(tid, 0);
	}
}

static int look(struct finding *f)
{
	int ends[2];
	pid_t tid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	tid = fork();
	if (!tid) {
		close(ends[1]);
		tracee(ends[0]);
	}
	close(ends[0]);
	if (tid > 0) {
		f->seize = fst_ptrace_seize(tid, FST_WANT_FLAGGED | FST_WANT_EXITS);
		f->stop = f->syscall_info = f->second_look = f->first_argument = f->seize;
		if (f->seize || write(ends[1], "", 1) != 1)
			kill(tid, SIGKILL);
		close(ends[1]);
		if (f->seize)
			waitpid(tid, NULL, __WALL);
		else
			look_at_stops(tid, f);
		return 0;
	}
	close(ends[1]);
	return -EAGAIN;
}

/* The tracer is a child, too: so no wait of the caller's can meet a tracee. */
static int try_in_tracer(int (*pick)(const struct finding *))
{
	struct finding f;
	pid_t tid = fork();
	int status;

	if (!tid)
		_exit(look(&f) ? EIO : -pick(&f));
	if (tid < 0)
		return -errno;
	while (waitpid(tid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

static int pick_seize(const struct finding *f)
{
	return f->seize;
}

static int pick_stop(const struct finding *f)
{
	return f->stop;
}

static int pick_syscall_info(const struct finding *f)
{
	return f->syscall_info;
}

static int pick_second_look(const struct finding *f)
{
	return f->second_look;
}

static int pick_first_argument(const struct finding *f)
{
	return f->first_argument;
}

/* ---- calls without a tracee ------------------------------------------------------------------------------------- */

static int try_read_memory(void)
{
	char here = 0, there = 1;
	struct iovec to = { &here, 1 }, from = { &there, 1 };

	return syscall(SYS_process_vm_readv, getpid(), &to, 1, &from, 1, 0) == 1 ? 0 : errno;
}

static int try_shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600), error;
	void *at;

	if (id < 0)
		return errno;
	at = shmat(id, NULL, SHM_RDONLY);
	error = at == (void *)-1 ? errno : 0;
	shmctl(id, IPC_RMID, NULL);
	return error;
}

static int try_openat2(void)
{
	struct open_how how = { .flags = O_PATH };

	return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)) < 0 ? errno : 0;
}

static int try_affinity(void)
{
	cpu_set_t cpus;

	return sched_getaffinity(0, sizeof(cpus), &cpus) || sched_setaffinity(0, sizeof(cpus), &cpus) ? errno : 0;
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

#define NO_TRACER_INSTEAD "only policies that need no tracer run, with --report none"
#define NO_TRACER_COST "no `trace`, `ask`, paths, addresses; nobody hears of denials"
#define PTRACE_INSTEAD "every call stops twice, and the tracer decides all (--backend ptrace)"
#define PTRACE_COST "some microseconds for each call, which the kernel decides in 0.1"

static const struct feature {
	const char *name, *purpose, *instead, *cost, *origin;
	int (*attempt)(void);
	int (*pick)(const struct finding *);
} features[FLAGSTOP_FEATURE_COUNT] = {
	[FLAGSTOP_FEATURE_SECCOMP_FILTER] = {
		.name = "seccomp-filter",
		.purpose = "the kernel decides what it can",
		.instead = PTRACE_INSTEAD,
		.cost = PTRACE_COST,
		.origin = "take a kernel with CONFIG_SECCOMP_FILTER",
		.attempt = try_filter,
	},
	[FLAGSTOP_FEATURE_FILTER_WITHOUT_NNP] = {
		.name = "filter-without-nnp",
		.purpose = "set-user-ID programs keep their privileges",
		.instead = "NO_NEW_PRIVS is set for the program",
		.cost = "set-user-ID programs gain nothing",
		.origin = "take a kernel with CONFIG_SECCOMP_FILTER",
		.attempt = try_filter_without_nnp,
	},
	[FLAGSTOP_FEATURE_PTRACE_SEIZE] = {
		.name = "ptrace-seize",
		.purpose = "following the program and all that comes from it",
		.instead = NO_TRACER_INSTEAD,
		.cost = NO_TRACER_COST,
		.origin = "Linux has it since 3.4",
		.pick = pick_seize,
	},
	[FLAGSTOP_FEATURE_RET_TRACE] = {
		.name = "ret-trace",
		.purpose = "only flagged calls stop",
		.instead = "flagged calls are refused with ENOSYS; --backend ptrace judges them",
		.cost = PTRACE_COST,
		.origin = "take a kernel with CONFIG_SECCOMP_FILTER",
		.pick = pick_stop,
	},
	[FLAGSTOP_FEATURE_SYSCALL_INFO] = {
		.name = "syscall-info",
		.purpose = "which call, of which ABI, a tracee stands at",
		.instead = "registers and /proc/PID/syscall tell",
		.cost = "a few system calls more for each stop",
		.origin = "Linux has it since 5.3",
		.pick = pick_syscall_info,
	},
	[FLAGSTOP_FEATURE_SECOND_LOOK] = {
		.name = "second-look",
		.purpose = "kills and traps of the tracer's are the kernel's own",
		.instead = PTRACE_INSTEAD,
		.cost = PTRACE_COST,
		.origin = "Linux has it since 4.8",
		.pick = pick_second_look,
	},
	[FLAGSTOP_FEATURE_NO_OTHER_LISTENER] = {
		.name = "no-other-listener",
		.purpose = "nothing outranks a flag",
		.instead = PTRACE_INSTEAD,
		.cost = PTRACE_COST,
		.origin = "",
	},
	[FLAGSTOP_FEATURE_TSYNC] = {
		.name = "tsync",
		.purpose = "one filter over all threads",
		.instead = "nothing: no command needs it yet",
		.cost = "nothing",
		.origin = "Linux has it since 3.17",
		.attempt = try_tsync,
	},
	[FLAGSTOP_FEATURE_READ_MEMORY] = {
		.name = "read-memory",
		.purpose = "copies of what arguments point to",
		.instead = "the file of its memory in /proc is read",
		.cost = "two system calls more for each copy",
		.origin = "take a kernel with CONFIG_CROSS_MEMORY_ATTACH",
		.attempt = try_read_memory,
	},
	[FLAGSTOP_FEATURE_SHARED_MEMORY] = {
		.name = "shared-memory",
		.purpose = "the window in which checked names are pinned",
		.instead = "policies with rules on paths, strings and addresses are refused",
		.cost = "such policies are of no use",
		.origin = "take a kernel with CONFIG_SYSVIPC",
		.attempt = try_shared_memory,
	},
	[FLAGSTOP_FEATURE_OPENAT2] = {
		.name = "openat2",
		.purpose = "resolving a path in one call",
		.instead = "paths are resolved component by component",
		.cost = "a system call or two for each component",
		.origin = "Linux has it since 5.6",
		.attempt = try_openat2,
	},
	[FLAGSTOP_FEATURE_AFFINITY] = {
		.name = "affinity",
		.purpose = "bringing a thread that stops often and the tracer to one CPU",
		.instead = "they run where the scheduler puts them",
		.cost = "up to ten times the time for each stop",
		.origin = "",
		.attempt = try_affinity,
	},
	[FLAGSTOP_FEATURE_FIRST_ARGUMENT] = {
		.name = "first-argument",
		.purpose = "rules that rewrite a call's first argument",
		.instead = "policies with such rules are refused",
		.cost = "such policies are of no use",
		.origin = "riscv64 has it since Linux 6.16 (PTRACE_SET_SYSCALL_INFO)",
		.pick = pick_first_argument,
	},
};

/* fst_listener_probe makes a child of its own and returns a negative errno already. */
static int attempt(enum flagstop_feature feature)
{
	const struct feature *f = &features[feature];

	if (feature == FLAGSTOP_FEATURE_NO_OTHER_LISTENER)
		return fst_listener_probe();
	if (feature == FLAGSTOP_FEATURE_FIRST_ARGUMENT && !fst_native_hidden_first_arguments())
		return 0;
	return f->pick ? try_in_tracer(f->pick) : in_child(f->attempt);
}

int flagstop_probe(enum flagstop_feature feature, struct flagstop_probe *ret_probe)
{
	if ((unsigned)feature >= FLAGSTOP_FEATURE_COUNT || !ret_probe)
		return -EINVAL;
	const struct feature *f = &features[feature];
	int error = attempt(feature);
	if (error == -EAGAIN || error == -ENOMEM || error == -ECHILD)
		return error;
	*ret_probe = (struct flagstop_probe){
		.name = f->name,
		.purpose = f->purpose,
		.instead = f->instead,
		.cost = f->cost,
		.error = error,
		.reason = "",
		.remedy = "",
	};
	if (error)
		fst_why(error, f->pick != NULL, f->origin, &ret_probe->reason, &ret_probe->remedy);
	return 0;
}
