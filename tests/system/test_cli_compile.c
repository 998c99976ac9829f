/* SPDX-License-Identifier: MIT */
/* `compile` in all of its formats, and what `disasm` and `emulate` make of that again. */

#include "test_cli.h"

#include <linux/filter.h>

#include <flagstop/flagstop.h>

static const char policy[] = "abi x86_64 i386\n"                           /* 1 */
			     "default allow\n"                             /* 2 */
			     "deny EACCES socket when domain == AF_INET\n" /* 3 */
			     "return 4242 getuid\n"                        /* 4 */
			     "kill chroot\n"                               /* 5 */
			     "trace openat when flags & O_CREAT\n"         /* 6 */
			     "deny 4000 mount\n"                           /* 7 */
			     "trap 9 @reboot\n";                           /* 8 */

static void compile__raw_is_a_program_that_the_kernel_takes(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "compile", "p.fs");
	assert_status(&run, 0);
	assert_int_equal(run.out_bytes % sizeof(struct flagstop_insn), 0);
	assert_int_equal(flagstop_program_check((const struct flagstop_insn *)run.out,
						run.out_bytes / sizeof(struct flagstop_insn), NULL),
			 0);
	run_free(&run);
}

/* What emulate says of the raw program is what explain says of the policy. */
static void compile__raw_emulated_is_what_explain_says(void **state)
{
	static const struct {
		const char *call, *arch, *action;
	} rows[] = {
		{ "socket(AF_INET, 1, 0)", "x86_64", "ERRNO(EACCES)" },
		{ "socket(AF_UNIX, 1, 0)", "x86_64", "ALLOW" },
		{ "getuid", "x86_64", "TRACE" },
		{ "chroot", "i386", "KILL_PROCESS" },
		{ "openat(0, 0, O_CREAT)", "i386", "TRACE" },
		{ "openat(0, 0, O_RDWR)", "i386", "ALLOW" },
		{ "mount", "x86_64", "ERRNO(4000)" },
		{ "reboot", "i386", "TRAP(9)" },
		{ "read", "aarch64", "KILL_PROCESS" },
		{ "5000", "x86_64", "ERRNO(ENOSYS)" },
	};

	(void)state;
	write_text("p.fs", policy);
	struct run run = RUN_INIT;
	RUN(&run, "compile", "--output=p.bpf", "p.fs");
	assert_status(&run, 0);
	assert_string_equal(run.out, "");
	run_free(&run);
	for (size_t i = 0; i < COUNT(rows); i++) {
		RUN(&run, "emulate", "--json", "--arch", (char *)rows[i].arch, "p.bpf", (char *)rows[i].call);
		assert_status(&run, 0);
		json_t *o = json_of(run.out);
		if (strncmp(json_text(o, "action"), rows[i].action, strlen(rows[i].action)))
			fail_msg("%s: %s, not %s", rows[i].call, json_text(o, "action"), rows[i].action);
		json_decref(o);
		run_free(&run);
	}
}

static void emulate__words_and_parentheses_are_the_same_call(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "compile", "-o", "p.bpf", "p.fs");
	run_free(&run);
	RUN(&run, "emulate", "p.bpf", "socket", "AF_INET", "SOCK_STREAM", "0");
	assert_status(&run, 0);
	assert_holds(run.out, "ERRNO(EACCES)");
	assert_holds(run.out, "by arguments");
	run_free(&run);
	RUN(&run, "emulate", "p.bpf", "getpid");
	assert_holds(run.out, "by the number alone");
	run_free(&run);
}

static void disasm__has_a_line_an_instruction_as_compile_writes_it(void **state)
{
	struct run assembler = RUN_INIT, disassembled = RUN_INIT, json = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&assembler, "compile", "-o", "p.bpf", "p.fs");
	run_free(&assembler);
	RUN(&assembler, "compile", "-f", "asm", "p.fs");
	RUN(&disassembled, "disasm", "p.bpf");
	RUN(&json, "disasm", "--json", "p.bpf");
	assert_status(&disassembled, 0);
	assert_int_equal(*assembler.out, ';');
	assert_string_equal(strchr(assembler.out, '\n') + 1, disassembled.out);
	json_t *list = json_of(json.out);
	size_t lines = 0;
	for (const char *at = disassembled.out; (at = strchr(at, '\n')); at++)
		lines++;
	assert_int_equal(json_array_size(list), lines);
	json_decref(list);
	run_free(&assembler);
	run_free(&disassembled);
	run_free(&json);
}

static void disasm__refuses_what_the_kernel_would_refuse(void **state)
{
	static const struct sock_filter endless[] = { { 0x20, 0, 0, 0 } };
	struct run run = RUN_INIT;

	(void)state;
	write_bytes("bad.bpf", endless, sizeof(endless));
	write_bytes("cut.bpf", "1234567", 7);
	write_bytes("empty.bpf", "", 0);
	for (const char *const *name = (const char *const[]){ "bad.bpf", "cut.bpf", "empty.bpf",
							      NULL };
	     *name; name++) {
		RUN(&run, "disasm", (char *)*name);
		assert_status(&run, 1);
		assert_string_equal(run.out, "");
		assert_holds(run.err, *name);
		run_free(&run);
		RUN(&run, "emulate", (char *)*name, "read");
		assert_status(&run, 1);
		run_free(&run);
	}
	RUN(&run, "disasm", "none.bpf");
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "disasm", "/dev/zero");
	assert_status(&run, 2);
	assert_true(run.took_ms < 10000);
	run_free(&run);
}

static void compile__json_is_the_raw_program(void **state)
{
	struct run raw = RUN_INIT, json = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&raw, "compile", "p.fs");
	RUN(&json, "compile", "--format=json", "p.fs");
	json_t *list = json_of(json.out), *program = json_array_get(list, 0);
	const struct flagstop_insn *insns = (const struct flagstop_insn *)raw.out;
	assert_int_equal(json_array_size(list), 1);
	assert_int_equal(json_array_size(program), raw.out_bytes / sizeof(*insns));
	for (size_t i = 0; i < json_array_size(program); i++) {
		json_t *insn = json_array_get(program, i);

		assert_int_equal(json_integer_value(json_array_get(insn, 0)), insns[i].code);
		assert_int_equal(json_integer_value(json_array_get(insn, 1)), insns[i].jt);
		assert_int_equal(json_integer_value(json_array_get(insn, 2)), insns[i].jf);
		assert_int_equal(json_integer_value(json_array_get(insn, 3)), insns[i].k);
	}
	json_decref(list);
	run_free(&raw);
	run_free(&json);
}

static void compile__c_compiles_and_is_the_raw_program(void **state)
{
	struct run raw = RUN_INIT, c = RUN_INIT, cc = RUN_INIT, out = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&raw, "compile", "p.fs");
	RUN(&c, "compile", "--format=c", "p.fs");
	assert_status(&c, 0);
	write_text("filter.h", c.out);
	write_text("main.c", "#include \"filter.h\"\n#include <stdio.h>\n"
			     "int main(void) { return fwrite(filter_1, sizeof(filter_1), 1, stdout) != 1; }\n");
	run_command(&cc, (char *[]){ "/usr/bin/env", "cc", "-Wall", "-Werror", "-o", "main", "main.c", NULL });
	assert_status(&cc, 0);
	run_command(&out, (char *[]){ "./main", NULL });
	assert_int_equal(out.out_bytes, raw.out_bytes);
	assert_memory_equal(out.out, raw.out, raw.out_bytes);
	run_free(&raw);
	run_free(&c);
	run_free(&cc);
	run_free(&out);
}

static const json_t *stats_of(const json_t *list, const char *abi)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_text(json_array_get(list, i), "abi"), abi))
			return json_array_get(list, i);
	fail_msg("no figures of %s", abi);
	return NULL;
}

static void compile__stats_have_each_abi_its_size_and_what_is_flagged(void **state)
{
	struct run run = RUN_INIT, one = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "compile", "--format=stats", "--json", "p.fs");
	assert_status(&run, 0);
	json_t *list = json_of(run.out);
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(json_number(stats_of(list, "i386"), "flagged"), 3);   /* and socketcall */
	assert_int_equal(json_number(stats_of(list, "x86_64"), "flagged"), 2); /* getuid, openat */
	RUN(&one, "compile", "--arch=x86_64", "p.fs");
	assert_int_equal(json_number(stats_of(list, "x86_64"), "insns"), one.out_bytes / sizeof(struct flagstop_insn));
	json_decref(list);
	run_free(&run);
	RUN(&run, "compile", "--format=stats", "--report=all", "--json", "p.fs");
	list = json_of(run.out);
	assert_int_equal(json_number(stats_of(list, "x86_64"), "flagged"), 4); /* and socket, mount */
	json_decref(list);
	run_free(&run);
	run_free(&one);
}

static void compile__an_arch_that_the_policy_lacks_is_an_error(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	RUN(&run, "compile", "--arch=s390x", "p.fs");
	assert_status(&run, 2);
	assert_string_equal(run.out, "");
	assert_holds(run.err, "s390x");
	run_free(&run);
}

static void compile__several_programs_are_written_one_at_a_time(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("one.fs", "default allow\ndeny getpid\n");
	write_text("two.fs", "default allow\ndeny getppid\n");
	RUN(&run, "compile", "-p", "one.fs", "-p", "two.fs");
	assert_status(&run, 2);
	assert_string_equal(run.out, "");
	assert_holds(run.err, "2 programs");
	run_free(&run);
	for (int i = 1; i <= 2; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%d", i);
		RUN(&run, "compile", "-p", "one.fs", "-p", "two.fs", "--program", number, "-o", "p.bpf");
		assert_status(&run, 0);
		run_free(&run);
		RUN(&run, "emulate", "p.bpf", "getppid");
		assert_holds(run.out, i == 1 ? "ALLOW" : "ERRNO(EPERM)");
		run_free(&run);
	}
	RUN(&run, "compile", "-p", "one.fs", "-p", "two.fs", "--program", "3");
	assert_status(&run, 2);
	run_free(&run);
}

#define LAW(name) cmocka_unit_test(name)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAW(compile__raw_is_a_program_that_the_kernel_takes),
		LAW(compile__raw_emulated_is_what_explain_says),
		LAW(emulate__words_and_parentheses_are_the_same_call),
		LAW(disasm__has_a_line_an_instruction_as_compile_writes_it),
		LAW(disasm__refuses_what_the_kernel_would_refuse),
		LAW(compile__json_is_the_raw_program),
		LAW(compile__c_compiles_and_is_the_raw_program),
		LAW(compile__stats_have_each_abi_its_size_and_what_is_flagged),
		LAW(compile__an_arch_that_the_policy_lacks_is_an_error),
		LAW(compile__several_programs_are_written_one_at_a_time),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
