/* SPDX-License-Identifier: MIT */
#ifndef FST_FUZZ_TARGETS_H
#define FST_FUZZ_TARGETS_H

/*
 * What is fuzzed: each target takes bytes that nobody has looked at, and says what is wrong with how they were taken,
 * or NULL. Memory errors are for the sanitizers to find. libFuzzer calls them through main.c, and test_fuzz_corpus.c
 * with what is kept in corpus/.
 */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <flagstop/explain.h>
#include <flagstop/lint.h>
#include <flagstop/policy.h>
#include <flagstop/program.h>

typedef const char *fuzz_target(const uint8_t *bytes, size_t count);

/* An error says what is wrong, and shows a place that is in the line it shows. */
static inline const char *fuzz_check_error(const struct flagstop_error *error, int code)
{
	size_t shown = strlen(error->source);
	char text[2048];

	if (!error->message[0])
		return "an error without a message";
	if (error->code != code)
		return "the error's code is not what was returned";
	if (error->caret > shown)
		return "the caret stands outside of the line";
	if (flagstop_error_format(error, text, sizeof(text)) >= sizeof(text))
		return "an error that is too long to be printed";
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 && *at != '\n')
			return "an error steers the terminal";
	return NULL;
}

/* Text as the functions that take strings want it: what is behind a zero byte is not seen by them. */
static inline char *fuzz_string(const uint8_t *bytes, size_t count)
{
	char *text = malloc(count + 1);

	if (text && count)
		memcpy(text, bytes, count);
	if (text)
		text[count] = '\0';
	return text;
}

/*
 * Policies name files, and a file may be a device that acts on being opened: what is included or used on exec stays in
 * the working directory, and is no hidden file.
 */
static inline bool fuzz_is_harmless(const uint8_t *bytes, size_t count)
{
	return !count || (!memmem(bytes, count, "include", 7) && !memmem(bytes, count, "use", 3)) ||
		(!memchr(bytes, '/', count) && !memchr(bytes, '-', count));
}

/* ---- policies --------------------------------------------------------------------------------------------------- */

/* NULL when the text is no policy; *ret_wrong says when it was refused in a wrong way. */
static inline struct flagstop_policy *fuzz_policy_of(const uint8_t *bytes, size_t count, const char **ret_wrong)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	int r;

	*ret_wrong = NULL;
	if (!policy || !fuzz_is_harmless(bytes, count)) {
		flagstop_policy_free(policy);
		return NULL;
	}
	r = flagstop_policy_add_text(policy, "fuzz.fs", (const char *)bytes, count, &error);
	if (!r)
		return policy;
	*ret_wrong = fuzz_check_error(&error, r);
	if (r != -EBADMSG && r != -E2BIG && r != -EOPNOTSUPP && r != -ENOMEM)
		*ret_wrong = "an error that no policy should give";
	if (!*ret_wrong && flagstop_policy_layer_count(policy))
		*ret_wrong = "a layer that was refused is there";
	flagstop_policy_free(policy);
	return NULL;
}

static inline const char *fuzz_check_findings(const struct flagstop_policy *policy)
{
	struct flagstop_findings *findings = NULL;
	const char *wrong = NULL;

	if (flagstop_policy_lint(policy, NULL, &findings, NULL))
		return "a policy that is right could not be linted";
	for (size_t i = 0; i < flagstop_findings_count(findings) && !wrong; i++)
		wrong = fuzz_check_error(&flagstop_findings_get(findings, i)->text, 0);
	flagstop_findings_free(findings);
	return wrong;
}

/* What allows a call leaves nothing to remedy, and what refuses it leaves something. */
static inline const char *fuzz_check_remedies(const struct flagstop_policy *policy,
					      const struct flagstop_explanation *explanation)
{
	static struct flagstop_remedy remedies[16];
	unsigned count = flagstop_policy_remedies(policy, explanation, remedies, 16);
	struct flagstop_layer_verdict layer;
	enum flagstop_action strictest = FLAGSTOP_ACTION_ALLOW;

	for (unsigned i = 0; i < count && i < 16; i++)
		if (!remedies[i].text[0] || (remedies[i].kind == FLAGSTOP_REMEDY_ARGUMENTS && !remedies[i].when[0]))
			return "a remedy without words";
	if (!explanation->determined)
		return NULL;
	for (unsigned i = 0; i < flagstop_policy_layer_count(policy); i++) {
		if (flagstop_policy_explain_layer(policy, explanation, i, &layer) || !layer.determined)
			return "a layer of a call that is determined is not";
		strictest = layer.verdict.action > strictest ? layer.verdict.action : strictest;
	}
	if (strictest != explanation->verdict.action &&
	    !(strictest >= FLAGSTOP_ACTION_RETURN && strictest <= FLAGSTOP_ACTION_DENY))
		return "the layers' verdicts do not make the policy's";
	if ((explanation->verdict.action > FLAGSTOP_ACTION_ASK) != (count > 0))
		return "a refusal without a remedy, or the other way round";
	return NULL;
}

static inline const char *fuzz_check_explanations(const struct flagstop_policy *policy)
{
	static const char *const calls[] = { "openat(AT_FDCWD, \"a\", O_RDONLY)",
					     "openat",
					     "mmap(0, 1, PROT_EXEC)",
					     "4095",
					     "socket(AF_INET)",
					     "clone3",
					     "ptrace" };
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !wrong; i++)
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !wrong; abi++) {
			struct flagstop_explanation e;

			if (!flagstop_policy_explain(policy, abi, calls[i], FLAGSTOP_REPORT_ALL, &e, NULL))
				wrong = fuzz_check_remedies(policy, &e);
		}
	return wrong;
}

/* Policy text: the lexer, the parser, bind.c; and whatever is asked of a policy without running it. */
static inline const char *fuzz_policy(const uint8_t *bytes, size_t count)
{
	const char *wrong;
	struct flagstop_policy *policy = fuzz_policy_of(bytes, count, &wrong);

	if (!policy)
		return wrong;
	wrong = fuzz_check_findings(policy);
	if (!wrong)
		wrong = fuzz_check_explanations(policy);
	flagstop_policy_free(policy);
	return wrong;
}

/* What one word of the command line adds, as it is typed. */
static inline const char *fuzz_add(const uint8_t *bytes, size_t count,
				   int (*add)(struct flagstop_policy *, const char *, struct flagstop_error *))
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	char *text = fuzz_string(bytes, count);
	const char *wrong = NULL;
	int r = 0;

	if (policy && text) {
		r = add(policy, text, &error);
		wrong = r ? fuzz_check_error(&error, r) : fuzz_check_explanations(policy);
	}
	free(text);
	flagstop_policy_free(policy);
	return wrong;
}

static inline const char *fuzz_promises(const uint8_t *bytes, size_t count)
{
	return fuzz_add(bytes, count, flagstop_policy_add_promises);
}

static inline const char *fuzz_unveil(const uint8_t *bytes, size_t count)
{
	return fuzz_add(bytes, count, flagstop_policy_add_unveil);
}

/* What was understood can be shown, whatever it is cut to. */
static inline const char *fuzz_shown(const struct flagstop_policy *policy, enum flagstop_abi abi, const char *text)
{
	struct flagstop_explanation e;
	char whole[8192], cut[40];

	if (flagstop_policy_explain(policy, abi, text, FLAGSTOP_REPORT_ALL, &e, NULL))
		return "a call that is a call cannot be explained";
	size_t needed = flagstop_explanation_format(&e, whole, sizeof(whole));
	if (flagstop_explanation_format(&e, cut, sizeof(cut)) != needed || needed >= sizeof(whole) ||
	    strncmp(whole, cut, sizeof(cut) - 1) != 0)
		return "a call that was cut is another one";
	return NULL;
}

static inline const char *fuzz_example(const uint8_t *bytes, size_t count)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	char *text = fuzz_string(bytes, count);
	const char *wrong = NULL;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && policy && text && !wrong; abi++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;
		struct flagstop_data data = { 0 };
		int r = flagstop_data_parse(text, abi, &data, &error);

		if (r)
			wrong = fuzz_check_error(&error, r);
		else if (flagstop_abi_audit_arch(abi) != data.arch || data.instruction_pointer)
			wrong = "the call of an example has another ABI, or an address";
		else
			wrong = fuzz_shown(policy, abi, text);
	}
	flagstop_policy_free(policy);
	free(text);
	return wrong;
}

static inline const char *fuzz_set(const uint8_t *bytes, size_t count)
{
	static const enum flagstop_abi abis[] = { FLAGSTOP_ABI_X86_64, FLAGSTOP_ABI_I386, FLAGSTOP_ABI_X32,
						  FLAGSTOP_ABI_ARM };
	unsigned char *calls = malloc(flagstop_call_count());
	char *text = fuzz_string(bytes, count);
	const char *wrong = NULL;

	for (size_t i = 0; i < sizeof(abis) / sizeof(*abis) && text && calls && !wrong; i++) {
		struct flagstop_error error = FLAGSTOP_ERROR_INIT;
		int r = flagstop_set_parse(text, abis[i], calls, &error);

		if (r < 0)
			wrong = fuzz_check_error(&error, r);
		for (unsigned call = 0; call < flagstop_call_count() && r > 0; call++)
			if (calls[call] && flagstop_call_number(call, abis[i]) < 0)
				wrong = "a set has a call that its ABI lacks";
	}
	free(calls);
	free(text);
	return wrong;
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

static inline const char *fuzz_run_program(const struct flagstop_insn *insns, size_t count,
					   const struct flagstop_data *data, bool accepted)
{
	unsigned executed = 0;
	uint32_t loads = 0;

	flagstop_program_run(insns, count, data, &executed, &loads);
	if (executed > count)
		return "a program ran longer than it is, and jumps are forward only";
	if (accepted && loads >> 16)
		return "a word was loaded that seccomp_data does not have";
	return NULL;
}

static inline const char *fuzz_disassemble(const struct flagstop_insn *insns, size_t count)
{
	char text[256], cut[8];

	for (size_t i = 0; i < count; i++) {
		size_t bytes = flagstop_program_disassemble(insns, count, i, text, sizeof(text));

		if (bytes >= sizeof(text) || strlen(text) != bytes)
			return "a line of assembler has another length than was said";
		if (flagstop_program_disassemble(insns, count, i, cut, sizeof(cut)) != bytes ||
		    strlen(cut) >= sizeof(cut))
			return "a line of assembler that was cut has another length";
	}
	return NULL;
}

/* struct flagstop_data, then instructions: the checker, the interpreter (also of what is refused), the disassembler. */
static inline const char *fuzz_program(const uint8_t *bytes, size_t count)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data data = { 0 };
	size_t head = count < sizeof(data) ? count : sizeof(data);
	size_t insn_count = (count - head) / sizeof(struct flagstop_insn);
	struct flagstop_insn *insns =
		malloc(insn_count * sizeof(*insns) + 1); /* exactly as long: the sanitizer sees more */
	const char *wrong = NULL;
	int r;

	if (!insns)
		return NULL;
	if (head)
		memcpy(&data, bytes, head);
	if (insn_count)
		memcpy(insns, bytes + head, insn_count * sizeof(*insns));
	r = flagstop_program_check(insns, insn_count, &error);
	if (r)
		wrong = fuzz_check_error(&error, r);
	if (!wrong)
		wrong = fuzz_run_program(insns, insn_count, &data, !r);
	if (!wrong && !r && insn_count < 256)
		wrong = fuzz_disassemble(insns, insn_count);
	free(insns);
	return wrong;
}

#endif
