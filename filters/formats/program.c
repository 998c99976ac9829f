/* SPDX-License-Identifier: MIT */
/*
 * Compiled programs as formats: raw, assembler, a C array. Decides nothing: what cannot be decided in the kernel is
 * lost, as there is no tracer where such a program goes.
 */
#include <errno.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/format.h>

static void note_flags(struct fst_writing *writing)
{
	if (flagstop_policy_needs_tracer(writing->policy, FLAGSTOP_REPORT_NONE))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "tracer", NULL,
			       "some calls need a tracer: without one they fail with ENOSYS");
}

static int compile(struct fst_writing *writing, struct flagstop_programs **ret_programs)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;

	options.report = FLAGSTOP_REPORT_NONE;
	note_flags(writing);
	return flagstop_policy_compile(writing->policy, &options, ret_programs, writing->error);
}

int fst_raw_write(struct fst_writing *writing)
{
	struct flagstop_programs *programs;
	int r = compile(writing, &programs);
	size_t count;

	if (r)
		return r;
	if (flagstop_programs_count(programs) != 1) {
		r = fst_error_set(writing->error, -E2BIG, "the policy takes %zu programs of at most %d instructions",
				  flagstop_programs_count(programs), FLAGSTOP_PROGRAM_MAX_INSNS);
		fst_error_hint(writing->error, "flagstop compile writes them one by one");
	} else {
		const struct flagstop_insn *insns = flagstop_programs_get(programs, 0, &count);

		fst_write_bytes(writing, insns, count * sizeof(*insns));
	}
	flagstop_programs_free(programs);
	return r;
}

int fst_asm_write(struct fst_writing *writing)
{
	struct flagstop_programs *programs;
	int r = compile(writing, &programs);
	char line[256];
	size_t count;

	if (r)
		return r;
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		fst_write_put(writing, "; program %zu of %zu: %zu instructions\n", i + 1,
			      flagstop_programs_count(programs), count);
		for (size_t k = 0; k < count; k++) {
			flagstop_program_disassemble(insns, count, k, line, sizeof(line));
			fst_write_put(writing, "%s\n", line);
		}
	}
	flagstop_programs_free(programs);
	return 0;
}

int fst_c_write(struct fst_writing *writing)
{
	struct flagstop_programs *programs;
	int r = compile(writing, &programs);
	size_t count;

	if (r)
		return r;
	fst_write_put(writing, "#include <linux/filter.h>\n");
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		fst_write_put(writing, "\nstatic const struct sock_filter filter_%zu[%zu] = {\n", i + 1, count);
		for (size_t k = 0; k < count; k++)
			fst_write_put(writing, "\t{ 0x%02x, %u, %u, 0x%08x },\n", insns[k].code, insns[k].jt,
				      insns[k].jf, insns[k].k);
		fst_write_put(writing, "};\n");
	}
	flagstop_programs_free(programs);
	return 0;
}
