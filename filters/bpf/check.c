/* SPDX-License-Identifier: MIT */
/*
 * Decides whether seccomp(2) would take a program, and says why not.
 *
 * Mirrors net/core/filter.c (bpf_check_classic, check_load_and_stores) and kernel/seccomp.c (seccomp_check_filter)
 * of 6.18, including what looks too strict there. Knows nothing of what a program means, of how many filters a thread
 * has already, or of privileges.
 */

#include <errno.h>
#include <stdbool.h>

#include <filters/bpf/check.h>
#include <filters/bpf/opcode.h>
#include <filters/error.h>

/* What socket filters may have and seccomp's may not: people who come from there deserve more than a number. */
#define IS_LOAD(code) ((0x07 & (code)) <= 1)
#define IS_MODULUS(code) ((0xf7 & (code)) == 0x94)

#define refuse(error, index, format, ...) \
	refuse_at((error), (index), \
		  fst_error_set((error), -EINVAL, "instruction %zu: " format, (index), \
				##__VA_ARGS__))

static int refuse_at(struct flagstop_error *error, size_t index, int code)
{
	fst_error_place(error, "", (unsigned)index + 1, 0, 0, NULL, 0);
	return code;
}

static int refuse_opcode(uint16_t code, size_t index, struct flagstop_error *error)
{
	refuse(error, index, "no seccomp filter may have opcode 0x%04x", code);
	if (code < 0x100 && IS_MODULUS(code))
		fst_error_hint(error, "seccomp has no modulus; a mask does it for powers of two");
	else if (code < 0x100 && IS_LOAD(code))
		fst_error_hint(error, "seccomp loads aligned 32-bit words at fixed offsets only");
	return -EINVAL;
}

static int check_offset(uint32_t offset, size_t index, struct flagstop_error *error)
{
	if (offset >= sizeof(struct flagstop_data))
		return refuse(error, index,
			      "the load at offset %u is beyond the %zu bytes of seccomp_data",
			      offset, sizeof(struct flagstop_data));
	if (offset % 4)
		return refuse(error, index, "the load at offset %u is not aligned to 4 bytes",
			      offset);
	return 0;
}

/* Jumps are forward only; the number of instructions behind `index` bounds them. */
static int check_jump(uint32_t skipped, size_t index, size_t count, struct flagstop_error *error)
{
	if (skipped >= count - index - 1)
		return refuse(error, index,
			      "the jump to instruction %llu leaves the program, whose last is %zu",
			      (unsigned long long)index + 1 + skipped, count - 1);
	return 0;
}

static int check_branch(const struct flagstop_insn *insn, size_t index, size_t count,
			struct flagstop_error *error)
{
	int rc = check_jump(insn->jt, index, count, error);

	return rc ? rc : check_jump(insn->jf, index, count, error);
}

static int check_insn(const struct flagstop_insn *insn, size_t index, size_t count,
		      struct flagstop_error *error)
{
	const struct fst_opcode *opcode = fst_opcode_find(insn->code);

	if (!opcode)
		return refuse_opcode(insn->code, index, error);
	switch (opcode->operand) {
	case FST_OPERAND_DIVISOR:
		if (insn->k == 0)
			return refuse(error, index, "division by the constant 0");
		return 0;
	case FST_OPERAND_SHIFT:
		if (insn->k >= 32)
			return refuse(error, index, "a shift by %u bits, at most 31 are allowed",
				      insn->k);
		return 0;
	case FST_OPERAND_SCRATCH:
		if (insn->k >= FST_SCRATCH_WORDS)
			return refuse(error, index,
				      "scratch word M[%u] does not exist, the last is M[%u]",
				      insn->k, FST_SCRATCH_WORDS - 1);
		return 0;
	case FST_OPERAND_WORD:
		return check_offset(insn->k, index, error);
	case FST_OPERAND_TARGET:
		return check_jump(insn->k, index, count, error);
	case FST_OPERAND_BRANCH_K:
	case FST_OPERAND_BRANCH_X:
		return check_branch(insn, index, count, error);
	default:
		return 0;
	}
}

/*
 * Every scratch word must have been written on every way that leads to its load. As in the kernel a return does not
 * end a way: code behind it that nothing jumps to inherits what was written before it.
 */
static int check_scratch(const struct flagstop_insn *insns, size_t count,
			 struct flagstop_error *error)
{
	uint16_t unwritten_at[FLAGSTOP_PROGRAM_MAX_INSNS] = {
		0
	}; /* by the jumps that lead there */
	uint16_t unwritten = 0xffff;

	for (size_t i = 0; i < count; i++) {
		const struct flagstop_insn *insn = &insns[i];

		unwritten |= unwritten_at[i];
		switch (fst_opcode_find(insn->code)->operand) {
		case FST_OPERAND_SCRATCH:
			if (insn->code == FST_ST || insn->code == FST_STX)
				unwritten &= (uint16_t) ~(1u << insn->k);
			else if (unwritten >> insn->k & 1)
				return refuse(
					error, i,
					"scratch word M[%u] is loaded but may be unwritten",
					insn->k);
			break;
		case FST_OPERAND_TARGET:
			unwritten_at[i + 1 + insn->k] |= unwritten;
			unwritten = 0;
			break;
		case FST_OPERAND_BRANCH_K:
		case FST_OPERAND_BRANCH_X:
			unwritten_at[i + 1 + insn->jt] |= unwritten;
			unwritten_at[i + 1 + insn->jf] |= unwritten;
			unwritten = 0;
			break;
		default:
			break;
		}
	}
	return 0;
}

int flagstop_program_check(const struct flagstop_insn *insns, size_t count,
			   struct flagstop_error *reterr_error)
{
	if (!insns || count == 0)
		return fst_error_set(reterr_error, -EINVAL, "the program is empty");
	if (count > FLAGSTOP_PROGRAM_MAX_INSNS)
		return fst_error_set(reterr_error, -EINVAL,
				     "%zu instructions, a filter may have %u", count,
				     FLAGSTOP_PROGRAM_MAX_INSNS);
	for (size_t i = 0; i < count; i++) {
		int rc = check_insn(&insns[i], i, count, reterr_error);

		if (rc)
			return rc;
	}
	if (insns[count - 1].code != FST_RET_K && insns[count - 1].code != FST_RET_A)
		return refuse(reterr_error, count - 1, "the last instruction must be a return");
	return check_scratch(insns, count, reterr_error);
}

static size_t converted_branch(const struct flagstop_insn *insn, bool by_k)
{
	/* the kernel's immediates are signed: a large one goes through a register */
	size_t constant = by_k && insn->k > INT32_MAX;
	/* a branch that falls through on one side is one instruction, if its condition can be inverted */
	bool has_inverse = insn->code != FST_JSET_K && insn->code != FST_JSET_X;

	return constant + (insn->jf == 0 || (insn->jt == 0 && has_inverse) ? 1 : 2);
}

size_t fst_check_converted_insns(const struct flagstop_insn *insns, size_t count)
{
	size_t converted = 3; /* what clears A and X and keeps the context */

	for (size_t i = 0; i < count; i++) {
		const struct fst_opcode *opcode = fst_opcode_find(insns[i].code);
		enum fst_operand operand = opcode ? opcode->operand : FST_OPERAND_NONE;

		if (operand == FST_OPERAND_BRANCH_K || operand == FST_OPERAND_BRANCH_X)
			converted += converted_branch(&insns[i], operand == FST_OPERAND_BRANCH_K);
		else if (insns[i].code == FST_DIV_X)
			converted += 5;
		else
			converted += insns[i].code == FST_RET_K ? 2 : 1;
	}
	return converted;
}
