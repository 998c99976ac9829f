/* SPDX-License-Identifier: MIT */
/* libseccomp as the referee: what a container runtime does with a profile, and two programs on the same points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "convert_kit.h"

uint32_t kit_arch(enum flagstop_abi abi)
{
	static const uint32_t archs[FLAGSTOP_ABI_COUNT] = {
		[FLAGSTOP_ABI_X86_64] = SCMP_ARCH_X86_64,
		[FLAGSTOP_ABI_I386] = SCMP_ARCH_X86,
		[FLAGSTOP_ABI_X32] = SCMP_ARCH_X32,
		[FLAGSTOP_ABI_AARCH64] = SCMP_ARCH_AARCH64,
		[FLAGSTOP_ABI_ARM] = SCMP_ARCH_ARM,
		[FLAGSTOP_ABI_PPC64LE] = SCMP_ARCH_PPC64LE,
		[FLAGSTOP_ABI_S390X] = SCMP_ARCH_S390X,
		[FLAGSTOP_ABI_RISCV64] = SCMP_ARCH_RISCV64,
	};

	return archs[abi];
}

/* ---- a runtime -------------------------------------------------------------------------------------------------- */

static bool has_word(const char *list, const char *word)
{
	size_t bytes = strlen(word);

	for (const char *at = list; at; at = strchr(at, ','), at = at ? at + 1 : NULL)
		if (!strncmp(at, word, bytes) && (!at[bytes] || at[bytes] == ','))
			return true;
	return false;
}

static bool lists(const json_t *list, const char *word)
{
	size_t i;
	json_t *each;

	json_array_foreach(list, i, each) if (!strcmp(json_string_value(each), word)) return true;
	return false;
}

static const char *go_name(enum flagstop_abi abi)
{
	return abi == FLAGSTOP_ABI_X86_64 ? "amd64" : abi == FLAGSTOP_ABI_AARCH64 ? "arm64" :
										    flagstop_abi_name(abi);
}

static bool counts(const json_t *entry, const struct kit_container *container)
{
	const json_t *includes = json_object_get(entry, "includes"), *excludes = json_object_get(entry, "excludes");
	size_t i;
	json_t *cap;

	if (lists(json_object_get(excludes, "arches"), go_name(container->native)))
		return false;
	json_array_foreach(json_object_get(excludes, "caps"), i,
			   cap) if (has_word(container->caps, json_string_value(cap))) return false;
	if (json_array_size(json_object_get(includes, "arches")) &&
	    !lists(json_object_get(includes, "arches"), go_name(container->native)))
		return false;
	json_array_foreach(json_object_get(includes, "caps"), i,
			   cap) if (!has_word(container->caps, json_string_value(cap))) return false;
	return true;
}

static uint32_t action_of(const char *name, const json_t *number)
{
	uint32_t error = json_is_number(number) ? (uint32_t)json_number_value(number) : EPERM;

	if (!strcmp(name, "SCMP_ACT_ALLOW"))
		return SCMP_ACT_ALLOW;
	if (!strcmp(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO(error);
	if (!strcmp(name, "SCMP_ACT_LOG"))
		return SCMP_ACT_LOG;
	if (!strcmp(name, "SCMP_ACT_TRAP"))
		return SCMP_ACT_TRAP;
	if (!strcmp(name, "SCMP_ACT_KILL_PROCESS"))
		return SCMP_ACT_KILL_PROCESS;
	assert_true(!strcmp(name, "SCMP_ACT_KILL") || !strcmp(name, "SCMP_ACT_KILL_THREAD"));
	return SCMP_ACT_KILL_THREAD;
}

static enum scmp_compare operator_of(const char *name)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} operators[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE },
		{ "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE },
		{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE },
		{ "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (!strcmp(name, operators[i].name))
			return operators[i].op;
	fail_msg("no operator %s", name);
	return SCMP_CMP_EQ;
}

static uint64_t number_of(const json_t *value)
{
	return json_is_real(value) ? (uint64_t)json_real_value(value) : (uint64_t)json_integer_value(value);
}

static int add_rules(scmp_filter_ctx filter, uint32_t action, int number, const json_t *args)
{
	struct scmp_arg_cmp all[16];
	unsigned count = 0, seen[6] = { 0 };
	bool split = false;
	size_t i;
	json_t *arg;
	int r = 0;

	json_array_foreach(args, i, arg)
	{
		all[count] = (struct scmp_arg_cmp){
			.arg = (unsigned)json_number_value(json_object_get(arg, "index")),
			.op = operator_of(json_string_value(json_object_get(arg, "op"))),
			.datum_a = number_of(json_object_get(arg, "value")),
			.datum_b = number_of(json_object_get(arg, "valueTwo")),
		};
		split |= seen[all[count].arg]++ > 0;
		count++;
	}
	if (!split)
		return seccomp_rule_add_array(filter, action, number, count, all);
	for (unsigned k = 0; k < count && !r; k++)
		r = seccomp_rule_add_array(filter, action, number, 1, &all[k]);
	return r;
}

/* The profile's names are those of the library's own header. */
static uint32_t arch_named(const char *name)
{
	static const struct {
		const char *name;
		uint32_t arch;
	} archs[] = {
		{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 },
		{ "SCMP_ARCH_X86", SCMP_ARCH_X86 },
		{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },
		{ "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
		{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
		{ "SCMP_ARCH_S390X", SCMP_ARCH_S390X },
		{ "SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE },
		{ "SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64 },
	};

	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++)
		if (!strcmp(name, archs[i].name))
			return archs[i].arch;
	return 0;
}

static void add_archs(scmp_filter_ctx filter, const json_t *list)
{
	size_t i;
	json_t *name;

	json_array_foreach(list, i, name)
	{
		uint32_t arch = arch_named(json_string_value(name));
		int r = arch ? seccomp_arch_add(filter, arch) : 0;

		assert_true(!r || r == -EEXIST);
	}
}

static void set_archs(scmp_filter_ctx filter, const json_t *profile, const struct kit_container *container)
{
	uint32_t native = kit_arch(container->native);
	size_t i;
	json_t *entry;

	if (native != seccomp_arch_native()) {
		/* All architectures of one filter have one byte order. */
		assert_int_equal(seccomp_arch_remove(filter, seccomp_arch_native()), 0);
		assert_int_equal(seccomp_arch_add(filter, native), 0);
	}
	add_archs(filter, json_object_get(profile, "architectures"));
	json_array_foreach(json_object_get(profile, "archMap"), i,
			   entry) if (arch_named(json_string_value(json_object_get(entry, "architecture"))) ==
				      native) add_archs(filter, json_object_get(entry, "subArchitectures"));
}

static int add_entry(scmp_filter_ctx filter, const json_t *entry, uint32_t fallback)
{
	uint32_t action =
		action_of(json_string_value(json_object_get(entry, "action")), json_object_get(entry, "errnoRet"));
	size_t i;
	json_t *name;
	int r = 0;

	json_array_foreach(json_object_get(entry, "names"), i, name)
	{
		int number = seccomp_syscall_resolve_name(json_string_value(name));

		if (action == fallback || number == __NR_SCMP_ERROR)
			continue;
		int one = add_rules(filter, action, number, json_object_get(entry, "args"));
		if (one && !r)
			r = one;
	}
	return r;
}

static bool holds_for(const json_t *arg, const struct flagstop_data *data, bool narrow)
{
	uint64_t is = data->args[(unsigned)json_number_value(json_object_get(arg, "index"))];
	uint64_t value = number_of(json_object_get(arg, "value")), second = number_of(json_object_get(arg, "valueTwo"));

	if (narrow) {
		is = (uint32_t)is;
		value = (uint32_t)value;
		second = (uint32_t)second;
	}
	switch (operator_of(json_string_value(json_object_get(arg, "op")))) {
	case SCMP_CMP_NE:
		return is != value;
	case SCMP_CMP_LT:
		return is < value;
	case SCMP_CMP_LE:
		return is <= value;
	case SCMP_CMP_EQ:
		return is == value;
	case SCMP_CMP_GE:
		return is >= value;
	case SCMP_CMP_GT:
		return is > value;
	default:
		return (is & value) == (second & value);
	}
}

bool kit_is_founded(const json_t *profile, const struct flagstop_data *data, uint32_t action)
{
	int abi = flagstop_abi_of_call(data->arch, data->nr);
	const char *name = flagstop_call_name((unsigned)flagstop_call_from_number(abi, data->nr));
	bool narrow = abi == FLAGSTOP_ABI_I386 || abi == FLAGSTOP_ABI_ARM || abi == FLAGSTOP_ABI_X32, any = false;
	size_t i, k;
	json_t *entry, *arg;

	json_array_foreach(json_object_get(profile, "syscalls"), i, entry)
	{
		bool all = lists(json_object_get(entry, "names"), name);

		json_array_foreach(json_object_get(entry, "args"), k, arg)
			all = all && holds_for(arg, data, narrow);
		any |= all;
		if (all &&
		    action_of(json_string_value(json_object_get(entry, "action")),
			      json_object_get(entry, "errnoRet")) == action)
			return true;
	}
	return !any &&
		action ==
		action_of(json_string_value(json_object_get(profile, "defaultAction")),
			  json_object_get(profile, "defaultErrnoRet"));
}

/*
 * The library writes a program in the byte order of the machine that it is for, but for returns that it repeats
 * because a jump was too long (2.5.4): those have the host's, and would be no action otherwise.
 */
static bool is_action(uint32_t value)
{
	static const uint16_t actions[] = { 0x8000, 0x0003, 0x0005, 0x7fc0, 0x7ff0, 0x7ffc, 0x7fff };

	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (value >> 16 == actions[i])
			return true;
	return !value;
}

static void swap_bytes(struct kit_program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		struct flagstop_insn *insn = &program->insns[i];
		uint32_t k = __builtin_bswap32(insn->k);

		insn->code = __builtin_bswap16(insn->code);
		if (insn->code != 0x06 || is_action(k))
			insn->k = k;
	}
}

int kit_load_oci(const json_t *profile, const struct kit_container *container, struct kit_program *ret_program)
{
	uint32_t fallback = action_of(json_string_value(json_object_get(profile, "defaultAction")),
				      json_object_get(profile, "defaultErrnoRet"));
	scmp_filter_ctx filter = seccomp_init(fallback);
	size_t i;
	json_t *entry;
	int r = 0;

	assert_non_null(filter);
	set_archs(filter, profile, container);
	json_array_foreach(json_object_get(profile, "syscalls"), i, entry)
	{
		int one = counts(entry, container) ? add_entry(filter, entry, fallback) : 0;

		if (one && !r)
			r = one;
	}
	kit_export(filter, ret_program);
	if (container->native == FLAGSTOP_ABI_S390X)
		swap_bytes(ret_program);
	return r;
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

void kit_export(scmp_filter_ctx filter, struct kit_program *ret_program)
{
	int fd = memfd_create("program", MFD_CLOEXEC);
	off_t bytes;

	assert_true(fd >= 0);
	assert_int_equal(seccomp_export_bpf(filter, fd), 0);
	seccomp_release(filter);
	bytes = lseek(fd, 0, SEEK_END);
	ret_program->count = (size_t)bytes / sizeof(*ret_program->insns);
	ret_program->insns = malloc((size_t)bytes);
	assert_non_null(ret_program->insns);
	assert_int_equal(pread(fd, ret_program->insns, (size_t)bytes, 0), bytes);
	close(fd);
}

void kit_compile(const struct flagstop_policy *policy, struct kit_program *ret_program)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;

	options.report = FLAGSTOP_REPORT_NONE;
	if (flagstop_policy_compile(policy, &options, &programs, &error))
		fail_msg("%s", error.message);
	assert_int_equal(flagstop_programs_count(programs), 1);
	const struct flagstop_insn *insns = flagstop_programs_get(programs, 0, &ret_program->count);
	ret_program->insns = malloc(ret_program->count * sizeof(*insns));
	assert_non_null(ret_program->insns);
	memcpy(ret_program->insns, insns, ret_program->count * sizeof(*insns));
	flagstop_programs_free(programs);
}

/* What the accumulator holds before an instruction: 0 nothing is known yet, else a word's offset and mask. */
struct holds {
	uint64_t word;
	bool mixed;
};

static void flow(struct holds *holds, size_t to, uint64_t word)
{
	holds[to].mixed |= holds[to].word && holds[to].word != word;
	holds[to].word = word;
}

bool kit_mixes_words(const struct kit_program *program)
{
	struct holds *holds = calloc(program->count + 256, sizeof(*holds));
	bool mixed = false;

	assert_non_null(holds);
	holds[0].word = 1;
	for (size_t pc = 0; pc < program->count; pc++) {
		const struct flagstop_insn *insn = &program->insns[pc];
		unsigned class = insn->code & 7;
		uint64_t word = holds[pc].word;

		if (!word)
			continue; /* cannot be reached */
		mixed |= holds[pc].mixed && (class == 4 || class == 5) && insn->code != 0x05;
		if (class == 0)
			word = (uint64_t)(insn->k + 2) << 32 | UINT32_MAX;
		else if (class == 4)
			word &= UINT64_C(0xffffffff) << 32 | insn->k;
		if (insn->code == 0x05) {
			flow(holds, pc + 1 + insn->k, word);
			holds[pc + 1 + insn->k].mixed |= holds[pc].mixed;
		} else if (class == 5) {
			flow(holds, pc + 1 + insn->jt, word);
			flow(holds, pc + 1 + insn->jf, word);
		} else if (class != 6) {
			flow(holds, pc + 1, word);
		}
	}
	free(holds);
	return mixed;
}

void kit_release(struct kit_program *program)
{
	free(program->insns);
}

/* ---- points ----------------------------------------------------------------------------------------------------- */

static void add_one(struct kit_values *values, unsigned argument, uint64_t value)
{
	for (unsigned i = 0; i < values->count[argument]; i++)
		if (values->list[argument][i] == value)
			return;
	if (values->count[argument] < KIT_VALUES_MAX)
		values->list[argument][values->count[argument]++] = value;
}

void kit_add_value(struct kit_values *values, unsigned argument, uint64_t value, bool wide)
{
	add_one(values, argument, value);
	add_one(values, argument, (uint32_t)value ? value - 1 : value + 2);
	add_one(values, argument, (uint32_t)(value + 1) ? value + 1 : value - 2);
	if (wide) {
		add_one(values, argument, value | UINT64_C(1) << 32);
		add_one(values, argument, value | UINT64_C(0xffffffff) << 32);
	}
}

void kit_values_of_oci(const json_t *profile, const char *call, bool wide, struct kit_values *ret_values)
{
	size_t i, k;
	json_t *entry, *arg;

	*ret_values = (struct kit_values){ 0 };
	json_array_foreach(json_object_get(profile, "syscalls"), i, entry)
	{
		if (!lists(json_object_get(entry, "names"), call))
			continue;
		json_array_foreach(json_object_get(entry, "args"), k, arg)
		{
			unsigned index = (unsigned)json_number_value(json_object_get(arg, "index"));

			kit_add_value(ret_values, index, number_of(json_object_get(arg, "value")), wide);
			kit_add_value(ret_values, index, number_of(json_object_get(arg, "valueTwo")), wide);
		}
	}
}

struct walk {
	struct kit_comparison *comparison;
	const struct kit_values *values;
	struct flagstop_data data;
	int call;
	unsigned unnamed;
};

static void compare_point(struct walk *w)
{
	const struct kit_comparison *c = w->comparison;
	uint32_t a = flagstop_program_run(c->a->insns, c->a->count, &w->data, NULL, NULL);
	uint32_t b = flagstop_program_run(c->b->insns, c->b->count, &w->data, NULL, NULL);
	char text[256], x[64], y[64];

	w->comparison->points++;
	if ((a == b && !c->judge_all) || c->differ(c->context, &w->data, w->call, a, b))
		return;
	if (w->unnamed++ < 3) {
		flagstop_call_format(c->abi, w->data.nr, w->data.args, text, sizeof(text));
		flagstop_action_format(a, x, sizeof(x));
		flagstop_action_format(b, y, sizeof(y));
		print_error("%s %s (%llx, %llx, %llx): %s and %s\n", flagstop_abi_name(c->abi), text,
			    (unsigned long long)w->data.args[0], (unsigned long long)w->data.args[1],
			    (unsigned long long)w->data.args[2], x, y);
	}
}

/* Every value of every argument with every value of the others. */
static void compare_from(struct walk *w, unsigned argument)
{
	if (argument == 6) {
		compare_point(w);
		return;
	}
	w->data.args[argument] = 0;
	compare_from(w, argument + 1);
	for (unsigned i = 0; i < w->values->count[argument]; i++) {
		w->data.args[argument] = w->values->list[argument][i];
		compare_from(w, argument + 1);
	}
	w->data.args[argument] = 0;
}

static uint32_t last_number(enum flagstop_abi abi)
{
	int64_t last = 0;

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		int64_t number = flagstop_call_number(call, abi);

		if (number > last && number < 0x50000000 && !(abi == FLAGSTOP_ABI_ARM && number >= 0xf0000))
			last = number;
	}
	return (uint32_t)last;
}

unsigned kit_compare(struct kit_comparison *comparison)
{
	const struct kit_program *a = comparison->a, *b = comparison->b;
	struct walk w = { .comparison = comparison };
	uint32_t first = comparison->abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0;

	assert_int_equal(flagstop_program_check(a->insns, a->count, NULL), 0);
	assert_int_equal(flagstop_program_check(b->insns, b->count, NULL), 0);
	w.data.arch = flagstop_abi_audit_arch(comparison->abi);
	for (w.data.nr = first; w.data.nr <= last_number(comparison->abi) + 64; w.data.nr++) {
		struct kit_values values = { 0 };

		w.call = flagstop_call_from_number(comparison->abi, w.data.nr);
		if (w.call >= 0 && comparison->values_of)
			comparison->values_of(comparison->context, (unsigned)w.call, &values);
		w.values = &values;
		for (unsigned i = 0, any = 0; comparison->only_with_values && i <= 6; i++) {
			if (i == 6 && !any)
				w.values = NULL;
			any |= i < 6 && values.count[i];
		}
		if (w.values)
			compare_from(&w, 0);
	}
	return w.unnamed;
}
