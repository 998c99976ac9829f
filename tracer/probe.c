/* SPDX-License-Identifier: MIT */
/*
 * Tries what a session needs of the kernel, one feature at a time, each in a child that ends with the try. The caller's
 * own state is untouched. Infers nothing: no version number is looked at.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <flagstop/probe.h>
#include <tracer/call.h>
#include <tracer/listener.h>
#include <tracer/ptrace.h>

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
};

static void look_at_stops(pid_t tid, struct finding *f)
{
	struct fst_call_rest unused;
	struct fst_call_stop call;
	int status;

	f->stop = f->syscall_info = f->second_look = -ENOSYS;
	while (waitpid(tid, &status, __WALL) == tid) {
		if (WIFEXITED(status))
			f->second_look = WEXITSTATUS(status) == SEEN_AGAIN ? 0 : -ENOSYS;
		if (!WIFSTOPPED(status))
			return;
		if (fst_stop_decode(status).kind == FST_STOP_SECCOMP) {
			int r = fst_ptrace_call(tid, &call);

			f->stop = 0;
			f->syscall_info = r ? r : call.place == FST_PLACE_SECCOMP ? 0 :
										    -EINVAL;
			fst_call_renumber(tid, NO_SUCH_CALL, &unused);
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
		f->stop = f->syscall_info = f->second_look = f->seize = fst_ptrace_seize(tid, FST_WANT_FLAGGED);
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

/* ---- the table -------------------------------------------------------------------------------------------------- */

static const struct feature {
	const char *name, *purpose, *without;
	int (*attempt)(void);
	int (*pick)(const struct finding *);
} features[FLAGSTOP_FEATURE_COUNT] = {
	[FLAGSTOP_FEATURE_SECCOMP_FILTER] = { "seccomp-filter", "the kernel decides what it can",
					      "nothing can run yet: the ptrace backend is not there", try_filter,
					      NULL },
	[FLAGSTOP_FEATURE_FILTER_WITHOUT_NNP] = { "filter-without-nnp",
						  "set-user-id programs keep their privileges",
						  "NO_NEW_PRIVS is set for the program", try_filter_without_nnp,
						  NULL },
	[FLAGSTOP_FEATURE_PTRACE_SEIZE] = { "ptrace-seize", "following the program and all that comes from it",
					    "only policies that need no tracer run, with --report none", NULL,
					    pick_seize },
	[FLAGSTOP_FEATURE_RET_TRACE] = { "ret-trace", "only flagged calls stop",
					 "only policies that need no tracer run, with --report none", NULL,
					 pick_stop },
	[FLAGSTOP_FEATURE_SYSCALL_INFO] = { "syscall-info", "which call, of which ABI, a tracee stands at",
					    "only policies that need no tracer run, with --report none", NULL,
					    pick_syscall_info },
	[FLAGSTOP_FEATURE_SECOND_LOOK] = { "second-look", "kills and traps of the tracer's are the kernel's own",
					   "such a call is not carried out, and the process is killed at its next stop",
					   NULL, pick_second_look },
	[FLAGSTOP_FEATURE_NO_OTHER_LISTENER] = { "no-other-listener", "nothing outranks a flag",
						 "only policies that need no tracer run, with --report none", NULL,
						 NULL },
	[FLAGSTOP_FEATURE_TSYNC] = { "tsync", "one filter over all threads (attach; not used yet)", "not used yet",
				     try_tsync, NULL },
};

static const char *reason_of(int error)
{
	switch (-error) {
	case 0:
		return "";
	case EACCES:
		return "it needs CAP_SYS_ADMIN or NO_NEW_PRIVS, which flagstop sets where it must";
	case EPERM:
		return "forbidden: look at a container's seccomp profile, Yama's ptrace_scope, SELinux's deny_ptrace";
	case EBUSY:
		return "a filter above us has the one listener, as container runtimes do";
	case ENOSYS:
	case EINVAL:
	case EIO:
		return "the kernel does not know it, or a filter above us says so";
	default:
		return "refused";
	}
}

/* fst_listener_probe makes a child of its own and returns a negative errno already. */
static int attempt(enum flagstop_feature feature)
{
	const struct feature *f = &features[feature];

	if (feature == FLAGSTOP_FEATURE_NO_OTHER_LISTENER)
		return fst_listener_probe();
	return f->pick ? try_in_tracer(f->pick) : in_child(f->attempt);
}

int flagstop_probe(enum flagstop_feature feature, struct flagstop_probe *ret_probe)
{
	if ((unsigned)feature >= FLAGSTOP_FEATURE_COUNT || !ret_probe)
		return -EINVAL;
	int error = attempt(feature);
	if (error == -EAGAIN || error == -ENOMEM || error == -ECHILD)
		return error;
	*ret_probe = (struct flagstop_probe){
		.name = features[feature].name,
		.purpose = features[feature].purpose,
		.without = features[feature].without,
		.error = error,
		.reason = reason_of(error),
	};
	return 0;
}
