/* SPDX-License-Identifier: MIT */
/*
 * What a call takes, counted instead of timed, so that a figure that is missed can be told apart: how often the tracer
 * enters the kernel and for what, how often it and the tracee are switched away from, how long each of them runs.
 *
 * Switches and times are the kernel's own counters, of calls that nobody else watches. For the system calls the tracer
 * is traced itself, as strace -c -p would.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define CALLS 1000        /* that are counted */
#define REQUESTS_MAX 0x20 /* of ptrace(2): the old ones, and those that begin at 0x4200 */
#define NEW_REQUESTS 0x4200
#define CALLS_MAX 512
#define SYSCALL_INFO 0x420e /* PTRACE_GET_SYSCALL_INFO, linux/ptrace.h */
#define ENTRY 1             /* PTRACE_SYSCALL_INFO_ENTRY */

struct counters {
	double switches, ns; /* of /proc/PID/status and schedstat */
};

struct account {
	struct counters tracer, worker; /* a call */
	unsigned calls[CALLS_MAX];      /* by number */
	unsigned requests[2][REQUESTS_MAX];
	unsigned all;
};

/* ---- who it is --------------------------------------------------------------------------------- */

static double read_number(pid_t pid, const char *file, const char *name)
{
	char path[64], line[256];
	double value = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	FILE *from = fopen(path, "re");
	while (from && fgets(line, sizeof(line), from))
		if (!strncmp(line, name, strlen(name)))
			value += strtod(line + strlen(name), NULL);
	if (from)
		fclose(from);
	return value;
}

/* The worker: it is who sends the reply. */
static int run(struct subject *subject, uint32_t calls, pid_t *ret_worker)
{
	struct request request = { 1, calls };
	struct reply reply;
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { &reply, sizeof(reply) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	int on = 1;
	struct ucred who;

	message.msg_control = control;
	message.msg_controllen = sizeof(control);
	setsockopt(subject->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	subject->calls += calls;
	if (send(subject->fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request) ||
	    recvmsg(subject->fd, &message, 0) != sizeof(reply) || !CMSG_FIRSTHDR(&message))
		return -EPIPE;
	memcpy(&who, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(who));
	*ret_worker = who.pid;
	return 0;
}

/* ---- the kernel's counters --------------------------------------------------------------------- */

static struct counters read_counters(pid_t pid)
{
	return (struct counters){ read_number(pid, "status", "voluntary_ctxt_switches:") +
					  read_number(pid, "status", "nonvoluntary_ctxt_switches:"),
				  read_number(pid, "schedstat", "") };
}

static struct counters difference(struct counters before, struct counters after)
{
	return (struct counters){ (after.switches - before.switches) / CALLS, (after.ns - before.ns) / CALLS };
}

static int count_switches(struct subject *subject, pid_t worker, pid_t tracer, struct account *account)
{
	struct counters of_worker = read_counters(worker), of_tracer = read_counters(tracer);
	int r = run(subject, CALLS, &worker);

	account->worker = difference(of_worker, read_counters(worker));
	account->tracer = difference(of_tracer, read_counters(tracer));
	return r;
}

/* ---- the tracer's system calls ----------------------------------------------------------------- */

static void note_call(pid_t tracer, struct account *account)
{
	/* op, arch, two pointers, the number, its arguments */
	uint64_t info[16];

	if (ptrace(SYSCALL_INFO, tracer, (void *)sizeof(info), info) <= 0 || (info[0] & 0xff) != ENTRY)
		return;
	uint64_t nr = info[3], request = info[4];
	int call = flagstop_call_from_number(flagstop_abi_native(), (unsigned)nr);
	bool is_new = request >= NEW_REQUESTS;

	request -= is_new ? NEW_REQUESTS : 0;
	account->all++;
	if (call == flagstop_call_find("ptrace") && request < REQUESTS_MAX)
		account->requests[is_new][request]++;
	else
		account->calls[nr % CALLS_MAX]++;
}

/* Lets the tracer go on from stop to stop until the worker has answered. */
static int watch(int fd, pid_t tracer, struct account *account)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	int status;

	while (!poll(&answer, 1, 0)) {
		pid_t tid = waitpid(tracer, &status, __WALL | WNOHANG);

		if (tid < 0)
			return -errno;
		if (!tid)
			continue;
		if (!WIFSTOPPED(status))
			return -EPIPE;
		int signal = WSTOPSIG(status);
		if (signal == (SIGTRAP | 0x80))
			note_call(tracer, account);
		bool is_signal = !(status >> 16) && signal != (SIGTRAP | 0x80);
		ptrace(PTRACE_SYSCALL, tracer, NULL, (void *)(long)(is_signal ? signal : 0));
	}
	return 0;
}

static int leave(pid_t tracer)
{
	int status;

	ptrace(PTRACE_INTERRUPT, tracer, NULL, NULL);
	if (waitpid(tracer, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return -EPIPE;
	return ptrace(PTRACE_DETACH, tracer, NULL, NULL) ? -errno : 0;
}

static int count_calls(struct subject *subject, pid_t tracer, struct account *account)
{
	struct request request = { 1, CALLS };
	struct reply reply;

	if (ptrace(PTRACE_SEIZE, tracer, NULL, (void *)PTRACE_O_TRACESYSGOOD) ||
	    ptrace(PTRACE_INTERRUPT, tracer, NULL, NULL))
		return -errno;
	subject->calls += CALLS;
	int r = send(subject->fd, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request) ? 0 : -errno;
	if (!r)
		r = watch(subject->fd, tracer, account);
	if (!r)
		r = leave(tracer);
	if (!r && recv(subject->fd, &reply, sizeof(reply), 0) != sizeof(reply))
		r = -EPIPE;
	return r;
}

/* ---- what came out ------------------------------------------------------------------------------ */

static const char *request_name(bool is_new, unsigned request)
{
	static const struct {
		unsigned request;
		const char *name;
	} names[] = { { PTRACE_PEEKTEXT, "PEEKTEXT" },
		      { PTRACE_PEEKDATA, "PEEKDATA" },
		      { PTRACE_PEEKUSER, "PEEKUSER" },
		      { PTRACE_POKEUSER, "POKEUSER" },
		      { PTRACE_CONT, "CONT" },
		      { PTRACE_GETREGS, "GETREGS" },
		      { PTRACE_SETREGS, "SETREGS" },
		      { PTRACE_SYSCALL, "SYSCALL" },
		      { 31, "SYSEMU" },
		      { PTRACE_GETEVENTMSG, "GETEVENTMSG" },
		      { PTRACE_GETSIGINFO, "GETSIGINFO" },
		      { PTRACE_GETREGSET, "GETREGSET" },
		      { PTRACE_SETREGSET, "SETREGSET" },
		      { PTRACE_LISTEN, "LISTEN" },
		      { SYSCALL_INFO, "GET_SYSCALL_INFO" },
		      { 0x4212, "SET_SYSCALL_INFO" } };

	request += is_new ? NEW_REQUESTS : 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].request == request)
			return names[i].name;
	return "ptrace";
}

static void add(json_t *calls, const char *name, unsigned count)
{
	double before = json_number_value(json_object_get(calls, name));

	if (count)
		json_object_set_new(calls, name, json_real(before + (double)count / CALLS));
}

static json_t *describe(const struct row *row, const struct account *account)
{
	json_t *calls = json_object();

	for (unsigned is_new = 0; is_new < 2; is_new++)
		for (unsigned i = 0; i < REQUESTS_MAX; i++)
			add(calls, request_name(is_new, i), account->requests[is_new][i]);
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		int call = account->calls[i] ? flagstop_call_from_number(flagstop_abi_native(), i) : -1;

		add(calls, call < 0 ? "?" : flagstop_call_name((unsigned)call), account->calls[i]);
	}
	return json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:o}", "name", row->name, "title", row->title,
			 "where", where_names[row->where], "system_calls", (double)account->all / CALLS,
			 "tracer_switches", account->tracer.switches, "worker_switches", account->worker.switches,
			 "tracer_ns", account->tracer.ns, "worker_ns", account->worker.ns, "calls", calls);
}

static int count(const struct settings *settings, const struct row *way, json_t *list)
{
	struct row row = *way;
	struct subject subject;
	struct account account = { 0 };
	pid_t worker, tracer;

	progress("counting %s", row.name);
	row.where = SAME;
	row.worker_cpu = -1;
	row.tracees = 1;
	int r = row_start(settings, &row, &subject);
	if (!r)
		r = run(&subject, CALLS, &worker); /* what is set up once comes before */
	tracer = r ? 0 : (pid_t)read_number(worker, "status", "TracerPid:");
	if (!r)
		r = tracer ? count_switches(&subject, worker, tracer, &account) : -ESRCH;
	if (!r)
		r = count_calls(&subject, tracer, &account);
	if (!r)
		json_array_append_new(list, describe(&row, &account));
	row_abandon(&subject);
	return r;
}

int measure_account(const struct settings *settings, json_t *report)
{
	json_t *list = json_array();

	json_object_set_new(report, "account", list);
	for (size_t i = 0; i < way_count; i++) {
		int r = ways[i].counted && row_is_wanted(settings, &ways[i]) ? count(settings, &ways[i], list) : 0;

		/* Whoever has no rights over the tracer, which is not dumpable, counts nothing. */
		if (r && !ways[i].optional && r != -EPERM) {
			fprintf(stderr, "flagstop-bench: %s cannot be counted: %s\n", ways[i].name, strerror(-r));
			return -1;
		}
	}
	return 0;
}
