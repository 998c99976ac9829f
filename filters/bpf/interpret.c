/* SPDX-License-Identifier: MIT */
/*
 * Runs a program as the kernel does.
 *
 * The kernel converts classic BPF to its own instructions first (net/core/filter.c bpf_convert_filter, 6.18); what
 * that conversion makes of corner cases is what counts here: A and X begin as 0, division by an X of 0 returns 0 from
 * the program, shifts by X use the low 5 bits, comparisons are unsigned. Knows nothing of what the returned action
 * does.
 *
 * Meant for programs that flagstop_program_check accepted; any other cannot make it read or write out of bounds, and
 * ends in KILL_PROCESS where the kernel would have refused it.
 */

#include <stdbool.h>
#include <string.h>

#include <filters/bpf/opcode.h>

#define KILL_PROCESS 0x80000000u /* SECCOMP_RET_KILL_PROCESS */

/* the fields of an opcode, linux/bpf_common.h */
#define CLASS(code) (0x07 & (code))
#define CLASS_NONE 0x08
#define OPERATION(code) (0xf0 & (code))
#define IS_BY_X(code) ((0x08 & (code)) != 0)

_Static_assert(sizeof(struct flagstop_data) == 64, "struct seccomp_data has 64 bytes");
_Static_assert(sizeof(struct flagstop_insn) == 8, "struct sock_filter has 8 bytes");

struct machine {
	const struct flagstop_data *data;
	uint32_t a, x;
	uint32_t scratch[FST_SCRATCH_WORDS];
	uint32_t loads; /* a bit for each word of data that was read */
	bool big_endian;
	bool done;
	uint32_t result;
};

static void finish(struct machine *m, uint32_t result)
{
	m->done = true;
	m->result = result;
}

/* By value, not by bytes: a program for a big-endian ABI has to work on a little-endian host too. */
static void load_word(struct machine *m, uint32_t offset)
{
	const struct flagstop_data *data = m->data;
	uint64_t field;

	if (offset >= sizeof(*data) || offset % 4) {
		finish(m, KILL_PROCESS);
		return;
	}
	m->loads |= 1u << offset / 4;
	if (offset < 8) {
		m->a = offset ? data->arch : data->nr;
		return;
	}
	field = offset < 16 ? data->instruction_pointer : data->args[(offset - 16) / 8];
	m->a = (uint32_t)((offset % 8 != 0) == m->big_endian ? field : field >> 32);
}

static void access_scratch(struct machine *m, uint16_t code, uint32_t word)
{
	if (word >= FST_SCRATCH_WORDS)
		finish(m, KILL_PROCESS);
	else if (code == FST_LD_MEM)
		m->a = m->scratch[word];
	else if (code == FST_LDX_MEM)
		m->x = m->scratch[word];
	else
		m->scratch[word] = code == FST_ST ? m->a : m->x;
}

/* `operand` is k or X. */
static void compute(struct machine *m, unsigned operation, uint32_t operand)
{
	switch (operation) {
	case OPERATION(FST_ADD_K):
		m->a += operand;
		break;
	case OPERATION(FST_SUB_K):
		m->a -= operand;
		break;
	case OPERATION(FST_MUL_K):
		m->a *= operand;
		break;
	case OPERATION(FST_DIV_K):
		if (operand)
			m->a /= operand;
		else
			finish(m, 0);
		break;
	case OPERATION(FST_OR_K):
		m->a |= operand;
		break;
	case OPERATION(FST_AND_K):
		m->a &= operand;
		break;
	case OPERATION(FST_XOR_K):
		m->a ^= operand;
		break;
	case OPERATION(FST_LSH_K):
		m->a <<= operand & 31;
		break;
	case OPERATION(FST_RSH_K):
		m->a >>= operand & 31;
		break;
	case OPERATION(FST_NEG):
		m->a = -m->a;
		break;
	default:
		finish(m, KILL_PROCESS);
	}
}

static void move(struct machine *m, uint16_t code, uint32_t k)
{
	switch (code) {
	case FST_LD_IMM:
		m->a = k;
		break;
	case FST_LDX_IMM:
		m->x = k;
		break;
	case FST_LD_LEN:
		m->a = sizeof(struct flagstop_data);
		break;
	case FST_LDX_LEN:
		m->x = sizeof(struct flagstop_data);
		break;
	case FST_TAX:
		m->x = m->a;
		break;
	case FST_TXA:
		m->a = m->x;
		break;
	default:
		finish(m, KILL_PROCESS);
	}
}

static bool is_taken(const struct machine *m, unsigned operation, uint32_t operand)
{
	switch (operation) {
	case OPERATION(FST_JEQ_K):
		return m->a == operand;
	case OPERATION(FST_JGT_K):
		return m->a > operand;
	case OPERATION(FST_JGE_K):
		return m->a >= operand;
	default:
		return (m->a & operand) != 0;
	}
}

/* What filters hardly have. Returns how many instructions are skipped. */
static uint32_t step_rarely(struct machine *m, const struct flagstop_insn *insn)
{
	const struct fst_opcode *opcode = fst_opcode_find(insn->code);
	uint32_t operand = IS_BY_X(insn->code) ? m->x : insn->k;

	switch (opcode ? CLASS(insn->code) : CLASS_NONE) {
	case CLASS(FST_ADD_K):
		compute(m, OPERATION(insn->code), operand);
		return 0;
	case CLASS(FST_JA):
		return is_taken(m, OPERATION(insn->code), operand) ? insn->jt : insn->jf;
	case CLASS(FST_RET_K):
		finish(m, m->a);
		return 0;
	case CLASS_NONE:
		finish(m, KILL_PROCESS);
		return 0;
	}
	if (opcode->operand == FST_OPERAND_SCRATCH)
		access_scratch(m, insn->code, insn->k);
	else
		move(m, insn->code, insn->k);
	return 0;
}

/* Runs one instruction. Returns how many are skipped. */
static uint32_t step(struct machine *m, const struct flagstop_insn *insn)
{
	switch (insn->code) {
	case FST_LD_ABS:
		load_word(m, insn->k);
		return 0;
	case FST_JA:
		return insn->k;
	case FST_JEQ_K:
	case FST_JGT_K:
	case FST_JGE_K:
	case FST_JSET_K:
		return is_taken(m, OPERATION(insn->code), insn->k) ? insn->jt : insn->jf;
	case FST_RET_K:
		finish(m, insn->k);
		return 0;
	default:
		return step_rarely(m, insn);
	}
}

uint32_t flagstop_program_run(const struct flagstop_insn *insns, size_t count,
			      const struct flagstop_data *data, unsigned *ret_executed,
			      uint32_t *ret_loads)
{
	struct machine m = { .data = data,
			     .big_endian = fst_opcode_arch_is_big_endian(data->arch) };
	unsigned executed = 0;
	uint64_t at = 0; /* no k can make it wrap around and the loop endless */

	while (!m.done && at < count) {
		executed++;
		at += (uint64_t)step(&m, &insns[at]) + 1;
	}
	if (ret_executed)
		*ret_executed = executed;
	if (ret_loads)
		*ret_loads = m.loads;
	return m.done ? m.result : KILL_PROCESS;
}
