/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_CONVERT_KIT_H
#define FST_TESTS_CONVERT_KIT_H

/*
 * libseccomp as the referee of conversions: an engine that loads OCI profiles into the library as container runtimes
 * do, written from the runtime specification and sharing nothing with filters/formats; and a comparison of two
 * programs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flagstop/flagstop.h>
#include <jansson.h>
#include <seccomp.h>

struct kit_program {
	struct flagstop_insn *insns;
	size_t count;
};

/* One of our ABIs as libseccomp names it; 0 when it has none (riscv64 and loongarch64 of old releases). */
uint32_t kit_arch(enum flagstop_abi abi);

/* What is true of the container: its machine, and its capabilities separated by commas. */
struct kit_container {
	enum flagstop_abi native;
	const char *caps;
};

/* 0, or the library's first refusal of a rule (-EEXIST: a condition that is there with another action). */
int kit_load_oci(const json_t *profile, const struct kit_container *container, struct kit_program *ret_program);
/*
 * Whether some rule of the profile whose comparisons hold has the action, or none holds and it is the default's: so
 * much is true of every order of the rules. For profiles whose rules are of calls that no multiplexer reaches.
 */
bool kit_is_founded(const json_t *profile, const struct flagstop_data *data, uint32_t action);
/* A filter that was built by hand, which is released. */
void kit_export(scmp_filter_ctx filter, struct kit_program *ret_program);
/* The policy's one program for the ABIs that it names. */
void kit_compile(const struct flagstop_policy *policy, struct kit_program *ret_program);
/*
 * Whether some comparison of a program can be reached with different words in the accumulator. libseccomp 2.5.4
 * writes such programs where a jump reaches a test from two places (src/gen_bpf.c reloads for the first only): what
 * they do is none of their rules.
 */
bool kit_mixes_words(const struct kit_program *program);
void kit_release(struct kit_program *program);

/* Values that arguments are tried with, those of the rules and what is near them. */
#define KIT_VALUES_MAX 24
struct kit_values {
	uint64_t list[6][KIT_VALUES_MAX];
	unsigned count[6];
};
/* Adds a value and its neighbours, and with `wide` the same with bits in the upper half. */
void kit_add_value(struct kit_values *values, unsigned argument, uint64_t value, bool wide);
void kit_values_of_oci(const json_t *profile, const char *call, bool wide, struct kit_values *ret_values);

/*
 * Both programs on every number of an ABI up to 64 behind its last call, with the values for the calls that `values_of`
 * knows some for. Differences are told to `differ`, which returns whether it has a name for that one; the return
 * value is how many have none.
 */
struct kit_comparison {
	const struct kit_program *a, *b;
	enum flagstop_abi abi;
	bool only_with_values; /* leave out the calls that have none */
	bool judge_all;        /* `differ` is told of every point */
	void (*values_of)(void *context, unsigned call, struct kit_values *ret_values);
	bool (*differ)(void *context, const struct flagstop_data *data, int call, uint32_t a, uint32_t b);
	void *context;
	unsigned long points; /* out: how many were compared */
};
unsigned kit_compare(struct kit_comparison *comparison);

#endif
