/* SPDX-License-Identifier: MIT */
/*
 * Filter programs as decision diagrams. The program is run with the number and the architecture known and the
 * arguments unknown; where it tests a word of an argument it is followed both ways.
 *
 * What is known is computed by the interpreter itself: there is one meaning of instructions, in
 * filters/bpf/interpret.c.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

/* A state that cannot be kept is followed again. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <filters/bpf/opcode.h>
#include <filters/compare/program.h>

#define STATES_MAX (1u << 16)
#define ACTION_MASK 0xffff0000u /* SECCOMP_RET_ACTION_FULL */
#define ALLOW 0x7fff0000u       /* SECCOMP_RET_ALLOW */
#define KILL_PROCESS 0x80000000u

enum value_kind { KNOWN,
		  WORD };

struct value {
	uint16_t kind;
	uint8_t field, first; /* WORD: bits first … first + 31 of a field, under a mask */
	uint32_t bits;        /* the value, or the mask */
};

/* Everything that decides how the program goes on; without holes, as it is a key. */
struct state {
	uint32_t at;
	struct value a, x;
	struct value scratch[FST_SCRATCH_WORDS];
};

struct memo {
	struct state state;
	fst_branch result;
	UT_hash_handle hh;
};

struct runner {
	struct fst_diagram *d;
	const struct flagstop_insn *insns;
	size_t count;
	uint32_t arch, nr;
	bool narrow, big_endian;
	struct memo *memo;
	void *pool;
	unsigned states;
	int error;
};

static const struct value zero = { KNOWN, 0, 0, 0 };

static struct value known(uint32_t bits)
{
	return (struct value){ KNOWN, 0, 0, bits };
}

static int fail(struct runner *r, int error)
{
	if (!r->error)
		r->error = error;
	return error;
}

static struct value load(const struct runner *r, uint32_t offset)
{
	bool low = (offset % 8 != 0) == r->big_endian;

	if (offset < 8)
		return known(offset ? r->arch : r->nr);
	if (!low && r->narrow)
		return zero;
	return (struct value){ WORD, (uint8_t)(offset < 16 ? FST_FIELD_IP : (offset - 16) / 8), low ? 0 : 32,
			       UINT32_MAX };
}

/* Runs one instruction on values that are known. */
static uint32_t compute(const struct flagstop_insn *insn, uint32_t a, uint32_t x)
{
	const struct flagstop_insn program[] = {
		{ FST_LDX_IMM, 0, 0, x },
		{ FST_LD_IMM, 0, 0, a },
		*insn,
		{ FST_RET_A, 0, 0, 0 },
	};
	static const struct flagstop_data none;

	return flagstop_program_run(program, 4, &none, NULL, NULL);
}

static bool is_by_x(const struct flagstop_insn *insn)
{
	return insn->code & 0x08; /* BPF_X */
}

static unsigned class_of(const struct flagstop_insn *insn)
{
	return insn->code & 0x07; /* BPF_CLASS */
}

static bool operand_of(const struct flagstop_insn *insn, const struct state *s, uint32_t *ret_operand)
{
	*ret_operand = is_by_x(insn) ? s->x.bits : insn->k;
	return !is_by_x(insn) || s->x.kind == KNOWN;
}

static int calculate(struct runner *r, const struct flagstop_insn *insn, struct state *s)
{
	uint32_t operand;

	if (insn->code == FST_NEG && s->a.kind == KNOWN) {
		s->a.bits = -s->a.bits;
		return 0;
	}
	if (insn->code == FST_NEG || !operand_of(insn, s, &operand))
		return fail(r, -EOPNOTSUPP);
	if (s->a.kind == KNOWN) {
		s->a.bits = compute(insn, s->a.bits, operand);
		return 0;
	}
	if (insn->code != FST_AND_K && insn->code != FST_AND_X)
		return fail(r, -EOPNOTSUPP);
	s->a.bits &= operand;
	if (!s->a.bits)
		s->a = zero;
	return 0;
}

static void move(const struct runner *r, const struct flagstop_insn *insn, struct state *s)
{
	switch (insn->code) {
	case FST_LD_ABS:
		s->a = load(r, insn->k);
		break;
	case FST_LD_IMM:
		s->a = known(insn->k);
		break;
	case FST_LDX_IMM:
		s->x = known(insn->k);
		break;
	case FST_LD_LEN:
		s->a = known(sizeof(struct flagstop_data));
		break;
	case FST_LDX_LEN:
		s->x = known(sizeof(struct flagstop_data));
		break;
	case FST_LD_MEM:
		s->a = s->scratch[insn->k];
		break;
	case FST_LDX_MEM:
		s->x = s->scratch[insn->k];
		break;
	case FST_ST:
		s->scratch[insn->k] = s->a;
		break;
	case FST_STX:
		s->scratch[insn->k] = s->x;
		break;
	case FST_TAX:
		s->x = s->a;
		break;
	case FST_TXA:
		s->a = s->x;
		break;
	}
}

/* A jump on what is known is taken; on a word, false. */
static bool jump(const struct flagstop_insn *insn, struct state *s)
{
	struct flagstop_insn test = { insn->code, 0, 1, insn->k };
	const struct flagstop_insn program[] = {
		{ FST_LDX_IMM, 0, 0, s->x.bits },
		{ FST_LD_IMM, 0, 0, s->a.bits },
		test,
		{ FST_RET_K, 0, 0, 1 },
		{ FST_RET_K, 0, 0, 0 },
	};
	static const struct flagstop_data none;

	if (insn->code == FST_JA) {
		s->at += insn->k;
		return true;
	}
	if (s->a.kind != KNOWN || (is_by_x(insn) && s->x.kind != KNOWN))
		return false;
	s->at += flagstop_program_run(program, 5, &none, NULL, NULL) ? insn->jt : insn->jf;
	return true;
}

static bool divides_by_zero(const struct flagstop_insn *insn, const struct state *s)
{
	return insn->code == FST_DIV_X && s->x.kind == KNOWN && !s->x.bits;
}

/* Goes on to the next test of a word (false: state->at is it), or to the end (true, with what is returned). */
static bool advance(struct runner *r, struct state *s, uint32_t *ret_action)
{
	for (; s->at < r->count && !r->error; s->at++) {
		const struct flagstop_insn *insn = &r->insns[s->at];

		switch (class_of(insn)) {
		case 0x05: /* BPF_JMP */
			if (!jump(insn, s))
				return false;
			break;
		case 0x06: /* BPF_RET */
			*ret_action = insn->code == FST_RET_A ? s->a.bits : insn->k;
			if (insn->code == FST_RET_A && s->a.kind != KNOWN)
				fail(r, -EOPNOTSUPP);
			return true;
		case 0x04: /* BPF_ALU */
			*ret_action = 0;
			if (divides_by_zero(insn, s))
				return true;
			calculate(r, insn, s);
			break;
		default:
			move(r, insn, s);
		}
	}
	*ret_action = KILL_PROCESS;
	return true;
}

static fst_branch condition(struct runner *r, const struct state *s)
{
	const struct flagstop_insn *insn = &r->insns[s->at];
	struct fst_range range = { 0, UINT32_MAX };
	struct fst_bits bits = { s->a.field, s->a.first, 32, s->a.bits, &range, 1 };
	uint32_t operand;

	if (s->a.kind != WORD || !operand_of(insn, s, &operand)) {
		fail(r, -EOPNOTSUPP);
		return 0;
	}
	switch (insn->code & ~0x08) {
	case FST_JEQ_K:
		range = (struct fst_range){ operand, operand };
		break;
	case FST_JGT_K:
		range.low = (uint64_t)operand + 1;
		bits.range_count = operand != UINT32_MAX;
		break;
	case FST_JGE_K:
		range.low = operand;
		break;
	default:
		bits.mask &= operand;
		range.low = 1;
	}
	return fst_diagram_in(r->d, &bits);
}

static fst_branch follow(struct runner *r, const struct state *from, uint32_t at)
{
	struct memo *m = talloc(r->pool, struct memo), *met = NULL;
	uint32_t action;

	if (!m || ++r->states > STATES_MAX) {
		fail(r, m ? -E2BIG : -ENOMEM);
		return 0;
	}
	m->state = *from;
	m->state.at = at;
	if (advance(r, &m->state, &action)) {
		talloc_free(m);
		return fst_diagram_leaf(r->d, action);
	}
	HASH_FIND(hh, r->memo, &m->state, sizeof(m->state), met);
	if (met || r->error || fst_diagram_error(r->d)) {
		talloc_free(m);
		return met ? met->result : 0;
	}
	const struct flagstop_insn *insn = &r->insns[m->state.at];
	fst_branch test = condition(r, &m->state);
	fst_branch yes = follow(r, &m->state, m->state.at + 1 + insn->jt);
	fst_branch no = follow(r, &m->state, m->state.at + 1 + insn->jf);
	if (r->error) { /* the diagram knows nothing of it, and 0 is no branch */
		talloc_free(m);
		return 0;
	}
	m->result = fst_diagram_choose(r->d, test, yes, no);
	HASH_ADD(hh, r->memo, state, sizeof(m->state), m);
	return m->result;
}

int fst_program_diagram(struct fst_diagram *d, const struct flagstop_insn *insns, size_t count, uint32_t audit_arch,
			uint32_t nr, bool narrow, fst_branch *ret_branch)
{
	struct runner r = { .d = d, .insns = insns, .count = count, .arch = audit_arch, .nr = nr, .narrow = narrow };
	struct state start;

	memset(&start, 0, sizeof(start));
	r.big_endian = fst_opcode_arch_is_big_endian(audit_arch);
	r.pool = talloc_new(d);
	if (!r.pool)
		return -ENOMEM;
	*ret_branch = follow(&r, &start, 0);
	HASH_CLEAR(hh, r.memo);
	talloc_free(r.pool);
	return r.error ? r.error : fst_diagram_error(d);
}

int fst_programs_diagram(struct fst_diagram *d, const struct flagstop_programs *programs, uint32_t audit_arch,
			 uint32_t nr, bool narrow, fst_branch *ret_branch)
{
	fst_branch all = 0, one;

	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		int r = fst_program_diagram(d, insns, count, audit_arch, nr, narrow, &one);

		if (r)
			return r;
		all = fst_diagram_refine(d, all, one);
	}
	*ret_branch = all ? all : fst_diagram_leaf(d, 0);
	return fst_diagram_error(d);
}

/* ---- several programs ------------------------------------------------------------------------------------------- */

uint32_t fst_action_stricter(uint32_t older, uint32_t newer)
{
	return (int32_t)(newer & ACTION_MASK) <= (int32_t)(older & ACTION_MASK) ? newer : older;
}

uint32_t fst_programs_run(const struct flagstop_programs *programs, const struct flagstop_data *data,
			  uint32_t *ret_loads)
{
	uint32_t strictest = ALLOW, loads = 0;

	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		uint32_t read;

		strictest = fst_action_stricter(strictest, flagstop_program_run(insns, count, data, NULL, &read));
		loads |= read;
	}
	*ret_loads = loads;
	return strictest;
}
