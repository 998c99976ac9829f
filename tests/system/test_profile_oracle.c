/* SPDX-License-Identifier: MIT */
/*
 * The kernel as the referee of imported profiles: the program that flagstop makes of each, and the one that
 * libseccomp's own library makes of it where it can, are loaded, and every call that their ABIs have is made, with
 * arguments at and beside all that the profile compares with. What the kernel does is what the interpreter says.
 *
 * No call is carried out: a filter beneath returns RET_TRACE for everything, which is weaker than any refusal and
 * stronger than ALLOW and LOG, and the tracer skips what stops by it. So the two of these are not told apart; nor are
 * the two kills, since the child has one thread.
 *
 * The child asserts nothing, and makes no other call: it reads the calls from shared memory, writes the results there,
 * and ends by an illegal instruction.
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
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/points.h>
#include <filters/policy/policy.h>

#include <tests/profiles.h>

#include "convert_kit.h"
#include "harness.h"

#define STEPS_MAX (1u << 16)
#define POINTS_MAX 400 /* for one call */
#define PAST 40        /* numbers behind an ABI's last call that are tried, too */

enum { DATA_BENEATH = 1,
       DATA_PROFILE = 2 };

/* ---- profiles --------------------------------------------------------------------------------------------------- */

/* A program of a profile: flagstop's, or libseccomp's. */
struct subject {
	const struct profile *profile;
	bool is_library;
};

static struct flagstop_policy *convert(const struct profile *profile, const char *text, size_t bytes)
{
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	const char *name = profile->path ? profile->path : profile->name;
	struct flagstop_conversion *conversion;

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	options.caps = profile->caps;
	if (flagstop_convert(profile->format, "flagstop", name, text, bytes, &options, &conversion, &error))
		fail_msg("%s", error.message);
	text = flagstop_conversion_text(conversion, &bytes);
	if (flagstop_policy_add_text(policy, profile->name, text, bytes, &error))
		fail_msg("%s", error.message);
	flagstop_conversion_free(conversion);
	return policy;
}

static void compile(const struct flagstop_policy *policy, struct kit_program *ret_program)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;

	options.report = FLAGSTOP_REPORT_NONE;
	options.trace_data = DATA_PROFILE;
	if (flagstop_policy_compile(policy, &options, &programs, &error))
		fail_msg("%s", error.message);
	assert_int_equal(flagstop_programs_count(programs), 1);
	const struct flagstop_insn *insns = flagstop_programs_get(programs, 0, &ret_program->count);
	ret_program->insns = calloc(ret_program->count, sizeof(*insns));
	assert_non_null(ret_program->insns);
	memcpy(ret_program->insns, insns, ret_program->count * sizeof(*insns));
	flagstop_programs_free(programs);
}

static void load_library(const struct profile *profile, const char *text, size_t bytes, struct kit_program *ret_program)
{
	const struct kit_container container = { FLAGSTOP_ABI_X86_64, profile->caps };
	json_t *json = json_loadb(text, bytes, 0, NULL);

	if (!json) /* the library's integers end at 2^63 */
		json = json_loadb(text, bytes, JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(json);
	assert_int_equal(kit_load_oci(json, &container, ret_program), 0);
	json_decref(json);
}

/* ---- the calls -------------------------------------------------------------------------------------------------- */

struct step {
	struct flagstop_data call;
	uint32_t wanted;
	uint32_t got;
	bool is_told; /* `got` is what the tracer saw */
	long result;
};

static struct shared {
	int installed; /* 1: all is; negative: an errno */
	unsigned at, count;
	struct step steps[STEPS_MAX];
} * shared;

struct listing {
	const struct kit_program *program;
	enum flagstop_abi abi;
	uint32_t nr;
	unsigned points;
};

/* Logged is let through; both kills are one. */
static uint32_t seen_as(uint32_t action)
{
	if (action == SECCOMP_RET_LOG)
		return SECCOMP_RET_ALLOW;
	return action == SECCOMP_RET_KILL_THREAD ? SECCOMP_RET_KILL_PROCESS : action;
}

static int add_step(const uint64_t fields[FST_FIELDS], void *context)
{
	struct listing *l = context;
	struct step *step = &shared->steps[shared->count];

	if (l->points++ >= POINTS_MAX)
		return 0;
	assert_true(shared->count < STEPS_MAX);
	memset(step, 0, sizeof(*step));
	step->call = (struct flagstop_data){ .nr = l->nr, .arch = flagstop_abi_audit_arch(l->abi) };
	for (unsigned i = 0; i < 6; i++)
		step->call.args[i] = l->abi == FLAGSTOP_ABI_I386 ? (uint32_t)fields[i] : fields[i];
	if (l->abi == FLAGSTOP_ABI_I386)
		step->call.args[5] = 0; /* would take the frame pointer's register */
	step->wanted = flagstop_program_run(l->program->insns, l->program->count, &step->call, NULL, NULL);
	shared->count++;
	return 0;
}

static void list_number(struct listing *l, const struct flagstop_policy *policy)
{
	const struct fst_decision *d =
		fst_bound_decision(policy->layers[0], flagstop_abi_audit_arch(l->abi), l->nr);
	static const uint64_t zeros[FST_FIELDS];
	struct fst_sample *sample;

	l->points = 0;
	add_step(zeros, l);
	if (d->count < 2)
		return;
	sample = fst_sample_new(NULL);
	assert_non_null(sample);
	fst_sample_add_decision(sample, d);
	fst_sample_visit(sample, l->abi == FLAGSTOP_ABI_I386, add_step, l);
	talloc_free(sample);
}

static uint32_t last_number(enum flagstop_abi abi)
{
	int64_t last = 0;

	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (flagstop_call_number(call, abi) > last)
			last = flagstop_call_number(call, abi);
	return (uint32_t)last;
}

/*
 * The trampolines of probes: newer kernels ask no filter about them (kernel/seccomp.c, __secure_computing, 6.18),
 * and end with SIGILL what makes them from elsewhere.
 */
static bool is_asked_for(enum flagstop_abi abi, uint32_t nr)
{
	int call = flagstop_call_from_number(abi, nr);
	const char *name = call < 0 ? "" : flagstop_call_name((unsigned)call);

	return strcmp(name, "uretprobe") && strcmp(name, "uprobe");
}

/* A call that kills costs a process: of an ABI that the profile does not name some are enough. */
static void list_abi(const struct kit_program *program, const struct flagstop_policy *policy, enum flagstop_abi abi)
{
	uint32_t first = abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0;
	bool named = flagstop_policy_abis(policy) >> abi & 1;
	struct listing l = { .program = program, .abi = abi };

	for (l.nr = first; l.nr <= (named ? last_number(abi) + PAST : first + 8); l.nr++)
		if (is_asked_for(abi, l.nr))
			list_number(&l, policy);
}

/* ---- the child -------------------------------------------------------------------------------------------------- */

#ifdef __x86_64__
static long call_64(const struct flagstop_data *call)
{
	register uint64_t r10 __asm__("r10") = call->args[3];
	register uint64_t r8 __asm__("r8") = call->args[4];
	register uint64_t r9 __asm__("r9") = call->args[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((uint64_t)call->nr), "D"(call->args[0]), "S"(call->args[1]), "d"(call->args[2]),
			   "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static long call_32(const struct flagstop_data *call)
{
	int result;

	/* the kernel's 32-bit entry keeps nothing of r8 to r11 */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"((int)call->nr), "b"(call->args[0]), "c"(call->args[1]), "d"(call->args[2]),
			   "S"(call->args[3]), "D"(call->args[4])
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}
#endif

static int install(const struct flagstop_insn *insns, size_t count)
{
	struct sock_fprog program = { .len = (unsigned short)count, .filter = (struct sock_filter *)insns };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}

static int install_all(const struct kit_program *program)
{
	const struct flagstop_insn beneath = { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_TRACE | DATA_BENEATH };
	struct rlimit no_core = { 0, 0 };
	int r;

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGILL, SIG_DFL);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	raise(SIGSTOP);
	r = install(&beneath, 1);
	return r ? r : install(program->insns, program->count);
}

static void child(const struct kit_program *program)
{
	int r = install_all(program);

	shared->installed = r ? r : 1;
#ifdef __x86_64__
	for (; !r && shared->at < shared->count; shared->at++) {
		struct step *step = &shared->steps[shared->at];

		step->result = step->call.arch == 0x40000003 ? call_32(&step->call) : call_64(&step->call);
	}
#endif
	__builtin_trap();
}

/* ---- the tracer ------------------------------------------------------------------------------------------------- */

static void tell(uint32_t action)
{
	struct step *step = &shared->steps[shared->at];

	step->got = action;
	step->is_told = true;
}

static void skip_call(pid_t tid)
{
	unsigned long data = 0;

	if (!shared->installed)
		return;
	assert_int_equal(ptrace(PTRACE_GETEVENTMSG, tid, NULL, &data), 0);
	tell(data == DATA_BENEATH ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE | (uint32_t)data);
#ifdef __x86_64__
	assert_int_equal(ptrace(PTRACE_POKEUSER, tid, (void *)offsetof(struct user, regs.orig_rax), (void *)-1L), 0);
#endif
}

/* False: this child has made all of its calls. */
static bool handle_stop(pid_t tid, int status)
{
	siginfo_t info;

	switch (status >> 8) {
	case SIGTRAP | PTRACE_EVENT_SECCOMP << 8:
		skip_call(tid);
		return true;
	case SIGSTOP:
		assert_int_equal(ptrace(PTRACE_SETOPTIONS, tid, NULL,
					(void *)(PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)),
				 0);
		return true;
	case SIGSYS:
		assert_int_equal(ptrace(PTRACE_GETSIGINFO, tid, NULL, &info), 0);
		tell(SECCOMP_RET_TRAP | (uint16_t)info.si_errno);
		return true;
	default:
		return false;
	}
}

/* Until all calls are made or one kills, which is told. */
static void make_calls(const struct kit_program *program)
{
	int status = 0, ended_by = 0;
	pid_t tid;

	shared->installed = 0;
	tid = fork();
	if (!tid)
		child(program);
	while (waitpid(tid, &status, 0) == tid && WIFSTOPPED(status)) {
		if (handle_stop(tid, status)) {
			ptrace(PTRACE_CONT, tid, NULL, NULL);
		} else {
			ended_by = WSTOPSIG(status);
			kill(tid, SIGKILL);
		}
	}
	if (shared->installed != 1)
		fail_msg("the program was not installed: %d", shared->installed);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		tell(SECCOMP_RET_KILL_PROCESS);
	else if (ended_by != SIGILL || shared->at != shared->count)
		fail_msg("call %u of 0x%x ended the child by signal %d", shared->steps[shared->at].call.nr,
			 shared->steps[shared->at].call.arch, ended_by);
	shared->at++;
}

static bool agrees(const struct step *step)
{
	if (step->is_told)
		return step->got == seen_as(step->wanted);
	return step->result <= 0 && step->result >= -4095 &&
		step->wanted == (SECCOMP_RET_ERRNO | (uint32_t)-step->result);
}

static unsigned count_wrong(void)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < shared->count; i++) {
		const struct step *step = &shared->steps[i];
		char call[256], does[64] = "no action", says[64];
		int abi = flagstop_abi_of_call(step->call.arch, step->call.nr);

		if (agrees(step) || wrong++ > 3)
			continue;
		flagstop_call_format((enum flagstop_abi)abi, step->call.nr, step->call.args, call, sizeof(call));
		flagstop_action_format(step->wanted, says, sizeof(says));
		if (step->is_told)
			flagstop_action_format(step->got, does, sizeof(does));
		print_error("%s %s: the interpreter says %s, the kernel does %s and returns %ld\n",
			    flagstop_abi_name((enum flagstop_abi)abi), call, says, does, step->result);
	}
	return wrong;
}

/* A profile that does the same to every call would not be tried by this; to an ABI that it does not name it must. */
static void check_kinds(bool named)
{
	unsigned allowed = 0, flagged = 0, refused = 0;

	for (unsigned i = 0; i < shared->count; i++) {
		uint32_t wanted = seen_as(shared->steps[i].wanted);

		allowed += wanted == SECCOMP_RET_ALLOW;
		flagged += (wanted & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
	}
	refused = shared->count - allowed - flagged;
	print_message("%u calls let through, %u flagged, %u refused\n", allowed, flagged, refused);
	if (!named) {
		assert_int_equal(allowed + flagged, 0);
		assert_true(refused > 0);
		return;
	}
	assert_true(allowed > 20);
	assert_true(flagged + refused > 20);
}

static void check_profile(const struct subject *subject, enum flagstop_abi first, enum flagstop_abi last)
{
	const struct profile *profile = subject->profile;
	struct flagstop_policy *policy;
	struct kit_program program;
	size_t bytes;
	char *text = profile_text(profile, &bytes);

	policy = convert(profile, text, bytes);
	if (subject->is_library)
		load_library(profile, text, bytes, &program);
	else
		compile(policy, &program);
	shared->at = shared->count = 0;
	for (enum flagstop_abi abi = first;; abi = last) {
		list_abi(&program, policy, abi);
		if (abi == last)
			break;
	}
	while (shared->at < shared->count)
		make_calls(&program);
	check_kinds(flagstop_policy_abis(policy) >> first & 1);
	assert_int_equal(count_wrong(), 0);
	kit_release(&program);
	flagstop_policy_free(policy);
	free(text);
}

static void need_x86_64(void)
{
	if (flagstop_abi_native() == FLAGSTOP_ABI_X86_64)
		return;
	print_message("the profiles are made for x86_64\n");
	skip();
}

static void kernel__does_with_a_profile_what_the_interpreter_says(void **state)
{
	need_x86_64();
	check_profile(*state, FLAGSTOP_ABI_X86_64, FLAGSTOP_ABI_X32);
}

static void kernel__does_so_with_32_bit_calls(void **state)
{
	need_x86_64();
	harness_need_i386();
	check_profile(*state, FLAGSTOP_ABI_I386, FLAGSTOP_ABI_I386);
}

/* What no filter is asked about does nothing either, unless the kernel's own trampoline makes it. */
static void probe_trampoline__is_refused_or_ends_with_sigill(void **state)
{
	const struct flagstop_insn refuse = { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ERRNO | ENOANO };
	int call = flagstop_call_find("uretprobe"), status;
	pid_t tid;

	(void)state;
	need_x86_64();
	shared->steps[0].result = 0;
	tid = fork();
	if (!tid) {
		signal(SIGILL, SIG_DFL);
		if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !install(&refuse, 1))
			shared->steps[0].result = syscall(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_X86_64)) +
				(errno == ENOANO);
		else
			shared->steps[0].result = 1;
		__builtin_trap();
	}
	assert_int_equal(waitpid(tid, &status, 0), tid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGILL);
	assert_int_equal(shared->steps[0].result, 0);
}

int main(void)
{
	struct CMUnitTest laws[4 * PROFILES + 1];
	struct subject subjects[2 * PROFILES];
	char names[4 * PROFILES][128];
	size_t count = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < 2 * PROFILES; i++) {
		const struct profile *profile = &profiles[i / 2];
		const char *by = i % 2 ? "_by_libseccomp" : "";

		subjects[i] = (struct subject){ profile, i % 2 };
		if (i % 2 && strcmp(profile->format, "oci"))
			continue;
		snprintf(names[count], sizeof(names[0]), "profile__runs_in_the_kernel_as_in_the_interpreter__%s%s",
			 profile->name, by);
		laws[count] = (struct CMUnitTest)LAW_WITH(
			names[count], kernel__does_with_a_profile_what_the_interpreter_says, &subjects[i]);
		count++;
		snprintf(names[count], sizeof(names[0]), "profile__runs_so_for_32_bit_calls__%s%s", profile->name, by);
		laws[count] = (struct CMUnitTest)LAW_WITH(names[count], kernel__does_so_with_32_bit_calls,
							  &subjects[i]);
		count++;
	}
	laws[count++] = (struct CMUnitTest)LAW(probe_trampoline__is_refused_or_ends_with_sigill);
	return _cmocka_run_group_tests("profiles", laws, count, NULL, NULL);
}
