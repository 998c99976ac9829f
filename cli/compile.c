/* SPDX-License-Identifier: MIT */
/* Writes a policy as seccomp filter programs: for other tools, for reading, and as figures. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct arguments {
	struct layer_list layers;
	char *policy;
	const char *output;
	const char *format;
	bool json;
	unsigned abis;
	long program; /* from 1; 0: all */
	enum flagstop_report report;
	enum flagstop_optimize optimize;
	const char *frequency_path;
	struct frequency_list frequencies;
};

static struct flagstop_compile_options options_of(const struct arguments *a)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;

	options.report = a->report;
	options.abis = a->abis;
	options.optimize = a->optimize;
	options.frequencies = a->frequencies.frequencies;
	options.frequency_count = a->frequencies.count;
	return options;
}

struct format {
	const char *name;
	int (*write)(const struct flagstop_policy *, const struct flagstop_programs *, const struct arguments *,
		     FILE *);
};

static int write_raw(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		     const struct arguments *a, FILE *out)
{
	size_t count = flagstop_programs_count(programs), insns;
	size_t index = a->program ? (size_t)a->program - 1 : 0;

	(void)policy;
	if (count > 1 && !a->program) {
		fprintf(stderr, "flagstop: the policy takes %zu programs, to be installed one after the other; "
				"write each with --program 1 ... %zu\n",
			count, count);
		return EXIT_TROUBLE;
	}
	const struct flagstop_insn *list = flagstop_programs_get(programs, index, &insns);
	return fwrite(list, sizeof(*list), insns, out) == insns ? 0 : EXIT_TROUBLE;
}

static bool is_wanted(const struct arguments *a, size_t index)
{
	return !a->program || (size_t)a->program == index + 1;
}

static int write_asm(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		     const struct arguments *a, FILE *out)
{
	char line[256];

	(void)policy;
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		if (!is_wanted(a, i))
			continue;
		fprintf(out, "; program %zu of %zu: %zu instructions\n", i + 1, flagstop_programs_count(programs),
			count);
		for (size_t k = 0; k < count; k++) {
			flagstop_program_disassemble(insns, count, k, line, sizeof(line));
			fprintf(out, "%s\n", line);
		}
	}
	return 0;
}

static int write_c(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		   const struct arguments *a, FILE *out)
{
	(void)policy;
	fputs("#include <linux/filter.h>\n", out);
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		if (!is_wanted(a, i))
			continue;
		fprintf(out, "\nstatic const struct sock_filter filter_%zu[%zu] = {\n", i + 1, count);
		for (size_t k = 0; k < count; k++)
			fprintf(out, "\t{ 0x%02x, %u, %u, 0x%08x },\n", insns[k].code, insns[k].jt, insns[k].jf,
				insns[k].k);
		fputs("};\n", out);
	}
	return 0;
}

static json_t *json_of_programs(const struct flagstop_programs *programs, const struct arguments *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		json_t *program = json_array();

		for (size_t k = 0; k < count && is_wanted(a, i); k++)
			json_array_append_new(program,
					      json_pack("[i, i, i, I]", insns[k].code, insns[k].jt, insns[k].jf,
							(json_int_t)insns[k].k));
		if (is_wanted(a, i))
			json_array_append_new(list, program);
		else
			json_decref(program);
	}
	return list;
}

static int dump_json(json_t *value, FILE *out, size_t flags)
{
	int failed = json_dumpf(value, out, flags) || fputc('\n', out) == EOF;

	json_decref(value);
	return failed ? EXIT_TROUBLE : 0;
}

static int write_json(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		      const struct arguments *a, FILE *out)
{
	(void)policy;
	return dump_json(json_of_programs(programs, a), out, JSON_COMPACT);
}

static json_t *json_of_flagged(const unsigned char *flagged)
{
	json_t *list = json_array();

	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (flagged[call])
			json_array_append_new(list, json_string(flagstop_call_name(call)));
	return list;
}

static size_t total_insns(const struct flagstop_programs *programs)
{
	size_t total = 0, count;

	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		flagstop_programs_get(programs, i, &count);
		total += count;
	}
	return total;
}

/* What runs when one of the ABI's calls is made. */
static int cost_of(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		   const struct arguments *a, enum flagstop_abi abi, struct flagstop_cost *ret_cost)
{
	struct flagstop_compile_options options = options_of(a);
	size_t count = flagstop_programs_count(programs), counts[count + 1];
	const struct flagstop_insn *insns[count + 1];

	for (size_t i = 0; i < count; i++)
		insns[i] = flagstop_programs_get(programs, i, &counts[i]);
	return flagstop_policy_cost(policy, abi, &options, insns, counts, count, ret_cost);
}

static void add_cost(json_t *object, const struct flagstop_cost *cost)
{
	json_object_set_new(object, "executed_mean", json_real(cost->executed_mean));
	json_object_set_new(object, "executed_worst", json_integer(cost->executed_worst));
	json_object_set_new(object, "executed_weighted", json_real(cost->executed_weighted));
}

/* What a machine would carry that has this ABI alone. */
static json_t *stats_of_abi(const struct flagstop_policy *policy, const struct arguments *a, enum flagstop_abi abi)
{
	struct flagstop_compile_options options = options_of(a);
	struct flagstop_programs *programs;
	unsigned char flagged[flagstop_call_count()];
	struct flagstop_cost cost;

	options.abis = 1u << abi;
	if (flagstop_policy_compile(policy, &options, &programs, NULL))
		return NULL;
	json_t *object = json_pack("{s:s, s:I, s:I, s:I}", "abi", flagstop_abi_name(abi), "insns",
				   (json_int_t)total_insns(programs), "programs",
				   (json_int_t)flagstop_programs_count(programs), "flagged",
				   (json_int_t)flagstop_policy_flagged(policy, abi, a->report, flagged));
	json_object_set_new(object, "flagged_calls", json_of_flagged(flagged));
	if (!cost_of(policy, programs, a, abi, &cost))
		add_cost(object, &cost);
	flagstop_programs_free(programs);
	return object;
}

static void print_stats_row(FILE *out, const char *abi, size_t insns, size_t programs, const struct flagstop_cost *cost)
{
	fprintf(out, "%-12s %12zu %8zu %8.2f %6u %8.2f", abi, insns, programs, cost->executed_mean,
		cost->executed_worst, cost->executed_weighted);
}

static void print_stats_of_abi(FILE *out, const json_t *o)
{
	const struct flagstop_cost cost = {
		json_real_value(json_object_get(o, "executed_mean")),
		(unsigned)json_integer_value(json_object_get(o, "executed_worst")),
		json_real_value(json_object_get(o, "executed_weighted")), 0
	};

	print_stats_row(out, json_string_value(json_object_get(o, "abi")),
			(size_t)json_integer_value(json_object_get(o, "insns")),
			(size_t)json_integer_value(json_object_get(o, "programs")), &cost);
	fprintf(out, " %lld\n", (long long)json_integer_value(json_object_get(o, "flagged")));
}

static double count_of(const struct arguments *a, int abi)
{
	double sum = 0;

	for (size_t i = 0; i < a->frequencies.count; i++)
		if (abi < 0 || a->frequencies.frequencies[i].abi == (unsigned)abi)
			sum += (double)a->frequencies.frequencies[i].count;
	return sum;
}

/* All ABIs in the same programs: the mean over the calls of all. */
static void print_stats_together(FILE *out, const struct flagstop_policy *policy,
				 const struct flagstop_programs *programs, const struct arguments *a, unsigned abis)
{
	struct flagstop_cost sum = { 0 }, cost;
	double weight = 0;

	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!(abis >> abi & 1) || cost_of(policy, programs, a, abi, &cost))
			continue;
		double counted = count_of(a, -1) > 0 ? count_of(a, abi) : cost.calls;
		sum.executed_mean += cost.executed_mean * cost.calls;
		sum.executed_weighted += cost.executed_weighted * counted;
		sum.calls += cost.calls;
		weight += counted;
		if (cost.executed_worst > sum.executed_worst)
			sum.executed_worst = cost.executed_worst;
	}
	if (sum.calls)
		sum.executed_mean /= sum.calls;
	sum.executed_weighted = weight > 0 ? sum.executed_weighted / weight : sum.executed_mean;
	print_stats_row(out, "together", total_insns(programs), flagstop_programs_count(programs), &sum);
	fputc('\n', out);
}

static int write_stats(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		       const struct arguments *a, FILE *out)
{
	unsigned abis = flagstop_policy_abis(policy) & (a->abis ? a->abis : ~0u);
	json_t *list = json_array(), *o;
	size_t i;

	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1)
			json_array_append_new(list, stats_of_abi(policy, a, abi));
	if (a->json)
		return dump_json(list, out, JSON_INDENT(2));
	fprintf(out, "%-12s %12s %8s %8s %6s %8s %s\n", "abi", "instructions", "programs", "executed", "worst",
		"weighted", "calls flagged");
	json_array_foreach(list, i, o)
		print_stats_of_abi(out, o);
	print_stats_together(out, policy, programs, a, abis);
	json_decref(list);
	return 0;
}

static const struct format formats[] = {
	{ "raw", write_raw },
	{ "asm", write_asm },
	{ "c", write_c },
	{ "json", write_json },
	{ "stats", write_stats },
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static enum flagstop_optimize parse_optimize(const char *name, struct argp_state *state)
{
	if (!strcmp(name, "size"))
		return FLAGSTOP_OPTIMIZE_SIZE;
	if (!strcmp(name, "speed"))
		return FLAGSTOP_OPTIMIZE_SPEED;
	if (strcmp(name, "both"))
		argp_error(state, "--optimize takes size, speed or both, not '%s'", name);
	return FLAGSTOP_OPTIMIZE_BOTH;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->layers;
		return 0;
	case 'f':
		a->format = arg;
		if (!find_format(arg))
			argp_error(state, "--format takes raw, asm, c, json or stats, not '%s'", arg);
		return 0;
	case 'o':
		a->output = arg;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case 'a':
		a->abis |= 1u << parse_abi(arg, state);
		return 0;
	case 'r':
		a->report = parse_report(arg, state);
		return 0;
	case 'O':
		a->optimize = parse_optimize(arg, state);
		return 0;
	case 'F':
		a->frequency_path = arg;
		return 0;
	case 'n':
		a->program = strtol(arg, &end, 10);
		if (*end || a->program < 1)
			argp_error(state, "--program takes a number from 1 on, not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (a->policy || a->layers.count)
			argp_error(state, "one POLICY, or several with -p");
		a->policy = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->policy && !a->layers.count)
			argp_error(state, "which policy?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_output(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
			const struct arguments *a)
{
	FILE *out = a->output && strcmp(a->output, "-") ? fopen(a->output, "we") : stdout;
	int r;

	if (!out) {
		fprintf(stderr, "flagstop: %s: %s\n", a->output, strerror(errno));
		return EXIT_TROUBLE;
	}
	r = find_format(a->format)->write(policy, programs, a, out);
	if (out == stdout)
		return finish_output(r);
	if (fclose(out)) {
		fprintf(stderr, "flagstop: %s: %s\n", a->output, strerror(errno));
		return EXIT_TROUBLE;
	}
	return r;
}

static int compile(const struct flagstop_policy *policy, const struct arguments *a, struct flagstop_error *error)
{
	struct flagstop_compile_options options = options_of(a);
	struct flagstop_programs *programs;
	int r;

	r = flagstop_policy_compile(policy, &options, &programs, error);
	if (r) {
		print_error(error);
		return EXIT_WRONG;
	}
	if (a->program && (size_t)a->program > flagstop_programs_count(programs)) {
		fprintf(stderr, "flagstop: the policy takes %zu programs only\n", flagstop_programs_count(programs));
		r = EXIT_TROUBLE;
	} else {
		r = write_output(policy, programs, a);
	}
	flagstop_programs_free(programs);
	return r;
}

/* A program for an ABI that the policy does not name would refuse every call. */
static int refuse_other_abis(const struct flagstop_policy *policy, unsigned abis)
{
	unsigned others = abis & ~flagstop_policy_abis(policy);

	if (!others)
		return 0;
	fprintf(stderr, "flagstop: the policy is not for %s\n", flagstop_abi_name(__builtin_ctz(others)));
	return EXIT_TROUBLE;
}

int command_compile(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "format", 'f', "FORMAT", 0,
		  "raw (default; what seccomp(2) and bwrap --seccomp take), asm, c, json, stats", 0 },
		{ "output", 'o', "FILE", 0, "write there instead of standard output", 0 },
		{ "arch", 'a', "ABI", 0, "compile this one of the policy's ABIs only (may be repeated)", 0 },
		{ "program", 'n', "N", 0, "write the N-th program only", 0 },
		{ "report", 'r', "WHAT", 0, "none (default): denials are the kernel's; all: they are flagged", 0 },
		{ "optimize", 'O', "WHAT", 0,
		  "size: the fewest instructions; speed: the fewest that run; both (default)", 0 },
		{ "frequencies", 'F', "FILE", 0, "calls that were made often get short ways; FILE is of run --json",
		  0 },
		{ "json", 'j', 0, 0, "write stats as JSON", 0 },
		{ 0 },
	};
	static const struct argp_child children[] = { { &layer_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = { options, parse, "POLICY\n-p POLICY...",
					  "Compiles a policy to seccomp filter programs. What must be flagged becomes "
					  "SECCOMP_RET_TRACE, which without a tracer is ENOSYS.",
					  children, NULL, NULL };
	struct arguments a = { .format = "raw", .report = FLAGSTOP_REPORT_NONE };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	struct layer only = { a.policy, 'p' };
	if (!a.layers.count)
		a.layers = (struct layer_list){ &only, 1 };
	struct flagstop_policy *policy = load_layers(&a.layers, &error);
	if (!policy) {
		print_error(&error);
		return error.code == -EBADMSG || error.code == -EOPNOTSUPP ? EXIT_WRONG : EXIT_TROUBLE;
	}
	int status = refuse_other_abis(policy, a.abis);
	if (!status && a.frequency_path && read_frequencies(a.frequency_path, &a.frequencies))
		status = EXIT_TROUBLE;
	if (!status)
		status = compile(policy, &a, &error);
	free(a.frequencies.frequencies);
	flagstop_policy_free(policy);
	return status;
}
