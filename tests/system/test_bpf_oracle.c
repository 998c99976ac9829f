/* SPDX-License-Identifier: MIT */
/*
 * The kernel as the referee of flagstop_program_check and flagstop_program_run.
 *
 * Acceptance is asked of a child that already carries as many instructions as a thread may: there every program that
 * the kernel finds right ends in ENOMEM and every wrong one in EINVAL, and none is ever installed. (The programs are
 * prepared before the total is looked at: kernel/seccomp.c seccomp_attach_filter, 6.18.)
 *
 * Results are asked of a child per program, which carries out a call that no ABI has and reads the errno.
 *
 * No child asserts anything: they write to shared memory, and the parent compares.
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

#include <filters/bpf/check.h>
#include <filters/bpf/opcode.h>
#include <flagstop/program.h>

#define SEED UINT64_C(0x666c616773746f70)
#define MUTANTS 20000
#define RUN_PROGRAMS 800
#define RUN_CALLS 8
#define FIT_PROGRAMS 40
#define FREE_NR 2000u /* from here on no ABI has calls */
#define MAX_INSNS 128
#define OPCODES 0x10000

#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO SECCOMP_RET_ERRNO

enum { NOT_ASKED = 0,
       ACCEPTED = 1,
       REFUSED = 2,
       NO_ANSWER = 3 };

struct program {
	size_t count;
	struct flagstop_insn insns[MAX_INSNS];
};

/* What the kernel says about the calling place, learnt from a trap. */
static struct origin {
	uint64_t instruction_pointer;
	uint32_t arch;
	int known;
} * origin;

/* ---- randomness ---- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned below(uint64_t *state, unsigned bound)
{
	return (unsigned)(next_random(state) % bound);
}

/* Values at which something changes, more often than others. */
static uint32_t random_word(uint64_t *state)
{
	static const uint32_t edges[] = { 0, 1, 2, 15, 16,
					  31, 32, 33, 60, 62,
					  63, 64, 255, 4096, 0x7fffffff,
					  0x80000000, 0x80000001, 0xfffffffe, 0xffffffff };

	if (below(state, 2))
		return edges[below(state, sizeof(edges) / sizeof(edges[0]))];
	return (uint32_t)next_random(state);
}

/* ---- children ---- */

static void *share(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* 0 or a negative errno. */
static int install(const struct flagstop_insn *insns, size_t count)
{
	struct sock_filter filter[FLAGSTOP_PROGRAM_MAX_INSNS];
	struct sock_fprog program = { .len = (unsigned short)count, .filter = filter };

	_Static_assert(sizeof(*insns) == sizeof(filter[0]), "one layout");
	if (count <= FLAGSTOP_PROGRAM_MAX_INSNS)
		memcpy(filter, insns, count * sizeof(*insns));
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? -errno : 0;
}

static int install_first(const struct flagstop_insn *insns, size_t count)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return install(insns, count);
}

/* Uses up what a thread may carry. 0 when not even `ret` fits any more, or a negative errno. */
static int fill_up(void)
{
	static struct flagstop_insn filler[FLAGSTOP_PROGRAM_MAX_INSNS];
	int rc = 0;

	for (size_t i = 0; i < FLAGSTOP_PROGRAM_MAX_INSNS; i++)
		filler[i] = (struct flagstop_insn){ .code = FST_RET_K, .k = ALLOW };
	for (size_t count = FLAGSTOP_PROGRAM_MAX_INSNS; count; count /= 2) {
		do
			rc = install_first(filler, count);
		while (!rc);
		if (rc != -ENOMEM)
			return rc;
	}
	return 0;
}

static unsigned char ask(const struct flagstop_insn *insns, size_t count)
{
	int rc = install(insns, count);

	return rc == -ENOMEM ? ACCEPTED : rc == -EINVAL ? REFUSED :
							  NO_ANSWER;
}

/* Lets `child` run in a process of its own, and returns how that ended. */
static int run_child(void (*child)(void *), void *argument)
{
	int status = -1;
	pid_t tgid = fork();

	if (tgid == 0) {
		child(argument);
		_exit(0);
	}
	if (tgid > 0 && waitpid(tgid, &status, 0) != tgid)
		status = -1;
	return status;
}

/* ---- where calls come from ---- */

static long call_kernel(uint32_t nr, const uint64_t args[6])
{
	return syscall((long)nr, (unsigned long)args[0], (unsigned long)args[1],
		       (unsigned long)args[2], (unsigned long)args[3], (unsigned long)args[4],
		       (unsigned long)args[5]);
}

static void note_origin(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	origin->instruction_pointer = (uint64_t)(uintptr_t)info->si_call_addr;
	origin->arch = info->si_arch;
	origin->known = 1;
}

static void learn_origin(void *argument)
{
	const struct flagstop_insn trap[] = {
		{ FST_LD_ABS, 0, 0, 0 },
		{ FST_JEQ_K, 0, 1, FREE_NR },
		{ FST_RET_K, 0, 0, SECCOMP_RET_TRAP },
		{ FST_RET_K, 0, 0, ALLOW },
	};
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	const uint64_t args[6] = { 0 };

	(void)argument;
	action.sa_sigaction = note_origin;
	sigaction(SIGSYS, &action, NULL);
	if (!install_first(trap, sizeof(trap) / sizeof(trap[0])))
		call_kernel(FREE_NR, args);
}

static int start_group(void **state)
{
	(void)state;
	print_message("seed 0x%016llx\n", (unsigned long long)SEED);
	origin = share(sizeof(*origin));
	if (!origin)
		return -1;
	run_child(learn_origin, NULL);
	return 0;
}

static void need_seccomp(void)
{
	if (origin->known)
		return;
	print_message("no seccomp filters here: the kernel refuses one, or an outer filter does\n");
	skip();
}

/* ---- programs ---- */

static void add(struct program *program, uint16_t code, uint32_t k)
{
	program->insns[program->count++] = (struct flagstop_insn){ .code = code, .k = k };
}

/* Any that exists but `ret a`: what A happens to hold may be an action that hides the result. */
static uint16_t random_code(uint64_t *random)
{
	uint16_t code;

	if (!below(random, 10))
		return FST_LD_ABS;
	do
		code = (uint16_t)below(random, 0x100);
	while (!fst_opcode_find(code) || code == FST_RET_A);
	return code;
}

/* One instruction of the body that nothing is wrong with; at most `left` follow it in the body. */
static void add_random(struct program *program, unsigned left, uint64_t *random)
{
	uint16_t code = random_code(random);
	struct flagstop_insn *insn = &program->insns[program->count];
	unsigned reach = left < 6 ? left : 6;

	add(program, code, random_word(random));
	switch (fst_opcode_find(code)->operand) {
	case FST_OPERAND_WORD:
		insn->k = below(random, 16) * 4;
		break;
	case FST_OPERAND_SCRATCH:
		insn->k = below(random, 4);
		break;
	case FST_OPERAND_SHIFT:
		insn->k %= 32;
		break;
	case FST_OPERAND_DIVISOR:
		insn->k |= 1;
		break;
	case FST_OPERAND_TARGET:
		insn->k = below(random, reach + 1);
		break;
	case FST_OPERAND_BRANCH_K:
	case FST_OPERAND_BRANCH_X:
		insn->jt = (uint8_t)below(random, reach + 1);
		insn->jf = (uint8_t)below(random, reach + 1);
		break;
	case FST_OPERAND_ACTION:
		insn->k = ERRNO | (insn->k & 0xfff);
		break;
	default:
		break;
	}
}

/*
 * A program that allows every call but `nr`, for which it computes something, and answers with an errno that depends
 * on all 32 bits of A. Dividing by an X of 0 ends it with 0: that kills.
 */
static void make_program(struct program *program, uint32_t nr, uint64_t *random)
{
	unsigned body = 4 + below(random, 60);

	program->count = 0;
	add(program, FST_LD_ABS, 0);
	add(program, FST_JEQ_K, nr);
	program->insns[1].jt = 1;
	add(program, FST_RET_K, ALLOW);
	for (unsigned i = 0; i < 4; i++) {
		add(program, FST_LD_ABS, below(random, 16) * 4);
		add(program, FST_ST, i);
	}
	for (unsigned i = 0; i < body; i++)
		add_random(program, body - i - 1, random);
	add(program, FST_MUL_K, 0x9e3779b1);
	add(program, FST_RSH_K, 20);
	add(program, FST_OR_K, ERRNO);
	add(program, FST_RET_A, 0);
}

static void mutate(struct program *program, uint64_t *random)
{
	struct flagstop_insn *insn = &program->insns[below(random, (unsigned)program->count)];

	switch (below(random, 8)) {
	case 0:
		insn->code = (uint16_t)below(random, 0x100);
		break;
	case 1:
		insn->code = random_code(random);
		break;
	case 2:
	case 3:
		insn->k = random_word(random);
		break;
	case 4:
		insn->jt = (uint8_t)below(random, 100);
		break;
	case 5:
		insn->jf = (uint8_t)below(random, 100);
		break;
	case 6:
		insn->k = below(random, 20);
		break;
	default:
		if (!below(random, 4))
			program->count = below(random, (unsigned)program->count + 1);
		else
			insn->k = (uint32_t)(program->count - (size_t)(insn - program->insns)) -
				below(random, 4);
	}
}

static void make_mutant(struct program *program, unsigned index)
{
	uint64_t random = SEED + index;
	unsigned mutations = below(&random, 4);

	make_program(program, FREE_NR, &random);
	for (unsigned i = 0; i < mutations && program->count; i++)
		mutate(program, &random);
}

static void print_program(const struct program *program)
{
	char line[256];

	for (size_t i = 0; i < program->count; i++) {
		flagstop_program_disassemble(program->insns, program->count, i, line, sizeof(line));
		print_message("%s\n", line);
	}
}

/* ---- acceptance: one rule each ---- */

#define RET \
	{ \
		FST_RET_K, 0, 0, ALLOW \
	}

static const struct row {
	const char *name;
	size_t count;
	bool right;
	struct flagstop_insn insns[6];
} rows[] = {
	{ "check__ret_k_alone_is_accepted", 1, true, { RET } },
	{ "check__ret_a_alone_is_accepted", 1, true, { { FST_RET_A, 0, 0, 0 } } },
	{ "check__ret_x_is_refused", 1, false, { { 0x0e, 0, 0, 0 } } },
	{ "check__empty_is_refused", 0, false, { RET } },
	{ "check__last_must_return", 2, false, { RET, { FST_LD_IMM, 0, 0, 0 } } },
	{ "check__last_jump_of_zero_is_refused", 2, false, { RET, { FST_JA, 0, 0, 0 } } },
	{ "check__load_of_first_word_is_accepted", 2, true, { { FST_LD_ABS, 0, 0, 0 }, RET } },
	{ "check__load_of_last_word_is_accepted", 2, true, { { FST_LD_ABS, 0, 0, 60 }, RET } },
	{ "check__load_behind_the_data_is_refused", 2, false, { { FST_LD_ABS, 0, 0, 64 }, RET } },
	{ "check__load_at_minus_4_is_refused",
	  2,
	  false,
	  { { FST_LD_ABS, 0, 0, 0xfffffffc }, RET } },
	{ "check__unaligned_load_is_refused", 2, false, { { FST_LD_ABS, 0, 0, 2 }, RET } },
	{ "check__load_of_the_last_byte_is_refused", 2, false, { { FST_LD_ABS, 0, 0, 63 }, RET } },
	{ "check__half_word_load_is_refused", 2, false, { { 0x28, 0, 0, 0 }, RET } },
	{ "check__byte_load_is_refused", 2, false, { { 0x30, 0, 0, 0 }, RET } },
	{ "check__indirect_load_is_refused", 2, false, { { 0x40, 0, 0, 0 }, RET } },
	{ "check__header_length_load_is_refused", 2, false, { { 0xb1, 0, 0, 0 }, RET } },
	{ "check__ancillary_load_is_refused", 2, false, { { FST_LD_ABS, 0, 0, 0xfffff000 }, RET } },
	{ "check__ldx_abs_is_refused", 2, false, { { 0x21, 0, 0, 0 }, RET } },
	{ "check__length_to_a_is_accepted", 2, true, { { FST_LD_LEN, 0, 0, 99 }, RET } },
	{ "check__length_to_x_is_accepted", 2, true, { { FST_LDX_LEN, 0, 0, 99 }, RET } },
	{ "check__shift_by_31_is_accepted", 2, true, { { FST_LSH_K, 0, 0, 31 }, RET } },
	{ "check__left_shift_by_32_is_refused", 2, false, { { FST_LSH_K, 0, 0, 32 }, RET } },
	{ "check__right_shift_by_32_is_refused", 2, false, { { FST_RSH_K, 0, 0, 32 }, RET } },
	{ "check__shift_by_x_ignores_k", 2, true, { { FST_LSH_X, 0, 0, 32 }, RET } },
	{ "check__division_by_one_is_accepted", 2, true, { { FST_DIV_K, 0, 0, 1 }, RET } },
	{ "check__division_by_zero_is_refused", 2, false, { { FST_DIV_K, 0, 0, 0 }, RET } },
	{ "check__division_by_x_ignores_k", 2, true, { { FST_DIV_X, 0, 0, 0 }, RET } },
	{ "check__modulus_is_refused", 2, false, { { 0x94, 0, 0, 3 }, RET } },
	{ "check__modulus_by_x_is_refused", 2, false, { { 0x9c, 0, 0, 3 }, RET } },
	{ "check__store_to_last_scratch_is_accepted", 2, true, { { FST_ST, 0, 0, 15 }, RET } },
	{ "check__store_behind_scratch_is_refused", 2, false, { { FST_ST, 0, 0, 16 }, RET } },
	{ "check__store_x_behind_scratch_is_refused", 2, false, { { FST_STX, 0, 0, 16 }, RET } },
	{ "check__load_behind_scratch_is_refused", 2, false, { { FST_LD_MEM, 0, 0, 16 }, RET } },
	{ "check__load_x_behind_scratch_is_refused", 2, false, { { FST_LDX_MEM, 0, 0, 16 }, RET } },
	{ "check__written_scratch_is_accepted",
	  3,
	  true,
	  { { FST_STX, 0, 0, 3 }, { FST_LD_MEM, 0, 0, 3 }, RET } },
	{ "check__unwritten_scratch_is_refused", 2, false, { { FST_LD_MEM, 0, 0, 0 }, RET } },
	{ "check__another_written_scratch_does_not_help",
	  3,
	  false,
	  { { FST_ST, 0, 0, 2 }, { FST_LDX_MEM, 0, 0, 3 }, RET } },
	{ "check__scratch_written_on_one_way_only_is_refused",
	  4,
	  false,
	  { { FST_JEQ_K, 0, 1, 0 }, { FST_ST, 0, 0, 0 }, { FST_LD_MEM, 0, 0, 0 }, RET } },
	{ "check__scratch_written_on_both_ways_is_accepted",
	  6,
	  true,
	  { { FST_JEQ_K, 0, 2, 0 },
	    { FST_ST, 0, 0, 0 },
	    { FST_JA, 0, 0, 1 },
	    { FST_STX, 0, 0, 0 },
	    { FST_LD_MEM, 0, 0, 0 },
	    RET } },
	{ "check__scratch_written_before_a_branch_is_accepted",
	  4,
	  true,
	  { { FST_ST, 0, 0, 7 }, { FST_JSET_X, 0, 0, 0 }, { FST_LDX_MEM, 0, 0, 7 }, RET } },
	{ "check__unreachable_scratch_load_behind_a_jump_is_accepted",
	  4,
	  true,
	  { { FST_JA, 0, 0, 1 }, { FST_LD_MEM, 0, 0, 0 }, RET, RET } },
	{ "check__unreachable_scratch_load_behind_a_return_is_refused",
	  3,
	  false,
	  { RET, { FST_LD_MEM, 0, 0, 0 }, RET } },
	{ "check__scratch_written_before_a_return_counts_behind_it",
	  4,
	  true,
	  { { FST_ST, 0, 0, 0 }, RET, { FST_LD_MEM, 0, 0, 0 }, RET } },
	{ "check__jump_to_the_last_is_accepted", 3, true, { { FST_JA, 0, 0, 1 }, RET, RET } },
	{ "check__jump_behind_the_last_is_refused", 3, false, { { FST_JA, 0, 0, 2 }, RET, RET } },
	{ "check__backward_jump_is_refused", 3, false, { RET, { FST_JA, 0, 0, 0xfffffffe }, RET } },
	{ "check__jump_to_itself_is_refused", 2, false, { { FST_JA, 0, 0, 0xffffffff }, RET } },
	{ "check__branch_to_the_last_is_accepted", 3, true, { { FST_JEQ_K, 1, 0, 0 }, RET, RET } },
	{ "check__true_branch_out_is_refused", 3, false, { { FST_JEQ_K, 2, 0, 0 }, RET, RET } },
	{ "check__false_branch_out_is_refused", 3, false, { { FST_JGT_X, 0, 2, 0 }, RET, RET } },
	{ "check__long_true_branch_is_refused", 3, false, { { FST_JGE_K, 255, 0, 0 }, RET, RET } },
	{ "check__unused_fields_are_free",
	  2,
	  true,
	  { { FST_TAX, 9, 9, 9 }, { FST_RET_A, 9, 9, 9 } } },
	{ "check__jt_and_jf_of_ja_are_ignored", 2, true, { { FST_JA, 255, 255, 0 }, RET } },
	{ "check__opcode_above_a_byte_is_refused", 2, false, { { 0x100, 0, 0, 0 }, RET } },
	{ "check__ja_by_x_is_refused", 2, false, { { 0x0d, 0, 0, 0 }, RET } },
	{ "check__ebpf_jne_is_refused", 2, false, { { 0x55, 0, 0, 0 }, RET } },
	{ "check__unreachable_rubbish_is_refused", 3, false, { RET, { 0xff, 0, 0, 0 }, RET } },
};

struct question {
	const struct flagstop_insn *insns;
	size_t count;
	unsigned char *answer;
};

static void ask_one(void *argument)
{
	struct question *question = argument;

	if (!fill_up())
		*question->answer = ask(question->insns, question->count);
}

static unsigned char kernel_says(const struct flagstop_insn *insns, size_t count)
{
	struct question question = { insns, count, share(1) };
	unsigned char answer;

	assert_non_null(question.answer);
	run_child(ask_one, &question);
	answer = *question.answer;
	munmap(question.answer, 1);
	return answer;
}

static unsigned char we_say(const struct flagstop_insn *insns, size_t count)
{
	return flagstop_program_check(insns, count, NULL) ? REFUSED : ACCEPTED;
}

static void judge_row(void **state)
{
	const struct row *row = *state;

	need_seccomp();
	assert_int_equal(kernel_says(row->insns, row->count), row->right ? ACCEPTED : REFUSED);
	assert_int_equal(we_say(row->insns, row->count), row->right ? ACCEPTED : REFUSED);
}

static void check__4096_instructions_are_the_limit(void **state)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS + 1];

	(void)state;
	need_seccomp();
	for (size_t i = 0; i <= FLAGSTOP_PROGRAM_MAX_INSNS; i++)
		insns[i] = (struct flagstop_insn)RET;
	/* the farthest jump there can be */
	insns[0] = (struct flagstop_insn){ FST_JA, 0, 0, FLAGSTOP_PROGRAM_MAX_INSNS - 2 };
	assert_int_equal(kernel_says(insns, FLAGSTOP_PROGRAM_MAX_INSNS), ACCEPTED);
	assert_int_equal(we_say(insns, FLAGSTOP_PROGRAM_MAX_INSNS), ACCEPTED);
	assert_int_equal(kernel_says(insns, FLAGSTOP_PROGRAM_MAX_INSNS + 1), REFUSED);
	assert_int_equal(we_say(insns, FLAGSTOP_PROGRAM_MAX_INSNS + 1), REFUSED);
}

/* ---- acceptance: many programs ---- */

static void make_opcode_probe(struct program *program, unsigned code)
{
	program->count = 0;
	add(program, FST_ST, 4);
	add(program, (uint16_t)code, 4);
	for (unsigned i = 0; i < 6; i++)
		add(program, FST_RET_K, ALLOW);
}

struct batch {
	void (*make)(struct program *program, unsigned index);
	unsigned count;
	unsigned char *answers;
};

static void ask_batch(void *argument)
{
	struct batch *batch = argument;
	struct program program;

	if (fill_up())
		return;
	for (unsigned i = 0; i < batch->count; i++) {
		batch->make(&program, i);
		batch->answers[i] = ask(program.insns, program.count);
	}
}

/* Both must give the same answer everywhere. Returns how many were accepted. */
static unsigned compare_batch(void (*make)(struct program *program, unsigned index), unsigned count)
{
	struct batch batch = { make, count, share(count) };
	struct program program;
	unsigned accepted = 0;

	assert_non_null(batch.answers);
	assert_int_equal(run_child(ask_batch, &batch), 0);
	for (unsigned i = 0; i < count; i++) {
		make(&program, i);
		if (batch.answers[i] != we_say(program.insns, program.count)) {
			print_program(&program);
			fail_msg("program %u: the kernel says %u, flagstop %u (1 yes, 2 no)", i,
				 batch.answers[i], we_say(program.insns, program.count));
		}
		accepted += batch.answers[i] == ACCEPTED;
	}
	munmap(batch.answers, count);
	return accepted;
}

static void check__every_opcode_is_judged_as_by_the_kernel(void **state)
{
	(void)state;
	need_seccomp();
	assert_int_equal(compare_batch(make_opcode_probe, OPCODES), 41);
}

static void check__mutated_programs_are_judged_as_by_the_kernel(void **state)
{
	unsigned accepted;

	(void)state;
	need_seccomp();
	accepted = compare_batch(make_mutant, MUTANTS);
	print_message("%u of %u mutants accepted\n", accepted, (unsigned)MUTANTS);
	/* a generator that makes only one kind proves nothing */
	assert_in_range(accepted, MUTANTS / 10, MUTANTS - MUTANTS / 10);
}

/* ---- results ---- */

enum { KILLED = -1,
       NOT_RUN = -2,
       NOT_INSTALLED = -3 };

struct run {
	const struct program *program;
	struct flagstop_data calls[RUN_CALLS];
	int *results; /* the errno, or one of the above */
};

static void make_calls(struct run *run, uint32_t nr, uint64_t *random)
{
	for (unsigned i = 0; i < RUN_CALLS; i++) {
		struct flagstop_data *data = &run->calls[i];

		data->nr = nr;
		data->arch = origin->arch;
		data->instruction_pointer = origin->instruction_pointer;
		for (unsigned arg = 0; arg < 6; arg++) {
			data->args[arg] = (uint64_t)random_word(random) << 32 | random_word(random);
			data->args[arg] = (unsigned long)data->args[arg];
		}
	}
}

static void carry_out(void *argument)
{
	struct run *run = argument;

	if (install_first(run->program->insns, run->program->count)) {
		run->results[0] = NOT_INSTALLED;
		return;
	}
	for (unsigned i = 0; i < RUN_CALLS; i++) {
		run->results[i] = KILLED;
		run->results[i] = call_kernel(run->calls[i].nr, run->calls[i].args) ? errno : 0;
	}
}

/* What the caller sees of an action; only kills and errnos are in these programs. */
static int effect(uint32_t action)
{
	return action ? (int)(action & 0xffff) : KILLED;
}

static void compare_run(const struct run *run, unsigned index)
{
	const struct program *program = run->program;

	for (unsigned i = 0; i < RUN_CALLS; i++) {
		uint32_t action = flagstop_program_run(program->insns, program->count,
						       &run->calls[i], NULL, NULL);

		if (run->results[i] == effect(action) &&
		    (action == 0 || action >> 16 == ERRNO >> 16)) {
			if (action)
				continue;
			return; /* the child is dead: there are no more results */
		}
		print_program(program);
		for (unsigned arg = 0; arg < 6; arg++)
			print_message("args[%u] = 0x%016llx\n", arg,
				      (unsigned long long)run->calls[i].args[arg]);
		fail_msg("program %u, call %u: the kernel gives %d, flagstop 0x%08x", index, i,
			 run->results[i], action);
	}
}

static void run__generated_programs_give_what_the_kernel_gives(void **state)
{
	struct program program;
	struct run run = { .program = &program };
	unsigned killed = 0;

	(void)state;
	need_seccomp();
	run.results = share(RUN_CALLS * sizeof(*run.results));
	assert_non_null(run.results);
	for (unsigned i = 0; i < RUN_PROGRAMS; i++) {
		uint64_t random = SEED ^ (uint64_t)i << 32;
		uint32_t nr = FREE_NR + below(&random, 64);
		int status;

		make_program(&program, nr, &random);
		make_calls(&run, nr, &random);
		for (unsigned call = 0; call < RUN_CALLS; call++)
			run.results[call] = NOT_RUN;
		status = run_child(carry_out, &run);
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
		compare_run(&run, i);
	}
	munmap(run.results, RUN_CALLS * sizeof(*run.results));
	print_message("%u of %u programs killed\n", killed, (unsigned)RUN_PROGRAMS);
	/* division by an X of 0 is in there, but does not hide the rest */
	assert_in_range(killed, 1, RUN_PROGRAMS / 2);
}

/* ---- what a thread may carry ---- */

/* Installs fillers until exactly `room` converted instructions are left. */
static int fill_up_to(size_t room)
{
	static struct flagstop_insn filler[FLAGSTOP_PROGRAM_MAX_INSNS];
	size_t left = FST_THREAD_MAX_INSNS - room;

	for (size_t i = 0; i < FLAGSTOP_PROGRAM_MAX_INSNS; i++)
		filler[i] = (struct flagstop_insn){ .code = FST_RET_A };
	while (left) {
		/* `ret` first, which counts twice; what is left for the next is never too little */
		size_t count = left < 4000 ? left - 3 - FST_THREAD_FILTER_INSNS : 3000;

		filler[0] = (struct flagstop_insn){ FST_RET_K, 0, 0, ALLOW };
		if (install_first(filler, count - 1))
			return -1;
		left -= count + 3 + FST_THREAD_FILTER_INSNS;
	}
	return 0;
}

struct fit {
	const struct program *program;
	size_t room;
	int *result;
};

static void try_fit(void *argument)
{
	struct fit *fit = argument;

	if (!fill_up_to(fit->room))
		*fit->result = install(fit->program->insns, fit->program->count);
}

static void thread__carries_as_many_converted_instructions_as_we_count(void **state)
{
	struct program program;
	struct fit fit = { .program = &program, .result = share(sizeof(int)) };

	(void)state;
	need_seccomp();
	assert_non_null(fit.result);
	for (unsigned i = 0; i < FIT_PROGRAMS; i++) {
		uint64_t random = SEED + i;
		size_t converted;

		make_program(&program, FREE_NR, &random);
		converted = fst_check_converted_insns(program.insns, program.count);
		for (size_t missing = 0; missing < 2; missing++) {
			fit.room = converted - missing;
			*fit.result = 1;
			run_child(try_fit, &fit);
			assert_int_equal(*fit.result, missing ? -ENOMEM : 0);
		}
	}
	munmap(fit.result, sizeof(int));
}

/* Not the kernel's law but the tests': what is never generated is never compared. */
static void generator__uses_every_opcode(void **state)
{
	bool seen[0x100] = { false };
	struct program program;

	(void)state;
	for (unsigned i = 0; i < RUN_PROGRAMS; i++) {
		uint64_t random = SEED ^ (uint64_t)i << 32;

		below(&random, 64);
		make_program(&program, FREE_NR, &random);
		assert_int_equal(flagstop_program_check(program.insns, program.count, NULL), 0);
		for (size_t at = 0; at < program.count; at++)
			seen[program.insns[at].code] = true;
	}
	for (unsigned code = 0; code < 0x100; code++)
		assert_int_equal(seen[code], fst_opcode_find((uint16_t)code) != NULL);
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		cmocka_unit_test(generator__uses_every_opcode),
		cmocka_unit_test(check__4096_instructions_are_the_limit),
		cmocka_unit_test(check__every_opcode_is_judged_as_by_the_kernel),
		cmocka_unit_test(check__mutated_programs_are_judged_as_by_the_kernel),
		cmocka_unit_test(run__generated_programs_give_what_the_kernel_gives),
		cmocka_unit_test(thread__carries_as_many_converted_instructions_as_we_count),
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]),
	       LAWS = sizeof(laws) / sizeof(laws[0]) };
	struct CMUnitTest bpf_oracle[ROWS + LAWS];

	for (size_t i = 0; i < ROWS; i++)
		bpf_oracle[i] = (struct CMUnitTest){ rows[i].name, judge_row, NULL, NULL,
						     (void *)&rows[i] };
	memcpy(bpf_oracle + ROWS, laws, sizeof(laws));
	return cmocka_run_group_tests(bpf_oracle, start_group, NULL);
}
