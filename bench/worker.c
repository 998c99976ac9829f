/* SPDX-License-Identifier: MIT */
/*
 * The process whose calls are timed, the same program in every row, and the other end of its
 * socket. Knows nothing of what watches it: between two messages it makes one kind of call only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "bench.h"

#define SET_SYSCALL_USER_DISPATCH 59 /* linux/prctl.h, 5.11 */

/* ---- what it does to itself -------------------------------------------------------------------- */

static volatile char dispatch = 0; /* SYSCALL_DISPATCH_FILTER_ALLOW */

/* Allows itself to make calls, or its own return would be one that is sent to it. */
static void answer_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal, (void)info, (void)context;
	dispatch = 0;
}

static int catch_calls(void)
{
	struct sigaction action = { .sa_sigaction = answer_trap, .sa_flags = SA_SIGINFO };

	return sigaction(SIGSYS, &action, NULL);
}

static int trap_calls(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, insns };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

#define COMPARED 100 /* calls, one after the other, before ours is allowed: as many as libseccomp's programs have */

static int confine_itself(void)
{
	struct sock_filter insns[COMPARED + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							    offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { COMPARED + 3, insns };

	for (unsigned i = 1; i <= COMPARED; i++)
		insns[i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x10000 + i, COMPARED - i, 0);
	insns[COMPARED + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	insns[COMPARED + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int set_up(const char *what)
{
	if (!strcmp(what, "trap"))
		return catch_calls() || trap_calls();
	if (!strcmp(what, "dispatch"))
		return catch_calls() || prctl(SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &dispatch);
	if (!strcmp(what, "window"))
		return pin_map();
	if (!strcmp(what, "confine"))
		return confine_itself();
	return 0;
}

static void be_many(unsigned tracees)
{
	for (unsigned i = 1; i < tracees; i++) {
		pid_t parent = getpid();

		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
}

/* ---- calls ----------------------------------------------------------------------------------- */

static long call_getppid(uint32_t calls)
{
	long answer = 0;

	while (calls--)
		answer = syscall(SYS_getppid);
	return answer;
}

static long call_dispatched(uint32_t calls)
{
	while (calls--) {
		dispatch = 1;
		syscall(SYS_getppid);
	}
	dispatch = 0;
	return 0;
}

static long call_open(uint32_t calls)
{
	long fd = 0;

	while (calls--) {
		fd = syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY | O_CLOEXEC, OPEN_MARK);
		syscall(SYS_close, fd);
	}
	return fd;
}

static long call_io(uint32_t calls)
{
	static int null = -1, zero = -1;
	long bytes = 0;
	char byte = 0;

	if (null < 0)
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (zero < 0)
		zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	while (calls--) {
		bytes = syscall(SYS_write, null, &byte, 1);
		bytes += syscall(SYS_read, zero, &byte, 1);
	}
	return bytes;
}

static long call_start(uint32_t calls)
{
	char *argv[] = { (char *)"/bin/true", NULL };
	int status = 0;
	pid_t child;

	while (calls--)
		if (posix_spawn(&child, argv[0], NULL, NULL, argv, NULL) || waitpid(child, &status, 0) != child ||
		    status)
			return -1;
	return 0;
}

static long (*const kinds[CALL_COUNT])(uint32_t) = {
	[CALL_GETPPID] = call_getppid,
	[CALL_OPEN] = call_open,
	[CALL_IO] = call_io,
	[CALL_START] = call_start,
};

/* ---- several at once --------------------------------------------------------------------------- */

/* Others that make calls whenever this one does. A byte begins a batch, another one tells of its end. */
static struct {
	unsigned count;
	int begin[2], end[2];
} others;

static void __attribute__((noreturn)) be_other(long (*make)(uint32_t))
{
	uint32_t calls;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(others.begin[1]);
	while (read(others.begin[0], &calls, sizeof(calls)) == sizeof(calls)) {
		make(calls);
		if (write(others.end[1], "", 1) != 1)
			break;
	}
	_exit(0);
}

static int make_others(unsigned count, long (*make)(uint32_t))
{
	if (count && (pipe2(others.begin, O_CLOEXEC) || pipe2(others.end, O_CLOEXEC)))
		return -errno;
	for (; others.count < count; others.count++) {
		pid_t tid = fork();

		if (tid < 0)
			return -errno;
		if (!tid)
			be_other(make);
	}
	return 0;
}

static long make_at_once(long (*make)(uint32_t), uint32_t calls)
{
	char byte;

	for (unsigned i = 0; i < others.count; i++)
		if (write(others.begin[1], &calls, sizeof(calls)) != sizeof(calls))
			return -1;
	long answer = make(calls);
	for (unsigned i = 0; i < others.count; i++)
		if (read(others.end[0], &byte, 1) != 1)
			return -1;
	return answer;
}

/* ---- requests ---------------------------------------------------------------------------------- */

static void take(long (*make)(uint32_t), const struct request *request, struct reply *reply)
{
	uint32_t calls = request->batch * (others.count + 1);
	long answer = 0;

	for (uint32_t i = 0; i < request->samples && i < SAMPLES_MAX; i++) {
		uint64_t start = now_ns();

		answer = make_at_once(make, request->batch);
		reply->ns[i] = (float)(now_ns() - start) / (float)calls;
	}
	reply->answer = answer == -1 ? -errno : answer;
}

/* worker FD CALL SETUP CPU TRACEES HOT */
int worker_main(char **argv)
{
	int fd = atoi(argv[0]), cpu = atoi(argv[3]);
	long (*make)(uint32_t) = !strcmp(argv[2], "dispatch") ? call_dispatched : kinds[atoi(argv[1]) % CALL_COUNT];
	struct request request;
	struct reply reply;
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	if (cpu >= 0) {
		CPU_SET((unsigned)cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	be_many((unsigned)atoi(argv[4]));
	if (set_up(argv[2]) || make_others((unsigned)atoi(argv[5]), make))
		return 1;
	while (recv(fd, &request, sizeof(request), 0) == sizeof(request) && request.samples) {
		take(make, &request, &reply);
		if (send(fd, &reply, sizeof(reply), MSG_NOSIGNAL) != sizeof(reply))
			return 1;
	}
	return 0;
}

/* ---- the other end --------------------------------------------------------------------------- */

int subject_open(struct subject *subject)
{
	int ends[2];
	ssize_t bytes;

	memset(subject, 0, sizeof(*subject));
	subject->fd = -1;
	bytes = readlink("/proc/self/exe", subject->self, sizeof(subject->self) - 1);
	if (bytes < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	if (fcntl(ends[1], F_SETFD, 0)) {
		int failure = errno;

		close(ends[0]);
		close(ends[1]);
		return -failure;
	}
	subject->fd = ends[0];
	subject->worker_fd = ends[1];
	return 0;
}

void subject_argv(struct subject *subject, const struct row *row, char *argv[WORKER_ARGUMENTS + 1])
{
	const int numbers[] = { subject->worker_fd, (int)row->call, row->worker_cpu,
				(int)(row->tracees - (row->hot ? row->hot - 1 : 0)), row->hot ? (int)row->hot - 1 : 0 };

	for (size_t i = 0; i < 5; i++)
		snprintf(subject->numbers[i], sizeof(subject->numbers[i]), "%d", numbers[i]);
	argv[0] = subject->self;
	argv[1] = "worker";
	argv[2] = subject->numbers[0];
	argv[3] = subject->numbers[1];
	argv[4] = (char *)(row->setup ? row->setup : "");
	argv[5] = subject->numbers[2];
	argv[6] = subject->numbers[3];
	argv[7] = subject->numbers[4];
	argv[8] = NULL;
}

void subject_close_worker_fd(struct subject *subject)
{
	close(subject->worker_fd);
	subject->worker_fd = -1;
}

int subject_run(struct subject *subject, uint32_t samples, uint32_t batch, struct reply *ret_reply)
{
	struct request request = { samples, batch };
	ssize_t bytes;

	if (send(subject->fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return -errno;
	subject->calls += (uint64_t)samples * batch;
	bytes = recv(subject->fd, ret_reply, sizeof(*ret_reply), 0);
	if (bytes < 0)
		return -errno;
	return bytes == sizeof(*ret_reply) ? 0 : -EPIPE;
}

void subject_stop(const struct subject *subject)
{
	struct request none = { 0 };

	send(subject->fd, &none, sizeof(none), MSG_NOSIGNAL);
}
