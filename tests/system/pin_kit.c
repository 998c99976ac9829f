/* SPDX-License-Identifier: MIT */
/* Decides what the sandbox of one rule does at each stop, as tracer/stops.c does for policies. */
#include "pin_kit.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/call.h>
#include <tracer/memory.h>
#include <tracer/pin.h>
#include <tracer/space.h>

#define TRACE_DATA 4711
#define THREADS 65536

struct sandbox {
	struct kit *kit;
	struct fst_pins *pins;
	struct fst_memory_reader *memory;
	struct fst_pin_thread **threads; /* by tid, of 65,536 */
	pid_t program;
	bool executed;
};

static const struct traced {
	const char *call;
	int path; /* which argument */
} traced[] = {
	{ "open", 0 },
	{ "openat", 1 },
	{ "execve", 0 },
	{ "openat2", 1 },
	{ "mknod", 0 },
};
#define TRACED (sizeof(traced) / sizeof(*traced))

/* -1: it is not there. */
static int64_t number(const struct traced *call, enum flagstop_abi abi)
{
	return flagstop_call_number((unsigned)flagstop_call_find(call->call), abi);
}

/* Which argument is a path. */
static int path_argument(const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	for (size_t i = 0; i < TRACED && abi >= 0; i++)
		if ((int64_t)call->nr == number(&traced[i], (enum flagstop_abi)abi))
			return traced[i].path;
	return -1;
}

static void install(const struct sock_filter *insns, size_t count)
{
	struct sock_fprog program = { (unsigned short)count, (struct sock_filter *)insns };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		_exit(96);
}

/* This host's first ABI, and that of 32-bit programs. */
static bool is_traced(enum flagstop_abi abi)
{
	const char *second = harness_second_abi();

	return abi == flagstop_abi_native() || (second && !strcmp(flagstop_abi_name(abi), second));
}

static size_t write_flags(struct sock_filter *to)
{
	struct sock_filter *at = to;

#define LOAD(field) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define UNLESS(k, skipped) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skipped)
#define END(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct sock_filter *other = at + 1;

		if (!is_traced(abi))
			continue;
		*at++ = LOAD(arch);
		*at++ = UNLESS(flagstop_abi_audit_arch(abi), 0);
		*at++ = LOAD(nr);
		for (size_t i = 0; i < TRACED; i++) {
			if (number(&traced[i], abi) < 0)
				continue;
			*at++ = UNLESS((uint32_t)number(&traced[i], abi), 1);
			*at++ = END(SECCOMP_RET_TRACE | TRACE_DATA);
		}
		other->jf = (uint8_t)(at - other - 1);
	}
	*at++ = END(SECCOMP_RET_ALLOW);
	return (size_t)(at - to);
}

static void be_the_program(const struct sandbox *box, int go)
{
	struct sock_filter insns[64];
	struct flagstop_insn guard[FST_WINDOW_PROGRAM_MAX_INSNS];
	struct fst_window_plan plan;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(97);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	size_t count = write_flags(insns);
	fst_pins_plan(box->pins, TRACE_DATA, &plan);
	size_t guards = fst_window_program(&plan, guard);
	if (!box->kit->unguarded)
		install((const struct sock_filter *)guard, guards);
	install(insns, count);
	execv(box->kit->argv[0], box->kit->argv);
	_exit(98);
}

static struct fst_pin_thread *thread_of(struct sandbox *box, pid_t tid)
{
	struct fst_pin_thread **at = &box->threads[tid % THREADS];

	if (!*at) {
		*at = talloc_zero(box->pins, struct fst_pin_thread);
		(*at)->tid = tid;
		fst_pin_born(box->pins, *at);
	}
	return *at;
}

static void deny(struct sandbox *box, pid_t tid, int error)
{
	struct fst_call_rest rest;
	int r = fst_call_skip(tid, FST_PLACE_SECCOMP, -error, &rest);

	box->kit->denied++;
	if (r == 1 && !fst_ptrace_resume_to_syscall(tid, 0) && waitpid(tid, NULL, __WALL) == tid)
		fst_call_finish(tid, &rest);
	fst_ptrace_resume(tid, 0);
}

static void judge_naively(struct sandbox *box, pid_t tid, uint64_t address)
{
	char path[4096];

	if (fst_memory_string(box->memory, tid, address, path, sizeof(path)) >= 0 && strstr(path, "secret"))
		deny(box, tid, EACCES);
	else
		fst_ptrace_resume(tid, 0);
}

static void judge(struct sandbox *box, struct fst_pin_thread *thread, const struct fst_call_stop *call, int argument)
{
	struct fst_pin pin;
	char *path;
	int r = fst_pin_begin(box->pins, thread, call, &pin);

	if (r == 1)
		box->kit->attached++;
	if (r == 1 || r == -ESRCH)
		return;
	if (r) {
		box->kit->refused++;
		snprintf(box->kit->reason, sizeof(box->kit->reason), "%s", pin.reason);
		deny(box, thread->tid, EACCES);
		return;
	}
	if (box->kit->way == KIT_PIN_EXIT)
		thread->space->filtered = true;
	path = fst_pin_string(&pin, 0, argument);
	r = fst_memory_string(box->memory, thread->tid, call->data.args[argument], path, 4096);
	if (r < 0 || strstr(path, "secret")) {
		deny(box, thread->tid, r < 0 ? -r : EACCES);
		return;
	}
	box->kit->pinned++;
	if (argument) /* a descriptor, in 64 bits whoever makes the call */
		fst_pin_set(&pin, 0, (uint64_t)(int64_t)(int)call->data.args[0]);
	fst_pin_commit(&pin);
}

/* Of s390x's mmap: may it replace the window? The kernel gets the copy, or with KIT_NAIVE what is there by now. */
static void judge_mapping(struct sandbox *box, struct fst_pin_thread *thread, const struct fst_call_stop *call)
{
	bool is_naive = box->kit->way == KIT_NAIVE;
	struct fst_pin pin;
	uint64_t args[6];
	int r = is_naive ? 0 : fst_pin_begin(box->pins, thread, call, &pin);

	if (r == 1 || r == -ESRCH)
		return;
	if (!r)
		r = fst_memory_copy(box->memory, thread->tid, call->data.args[0], args, sizeof(args));
	if (!r && args[3] & MAP_FIXED && fst_pins_guard(box->pins, args[0], args[1]))
		r = -EPERM;
	if (r) {
		deny(box, thread->tid, -r);
	} else if (is_naive) {
		fst_ptrace_resume(thread->tid, 0);
	} else {
		memcpy(fst_pin_struct(&pin, 0), args, sizeof(args));
		fst_pin_commit(&pin);
	}
}

static void handle_seccomp(struct sandbox *box, struct fst_pin_thread *thread)
{
	struct fst_call_stop call;
	int argument;

	if (fst_ptrace_call(thread->tid, &call))
		return;
	if (!box->executed) { /* our own child installs filters */
		fst_ptrace_resume(thread->tid, 0);
		return;
	}
	switch (fst_pin_entry(box->pins, thread, &call)) {
	case FST_PIN_RESTART:
		box->kit->restarts++;
		return;
	case FST_PIN_FORGED:
		box->kit->forged++;
		kill(thread->tid, SIGKILL);
		return;
	default:
		break;
	}
	fst_pin_watches(box->pins, thread, &call.data);
	argument = path_argument(&call.data);
	if (fst_pins_is_mapping(box->pins, &call.data))
		judge_mapping(box, thread, &call);
	else if (argument < 0)
		fst_ptrace_resume(thread->tid, 0);
	else if (box->kit->way == KIT_NAIVE)
		judge_naively(box, thread->tid, call.data.args[argument]);
	else
		judge(box, thread, &call, argument);
}

static void handle_exec(struct sandbox *box, struct fst_pin_thread *thread)
{
	unsigned long former = 0;

	box->executed = true;
	fst_ptrace_message(thread->tid, &former);
	if ((pid_t)former != thread->tid && box->threads[former % THREADS]) {
		fst_memory_forget(box->memory, (pid_t)former);
		fst_pin_gone(box->pins, box->threads[former % THREADS]);
		box->threads[former % THREADS] = NULL;
	}
	fst_memory_forget(box->memory, thread->tid);
	fst_pin_exec(box->pins, thread);
	fst_ptrace_resume(thread->tid, 0);
}

static void handle_stop(struct sandbox *box, struct fst_pin_thread *thread, int status)
{
	struct fst_stop stop = fst_stop_decode(status);
	unsigned long child;

	box->kit->stops++;
	switch (stop.kind) {
	case FST_STOP_SECCOMP:
		handle_seccomp(box, thread);
		break;
	case FST_STOP_SYSCALL:
		if (!fst_pin_exit(box->pins, thread))
			fst_ptrace_resume(thread->tid, 0);
		break;
	case FST_STOP_SIGNAL: {
		bool was_in = thread->state == FST_PIN_STUB;
		bool drop = fst_pin_signal(box->pins, thread, stop.signal);

		box->kit->fixed += was_in && thread->state != FST_PIN_STUB;
		fst_ptrace_resume(thread->tid, drop ? 0 : stop.signal);
		break;
	}
	case FST_STOP_GROUP:
		fst_ptrace_listen(thread->tid);
		break;
	case FST_STOP_EXEC:
		handle_exec(box, thread);
		break;
	case FST_STOP_CHILD:
		if (!fst_ptrace_message(thread->tid, &child) && !box->threads[child % THREADS])
			fst_pin_bears(box->pins, thread, (pid_t)child);
		/* fall through */
	default:
		fst_ptrace_resume(thread->tid, 0);
	}
}

static void handle_end(struct sandbox *box, pid_t tid, int status)
{
	if (tid == box->program)
		box->kit->status = status;
	fst_memory_forget(box->memory, tid);
	if (box->threads[tid % THREADS])
		fst_pin_gone(box->pins, box->threads[tid % THREADS]);
	box->threads[tid % THREADS] = NULL;
}

static pid_t interrupted;

static void on_alarm(int signal)
{
	(void)signal;
	fst_ptrace_interrupt(interrupted);
}

static void interrupt_often(const struct sandbox *box)
{
	const struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	const suseconds_t us = box->kit->interrupt_us;
	const struct itimerval often = { { 0, us }, { 0, us } };

	interrupted = box->program;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void be_the_tracer(struct sandbox *box)
{
	static const uint64_t secret[2] = { 0x1234567890abcdef, 0xfedcba0987654321 };
	const char *reason;
	int go[2], status;
	pid_t tid;

	box->threads = talloc_zero_array(NULL, struct fst_pin_thread *, THREADS);
	if (fst_pins_new(NULL, secret, fst_native_abis(), &box->pins, &reason) ||
	    fst_pins_start(box->pins, box->kit->unguarded ? 1 : 2))
		_exit(95);
	box->memory = fst_memory_reader_new(box->pins);
	if (pipe2(go, O_CLOEXEC))
		_exit(95);
	box->program = fork();
	if (!box->program)
		be_the_program(box, go[0]);
	if (fst_ptrace_seize(box->program, FST_WANT_FLAGGED) || write(go[1], "", 1) != 1)
		_exit(95);
	close(go[0]);
	close(go[1]);
	if (box->kit->interrupt_us)
		interrupt_often(box);
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (tid == fst_memory_watchdog(box->memory))
			continue;
		if (tid == fst_memory_helper(box->memory)) {
			fst_memory_reaped(box->memory);
			continue;
		}
		if (WIFSTOPPED(status))
			handle_stop(box, thread_of(box, tid), status);
		else
			handle_end(box, tid, status);
		if (!WIFSTOPPED(status) && tid == box->program)
			fst_memory_dismiss(box->memory);
	}
	for (size_t i = 0; i < THREADS; i++)
		box->kit->slots_left += box->threads[i] && box->threads[i]->has_slot;
}

/* It knows no other way to ask what a call is, and to be rid of one. */
bool kit_can_run(void)
{
	struct flagstop_probe look, info;

	return !flagstop_probe(FLAGSTOP_FEATURE_SECOND_LOOK, &look) && !look.error &&
		!flagstop_probe(FLAGSTOP_FEATURE_SYSCALL_INFO, &info) && !info.error;
}

int kit_run(struct kit *kit)
{
	if (!kit_can_run()) {
		print_message("this kernel's filters do not look again after a tracer, or nobody tells of calls\n");
		skip();
	}
	struct kit *shared = mmap(NULL, sizeof(*kit), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int output[2], status;

	assert_ptr_not_equal(shared, MAP_FAILED);
	*shared = *kit;
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tracer = fork();
	if (!tracer) {
		struct sandbox box = { .kit = shared };

		dup2(output[1], 1);
		be_the_tracer(&box);
		_exit(0);
	}
	close(output[1]);
	harness_read_all(output[0], kit->out, sizeof(kit->out));
	close(output[0]);
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	assert_int_equal(status, 0);
	memcpy(shared->out, kit->out, sizeof(kit->out));
	*kit = *shared;
	munmap(shared, sizeof(*kit));
	return WIFSIGNALED(kit->status) ? 128 + WTERMSIG(kit->status) : WEXITSTATUS(kit->status);
}

long kit_number(const struct kit *kit, const char *name)
{
	const char *at = strstr(kit->out, name);

	if (!at)
		print_message("%s", kit->out);
	assert_non_null(at);
	return strtol(at + strlen(name), NULL, 10);
}
