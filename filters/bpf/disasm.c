/* SPDX-License-Identifier: MIT */
/*
 * Writes programs for people.
 *
 * Decides what a comment may claim: a call is named only where A is known to hold the number and the architecture was
 * compared on every way that leads there. Knows nothing of whether a program would be accepted; any bytes can be
 * shown.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <arch/text.h>
#include <filters/bpf/opcode.h>

#define COMMENT_COLUMN 24
#define X32_BIT 0x40000000u /* __X32_SYSCALL_BIT */
#define MAX_ERRNO 4095

/* ---- actions ---- */

/* linux/seccomp.h */
static const struct action {
	uint32_t value;
	const char *name;
	bool has_data;
} actions[] = {
	{ 0x80000000u, "KILL_PROCESS", false },
	{ 0x00000000u, "KILL_THREAD", false },
	{ 0x00030000u, "TRAP", true },
	{ 0x00050000u, "ERRNO", true },
	{ 0x7fc00000u, "USER_NOTIF", false },
	{ 0x7ff00000u, "TRACE", true },
	{ 0x7ffc0000u, "LOG", false },
	{ 0x7fff0000u, "ALLOW", false },
};

static const struct action *find_action(uint32_t value)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (actions[i].value == (value & 0xffff0000u))
			return &actions[i];
	}
	return NULL;
}

static void put_action(struct fst_text *output, uint32_t value)
{
	const struct action *action = find_action(value);
	unsigned data = value & 0xffff;
	const char *name = NULL;

	if (!action) {
		fst_text_put(output, "KILL_PROCESS, as 0x%08" PRIx32 " is no action", value);
		return;
	}
	fst_text_put(output, "%s", action->name);
	if (!action->has_data)
		return;
	if (!strcmp(action->name, "ERRNO")) {
		data = data < MAX_ERRNO ? data : MAX_ERRNO; /* kernel/seccomp.c caps it */
		name = flagstop_errno_name((int)data);
	}
	if (name)
		fst_text_put(output, "(%s)", name);
	else
		fst_text_put(output, "(%u)", data);
}

size_t flagstop_action_format(uint32_t action, char *text, size_t size)
{
	struct fst_text output = { text, size, 0 };

	put_action(&output, action);
	return output.bytes;
}

/* ---- what is known in front of an instruction ---- */

enum {
	A_UNKNOWN = 0xff,
	A_MASKED = 0x40, /* with the word's index: some of its bits */
};

struct known {
	bool reached;
	uint8_t a;     /* the word of struct flagstop_data that A holds, 0 to 15, or A_UNKNOWN */
	uint16_t arch; /* index + 1 of the jeq that found it equal to its k; 0: unknown */
	uint16_t nr;   /* likewise, the call's number */
};

static bool same_k(const struct flagstop_insn *insns, unsigned one, unsigned other)
{
	return one && other && insns[one - 1].k == insns[other - 1].k;
}

/* Keeps what is true on both ways. */
static void merge(const struct flagstop_insn *insns, struct known *into, struct known from)
{
	if (!into->reached) {
		*into = from;
		return;
	}
	if (into->a != from.a)
		into->a = A_UNKNOWN;
	if (!same_k(insns, into->arch, from.arch))
		into->arch = 0;
	if (!same_k(insns, into->nr, from.nr))
		into->nr = 0;
}

static void merge_at(const struct flagstop_insn *insns, struct known *states, size_t last,
		     uint64_t target, struct known from)
{
	if (target <= last)
		merge(insns, &states[target], from);
}

/* What A holds behind an instruction that does not jump. */
static uint8_t a_after(const struct flagstop_insn *insn, uint8_t a)
{
	switch (insn->code) {
	case FST_LD_ABS:
		return insn->k < sizeof(struct flagstop_data) && insn->k % 4 == 0 ?
			(uint8_t)(insn->k / 4) :
			A_UNKNOWN;
	case FST_AND_K:
		return a == A_UNKNOWN ? a : a | A_MASKED;
	case FST_ST:
	case FST_STX:
	case FST_TAX:
	case FST_LDX_IMM:
	case FST_LDX_MEM:
	case FST_LDX_LEN:
		return a;
	default:
		return A_UNKNOWN;
	}
}

/* Carries what is known in front of `at` to where the program goes from there. */
static void propagate(const struct flagstop_insn *insns, struct known *states, size_t at,
		      size_t last)
{
	const struct flagstop_insn *insn = &insns[at];
	const struct fst_opcode *opcode = fst_opcode_find(insn->code);
	enum fst_operand operand = opcode ? opcode->operand : FST_OPERAND_NONE;
	struct known next = states[at], taken = next;

	switch (operand) {
	case FST_OPERAND_ACTION:
	case FST_OPERAND_A:
		return;
	case FST_OPERAND_TARGET:
		merge_at(insns, states, last, (uint64_t)at + 1 + insn->k, next);
		return;
	case FST_OPERAND_BRANCH_K:
	case FST_OPERAND_BRANCH_X:
		if (insn->code == FST_JEQ_K && next.a == 0)
			taken.nr = (uint16_t)(at + 1);
		if (insn->code == FST_JEQ_K && next.a == 1)
			taken.arch = (uint16_t)(at + 1);
		merge_at(insns, states, last, (uint64_t)at + 1 + insn->jt, taken);
		merge_at(insns, states, last, (uint64_t)at + 1 + insn->jf, next);
		return;
	default:
		next.a = a_after(insn, next.a);
		merge_at(insns, states, last, (uint64_t)at + 1, next);
	}
}

/* Of what nothing reaches neither the architecture nor the call is known, so nothing is claimed about it. */
static struct known known_at(const struct flagstop_insn *insns, size_t index)
{
	struct known states[FLAGSTOP_PROGRAM_MAX_INSNS] = { { 0 } };

	if (index >= FLAGSTOP_PROGRAM_MAX_INSNS)
		return (struct known){ .a = A_UNKNOWN };
	states[0] = (struct known){ .reached = true, .a = A_UNKNOWN };
	for (size_t i = 0; i < index; i++) {
		if (states[i].reached)
			propagate(insns, states, i, index);
	}
	return states[index];
}

/* ---- comments ---- */

static bool is_big_endian(const struct flagstop_insn *insns, struct known known)
{
	return fst_opcode_arch_is_big_endian(
		known.arch ? insns[known.arch - 1].k :
			     flagstop_abi_audit_arch(flagstop_abi_native()));
}

static bool is_low(const struct flagstop_insn *insns, struct known known, unsigned word)
{
	return (word % 2 != 0) == is_big_endian(insns, known);
}

/* The ABI of the call whose number is `nr`, or a negative value. */
static int abi_of(const struct flagstop_insn *insns, struct known known, uint32_t nr)
{
	return known.arch ? flagstop_abi_of_call(insns[known.arch - 1].k, nr) : -1;
}

/* The argument that a word is a part of, where the call is known and has it; its ABI in *ret_abi. */
static const struct flagstop_arg *find_arg(const struct flagstop_insn *insns, struct known known,
					   unsigned word, enum flagstop_abi *ret_abi)
{
	const struct flagstop_arg *args;
	unsigned index = (word - 4) / 2;
	int abi, call;

	if (word < 4 || !known.nr)
		return NULL;
	abi = abi_of(insns, known, insns[known.nr - 1].k);
	if (abi < 0)
		return NULL;
	call = flagstop_call_from_number((enum flagstop_abi)abi, insns[known.nr - 1].k);
	if (call < 0 || index >= flagstop_call_args((unsigned)call, (enum flagstop_abi)abi, &args))
		return NULL;
	*ret_abi = (enum flagstop_abi)abi;
	return &args[index];
}

static void put_word(struct fst_text *output, const struct flagstop_insn *insns, struct known known,
		     unsigned word)
{
	const char *half = is_low(insns, known, word) ? "low" : "high";
	const struct flagstop_arg *arg;
	enum flagstop_abi abi;

	if (word == 0)
		fst_text_put(output, "nr");
	else if (word == 1)
		fst_text_put(output, "arch");
	else if (word < 4)
		fst_text_put(output, "instruction_pointer %s", half);
	else
		fst_text_put(output, "args[%u] %s", (word - 4) / 2, half);
	arg = find_arg(insns, known, word, &abi);
	if (arg && arg->name)
		fst_text_put(output, ", %s", arg->name);
}

static void put_arch(struct fst_text *output, uint32_t audit_arch)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (flagstop_abi_audit_arch((enum flagstop_abi)abi) == audit_arch) {
			fst_text_put(output, "%s", flagstop_abi_name((enum flagstop_abi)abi));
			return;
		}
	}
	fst_text_put(output, "an unknown architecture");
}

static void put_nr(struct fst_text *output, const struct flagstop_insn *insns, struct known known,
		   const struct flagstop_insn *insn)
{
	int abi = abi_of(insns, known, insn->k), call;

	if (abi < 0)
		return;
	if (insn->k == X32_BIT && insn->code != FST_JEQ_K && abi == FLAGSTOP_ABI_X32) {
		fst_text_put(output, "x32");
		return;
	}
	call = insn->code == FST_JSET_K ?
		-1 :
		flagstop_call_from_number((enum flagstop_abi)abi, insn->k);
	if (call >= 0)
		fst_text_put(output, "%s%s", flagstop_call_name((unsigned)call),
			     abi == FLAGSTOP_ABI_X32 ? " (x32)" : "");
}

/* The constant that a part of an argument is compared or masked with. */
static void put_constant(struct fst_text *output, const struct flagstop_insn *insns,
			 struct known known, uint32_t k)
{
	unsigned word = known.a & ~(unsigned)A_MASKED;
	const struct flagstop_arg *arg;
	enum flagstop_abi abi;
	char value[128];

	arg = find_arg(insns, known, word, &abi);
	put_word(output, insns, known, word);
	if (!arg || !arg->set || !is_low(insns, known, word))
		return;
	flagstop_arg_format(abi, arg, k, value, sizeof(value));
	fst_text_put(output, ": %s", value);
}

static void put_comment(struct fst_text *output, const struct flagstop_insn *insns, size_t index)
{
	const struct flagstop_insn *insn = &insns[index];
	const struct fst_opcode *opcode = fst_opcode_find(insn->code);
	struct known known;

	if (!opcode) {
		fst_text_put(output, "no seccomp filter may have this");
		return;
	}
	if (opcode->operand == FST_OPERAND_ACTION) {
		put_action(output, insn->k);
		return;
	}
	if (opcode->operand == FST_OPERAND_LENGTH) {
		fst_text_put(output, "%zu", sizeof(struct flagstop_data));
		return;
	}
	known = known_at(insns, index);
	if (insn->code == FST_LD_ABS && a_after(insn, A_UNKNOWN) != A_UNKNOWN)
		put_word(output, insns, known, insn->k / 4);
	if (known.a == A_UNKNOWN ||
	    (opcode->operand != FST_OPERAND_BRANCH_K && insn->code != FST_AND_K))
		return;
	if (known.a == 0)
		put_nr(output, insns, known, insn);
	else if (known.a == 1)
		put_arch(output, insn->k);
	else if ((known.a & ~A_MASKED) >= 2)
		put_constant(output, insns, known, insn->k);
}

/* ---- instructions ---- */

static void put_operand(struct fst_text *output, const struct flagstop_insn *insn, size_t index,
			enum fst_operand operand)
{
	switch (operand) {
	case FST_OPERAND_NONE:
		break;
	case FST_OPERAND_IMMEDIATE:
	case FST_OPERAND_ACTION:
	case FST_OPERAND_BRANCH_K:
		fst_text_put(output, "#0x%" PRIx32, insn->k);
		break;
	case FST_OPERAND_DIVISOR:
	case FST_OPERAND_SHIFT:
		fst_text_put(output, "#%" PRIu32, insn->k);
		break;
	case FST_OPERAND_X:
	case FST_OPERAND_BRANCH_X:
		fst_text_put(output, "x");
		break;
	case FST_OPERAND_A:
		fst_text_put(output, "a");
		break;
	case FST_OPERAND_WORD:
		fst_text_put(output, "[%" PRIu32 "]", insn->k);
		break;
	case FST_OPERAND_SCRATCH:
		fst_text_put(output, "M[%" PRIu32 "]", insn->k);
		break;
	case FST_OPERAND_LENGTH:
		fst_text_put(output, "#len");
		break;
	case FST_OPERAND_TARGET:
		fst_text_put(output, "%" PRIu64, (uint64_t)index + 1 + insn->k);
		break;
	}
}

static void put_insn(struct fst_text *output, const struct flagstop_insn *insn, size_t index)
{
	const struct fst_opcode *opcode = fst_opcode_find(insn->code);

	if (!opcode) {
		fst_text_put(output, ".insn 0x%04x, %u, %u, 0x%" PRIx32, (unsigned)insn->code,
			     (unsigned)insn->jt, (unsigned)insn->jf, insn->k);
		return;
	}
	fst_text_put(output, opcode->operand == FST_OPERAND_NONE ? "%s" : "%-3s ", opcode->name);
	put_operand(output, insn, index, opcode->operand);
	if (opcode->operand == FST_OPERAND_BRANCH_K || opcode->operand == FST_OPERAND_BRANCH_X)
		fst_text_put(output, ", %zu, %zu", index + 1 + insn->jt, index + 1 + insn->jf);
}

/* As wide as the last index, and never below what a short program has. */
static int index_width(size_t count)
{
	int width = snprintf(NULL, 0, "%zu", count ? count - 1 : 0);

	return width < 3 ? 3 : width;
}

size_t flagstop_program_disassemble(const struct flagstop_insn *insns, size_t count, size_t index,
				    char *text, size_t size)
{
	struct fst_text output = { text, size, 0 };
	char comment[256] = "", insn[64] = "";
	struct fst_text comment_output = { comment, sizeof(comment), 0 },
			insn_output = { insn, sizeof(insn), 0 };

	if (size)
		text[0] = '\0';
	if (!insns || index >= count)
		return 0;
	put_insn(&insn_output, &insns[index], index);
	put_comment(&comment_output, insns, index);
	if (comment[0])
		fst_text_put(&output, "%*zu: %-*s; %s", index_width(count), index, COMMENT_COLUMN,
			     insn, comment);
	else
		fst_text_put(&output, "%*zu: %s", index_width(count), index, insn);
	return output.bytes;
}
