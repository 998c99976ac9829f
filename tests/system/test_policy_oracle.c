/* SPDX-License-Identifier: MIT */
/*
 * The kernel as the referee of policies: compiled programs are loaded in a child, which makes one harmless call,
 * and what
 * comes of that is what the evaluator says: the call's own result, an errno, a value, a trap, a kill. What is flagged
 * meets no tracer here, which is ENOSYS.
 *
 * No child asserts anything: they write to shared memory and end by an illegal instruction, since whatever they may
 * call
 * is up to the policy; the parent compares.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "harness.h"

#include <flagstop/policy.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define GARBAGE UINT64_C(0xdeadbeef00000000)

/* ---- policies and calls ----------------------------------------------------------------------------------------- */

/* The second layer is installed under the first: that must allow prctl. */
static const char *const policies[][2] = {
	{ "default allow\ndeny EACCES getppid" },
	{ "default allow\ndeny EACCES socket when domain == AF_INET" },
	{ "default allow\ndeny ENOENT socket when domain in {AF_UNIX, AF_INET6} and type & 0xf == SOCK_DGRAM" },
	{ "default allow\nreturn 0 getppid\nreturn -77 dup" },
	{ "default allow\nreturn 4242 getppid\ntrace dup\nask lseek when offset < 0" },
	{ "default allow\nkill getpgid when pid < 0\nkill thread getpgid when pid == 7" },
	{ "default allow\ntrap 321 lseek when offset > 0x100000000\ntrap lseek when whence == 2" },
	{ "default allow\ndeny 4095 lseek when offset < 0\ndeny 4094 lseek when offset in 0..10" },
	{ "default allow\ndeny EMFILE fcntl when cmd in {F_GETFD, F_GETFL..F_SETFL} and arg != 5" },
	{ "default allow\ndeny ENODATA dup dup2 when arg0 > 0x7fffffff" },
	{ "default allow\ndeny ENODATA getpgid when pid >= -2 and pid <= 2" },
	{ "default allow\ndeny EDOM openat when dirfd == AT_FDCWD and flags & (O_WRONLY | O_RDWR) == 0" },
	{ "default allow\ndeny ERANGE mprotect when prot & PROT_EXEC or not (addr == 0 or len != 0)" },
	{ "default allow\ndeny EIO read write when count & 0xff00000000 == 0x100000000" },
	{ "default allow\ndeny EIO read write when count & 0x100000000\nlog getppid dup" },
	{ "default deny EPERM\nallow @system-service - getppid" },
	{ "default kill\nallow getppid lseek\ndeny EBADF dup when oldfd & 1" },
	{ "default trap 5\nunknown deny ENOANO\nallow getppid read write" },
	{ "default allow\nunknown return -1\ndeny E2BIG madvise when advice in -1..1" },
	{ "abi x86_64 i386\ndefault allow\ndeny EACCES getppid@i386\ndeny ENOENT lseek when offset < 0" },
	{ "abi x86_64 i386\ndefault allow\nkill getppid@x86_64\ndeny EXDEV socket when domain == AF_INET" },
	{ "default allow\ndeny EACCES getppid lseek", "default allow\ndeny ENOENT getppid\nkill dup" },
	{ "default allow\ndeny EACCES getppid\nkill dup", "default allow\nreturn -3 getppid\ntrap 9 dup\ntrace lseek" },
};

struct call {
	const char *name; /* NULL: `number` */
	uint64_t args[6];
	long number;
};

static const struct call calls[] = {
	{ "getppid", { 0 }, 0 },
	{ "getppid", { GARBAGE, 1, 2, 3, 4, 5 }, 0 },
	{ "getpgid", { 0 }, 0 },
	{ "getpgid", { 7 | GARBAGE }, 0 },
	{ "getpgid", { (uint64_t)-1 }, 0 },
	{ "getpgid", { 0xffffffff }, 0 },
	{ "getpgid", { 0x80000000 }, 0 },
	{ "getpgid", { 0x7fffffff }, 0 },
	{ "dup", { (uint64_t)-1 }, 0 },
	{ "dup", { 1000000 }, 0 },
	{ "dup", { 1000001 }, 0 },
	{ "dup", { GARBAGE | 1000000 }, 0 },
	{ "dup2", { 0x80000000, 0x80000000 }, 0 },
	{ "lseek", { 1000000, 0, 0 }, 0 },
	{ "lseek", { 1000000, 10, 1 }, 0 },
	{ "lseek", { 1000000, 11, 2 }, 0 },
	{ "lseek", { 1000000, (uint64_t)-1, 0 }, 0 },
	{ "lseek", { 1000000, 0xffffffff, 0 }, 0 },
	{ "lseek", { 1000000, 0x100000001, 0 }, 0 },
	{ "fcntl", { 1000000, 1, 0 }, 0 },
	{ "fcntl", { 1000000, 3, 5 }, 0 },
	{ "fcntl", { 1000000, 4 | GARBAGE, 6 }, 0 },
	{ "socket", { 2, 99, 0 }, 0 },
	{ "socket", { 1 | GARBAGE, 2 | 0x80000, 0 }, 0 },
	{ "socket", { 10, 1, 9999 }, 0 },
	{ "openat", { (uint64_t)-100, 0, 0 }, 0 },
	{ "openat", { 0xffffff9c, 0, 2 }, 0 },
	{ "openat", { 100, 0, 0 }, 0 },
	{ "mprotect", { 0, 0, 4 }, 0 },
	{ "mprotect", { 4096, 0, 1 }, 0 },
	{ "read", { 1000000, 0, 0x100000000 }, 0 },
	{ "write", { 1000000, 0, 0x1ffffffff }, 0 },
	{ "read", { 1000000, 0, 0xffffffff }, 0 },
	{ "madvise", { 0, 0, 1 }, 0 },
	{ "madvise", { 0, 0, 0xffffffff }, 0 },
	{ NULL, { 0 }, 5000 },
	{ NULL, { 0 }, 0x40000027 },
	{ NULL, { 0 }, 0x3fffffff },
};

/* ---- children --------------------------------------------------------------------------------------------------- */

/* What a child leaves behind. */
static struct note {
	int installed; /* 0, or the negative errno of the program that was refused */
	bool returned; /* the call did */
	long result;
	bool trapped;
	int trap_errno, trap_nr;
	unsigned trap_arch;
} * note;

static void note_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	note->trap_errno = info->si_errno;
	note->trap_nr = info->si_syscall;
	note->trap_arch = info->si_arch;
	note->trapped = true;
	__builtin_trap();
}

static int install(const struct flagstop_programs *programs)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		struct sock_fprog program = { .len = (unsigned short)count, .filter = (struct sock_filter *)insns };

		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			return -errno;
	}
	return 0;
}

typedef long caller(long nr, const uint64_t args[6]);

static long call_native(long nr, const uint64_t args[6])
{
	long result = syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);

	return result == -1 ? -errno : result;
}

#ifdef __x86_64__
static long call_i386(long nr, const uint64_t args[6])
{
	int result;

	/* the kernel's 32-bit entry keeps nothing of r8 to r11 */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"((int)nr), "b"(args[0]), "c"(args[1]), "d"(args[2]), "S"(args[3]), "D"(args[4])
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}
#else
#define call_i386 call_native
#endif

static void child(const struct flagstop_programs *programs, caller *call, long nr, const uint64_t args[6])
{
	struct rlimit no_core = { 0, 0 };
	struct sigaction action = { .sa_sigaction = note_trap, .sa_flags = SA_SIGINFO };

	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(SIGSYS, &action, NULL);
	signal(SIGILL, SIG_DFL); /* cmocka catches it to go on with the next test: that is the parent's business */
	note->installed = programs ? install(programs) : 0;
	if (!note->installed) {
		note->result = call(nr, args);
		note->returned = true;
	}
	__builtin_trap();
}

/* Returns the signal that ended it. */
static int make_call(const struct flagstop_programs *programs, caller *call, long nr, const uint64_t args[6])
{
	int status = 0;

	memset(note, 0, sizeof(*note));
	pid_t tgid = fork();
	if (!tgid)
		child(programs, call, nr, args);
	assert_int_equal(waitpid(tgid, &status, 0), tgid);
	assert_true(WIFSIGNALED(status));
	return WTERMSIG(status);
}

/* ---- comparing -------------------------------------------------------------------------------------------------- */

struct subject {
	size_t number;
	const struct flagstop_policy *policy;
	const struct flagstop_programs *programs;
	enum flagstop_abi abi;
	caller *call;
};

static void fail_call(const struct subject *s, const struct flagstop_data *data, const char *expected, int signal)
{
	char call[256], native[64] = "";

	flagstop_call_format(s->abi, data->nr, data->args, call, sizeof(call));
	if (note->returned)
		snprintf(native, sizeof(native), "returned %ld, ", note->result);
	fail_msg("policy %zu, %s in %s: %s expected; it %s%s, signal %d (installed: %d)\n%s", s->number, call,
		 flagstop_abi_name(s->abi), expected, native, note->trapped ? "trapped" : "did not trap", signal,
		 note->installed, policies[s->number][0]);
}

static bool returned(long result)
{
	return note->returned && !note->trapped && note->result == result;
}

static void compare(const struct subject *s, const struct flagstop_data *data)
{
	struct flagstop_verdict v = flagstop_policy_decide(s->policy, data, NULL);
	enum flagstop_place place = flagstop_policy_place(s->policy, data, FLAGSTOP_REPORT_NONE);
	char expected[64];
	bool right;

	make_call(NULL, s->call, (int)data->nr, data->args);
	long native = note->result;
	int signal = make_call(s->programs, s->call, (int)data->nr, data->args);

	flagstop_verdict_format(v, expected, sizeof(expected));
	if (place == FLAGSTOP_PLACE_TRACER)
		right = returned(-ENOSYS);
	else if (v.action <= FLAGSTOP_ACTION_LOG)
		right = returned(native);
	else if (v.action == FLAGSTOP_ACTION_RETURN)
		right = returned((long)v.value);
	else if (v.action == FLAGSTOP_ACTION_DENY)
		right = returned((long)-v.value);
	else if (v.action == FLAGSTOP_ACTION_TRAP)
		right = note->trapped && !note->returned && note->trap_errno == v.value &&
			(uint32_t)note->trap_nr == data->nr && note->trap_arch == data->arch;
	else
		right = !note->returned && !note->trapped && signal == SIGSYS;
	if (note->installed || !right)
		fail_call(s, data, expected, signal);
}

/* 0 when the ABI does not have that call. */
static unsigned compare_call(const struct subject *s, const struct call *call)
{
	struct flagstop_data data = { .arch = flagstop_abi_audit_arch(s->abi), .nr = (uint32_t)call->number };
	int64_t nr = call->name ? flagstop_call_number((unsigned)flagstop_call_find(call->name), s->abi) : call->number;

	if (nr < 0 || (s->abi == FLAGSTOP_ABI_I386 && !call->name))
		return 0;
	data.nr = (uint32_t)nr;
	for (unsigned i = 0; i < 6; i++)
		data.args[i] = flagstop_arg_bits(s->abi, FLAGSTOP_ARG_UWORD) == 32 ? (uint32_t)call->args[i] :
										     call->args[i];
	compare(s, &data);
	return 1;
}

/* For that ABI, too, where the policy does not say for which. NULL: a value does not fit into its registers. */
static struct flagstop_policy *load(const char *const layers[2], enum flagstop_abi abi)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char text[512];

	for (unsigned i = 0; i < 2 && layers[i]; i++) {
		bool says = !strncmp(layers[i], "abi ", 4) || abi == flagstop_abi_native();

		snprintf(text, sizeof(text), "%s%s", says ? "" : "abi x86_64 i386\n", layers[i]);
		if (!flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error))
			continue;
		if (says || !strstr(error.message, "does not fit"))
			fail_msg("%s: %s", layers[i], error.message);
		flagstop_policy_free(policy);
		return NULL;
	}
	return policy;
}

static struct flagstop_programs *compile(const struct flagstop_policy *policy)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs = NULL;

	options.report = FLAGSTOP_REPORT_NONE;
	if (flagstop_policy_compile(policy, &options, &programs, &error))
		fail_msg("%s", error.message);
	return programs;
}

static unsigned check_abi(enum flagstop_abi abi, caller *call)
{
	unsigned compared = 0;

	for (size_t p = 0; p < COUNT(policies); p++) {
		struct subject s = { .number = p, .policy = load(policies[p], abi), .abi = abi, .call = call };

		if (!s.policy)
			continue;
		s.programs = compile(s.policy);
		for (size_t c = 0; c < COUNT(calls); c++)
			compared += compare_call(&s, &calls[c]);
		flagstop_programs_free((struct flagstop_programs *)s.programs);
		flagstop_policy_free((struct flagstop_policy *)s.policy);
	}
	print_message("%u calls compared\n", compared);
	return compared;
}

static void kernel__does_what_the_evaluator_says(void **state)
{
	(void)state;
	harness_need_kernel_filters();
	if (!harness_has_kernel_action(SECCOMP_RET_LOG)) {
		print_message("this kernel's filters do not know LOG\n");
		skip();
	}
	assert_true(check_abi(flagstop_abi_native(), call_native) > 20 * 30);
}

static void kernel__does_what_the_evaluator_says_of_32_bit_calls(void **state)
{
	(void)state;
	if (flagstop_abi_native() != FLAGSTOP_ABI_X86_64) {
		print_message("there is no int $0x80 on this machine\n");
		skip();
	}
	harness_need_i386();
	harness_need_kernel_filters();
	assert_true(check_abi(FLAGSTOP_ABI_I386, call_i386) > 18 * 30);
}

/* ---- size ------------------------------------------------------------------------------------------------------- */

static struct flagstop_policy *big_policy(unsigned values)
{
	static char text[FLAGSTOP_POLICY_MAX_BYTES];
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	size_t used = (size_t)snprintf(text, sizeof(text), "default allow\n");

	for (unsigned call = 0, written = 0; call < flagstop_call_count() && written < 200; call++) {
		if (flagstop_call_number(call, flagstop_abi_native()) < 0)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "deny %u %s when arg5 in {", ++written,
					 flagstop_call_name(call));
		for (unsigned i = 0; i < values; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%u,\n", 7 * written + 3 * i);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "}\n");
	}
	if (flagstop_policy_add_text(policy, "big.fs", text, used, &error))
		fail_msg("%s", error.message);
	return policy;
}

static int filters_above(void)
{
	char line[256];
	int count = 0;
	FILE *status = fopen("/proc/self/status", "re");

	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp_filters: %d", &count) == 1)
			break;
	fclose(status);
	return count;
}

/* What compiles is what the kernel takes: its limit is not met later, when a program is to be run. */
static void kernel__takes_the_largest_policy_that_compiles(void **state)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_programs *largest = NULL, *programs;
	unsigned low = 1, high = 256; /* so many values a call: the first fits, the last does not */
	static const uint64_t none[6];

	(void)state;
	harness_need_kernel_filters();
	if (filters_above()) {
		print_message("other filters are on this process, and count\n");
		skip();
	}
	while (low + 8 < high) { /* each step compiles what is near the limit */
		unsigned middle = (low + high) / 2;
		struct flagstop_policy *policy = big_policy(middle);
		int r = flagstop_policy_compile(policy, &options, &programs, NULL);

		flagstop_policy_free(policy);
		if (r) {
			assert_int_equal(r, -E2BIG);
			high = middle;
			continue;
		}
		flagstop_programs_free(largest);
		largest = programs;
		low = middle;
	}
	assert_non_null(largest);
	print_message("%u values for each of 200 calls: %zu programs\n", low, flagstop_programs_count(largest));
	make_call(largest, call_native, SYS_getppid, none);
	flagstop_programs_free(largest);
	assert_int_equal(note->installed, 0);
	assert_true(returned(getpid())); /* arg5 is 0, which is among no call's values */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel__does_what_the_evaluator_says),
		cmocka_unit_test(kernel__does_what_the_evaluator_says_of_32_bit_calls),
		cmocka_unit_test(kernel__takes_the_largest_policy_that_compiles),
	};

	note = mmap(NULL, sizeof(*note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (note == MAP_FAILED)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
