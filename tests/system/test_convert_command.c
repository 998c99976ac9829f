/* SPDX-License-Identifier: MIT */
/*
 * The command convert: what it prints, how it ends, and that nothing half-converted is ever written. What a conversion
 * makes is test_formats.c's, but for the C source: that is compiled here, and what it builds compared with the policy.
 */

#include "test_cli.h"

#include <flagstop/flagstop.h>

#define PROFILE \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[\n" \
	"{\"names\":[\"read\"%s],\"action\":\"SCMP_ACT_ALLOW\"}]}"
#define POLICY "abi x86_64\ndefault deny EPERM\nunknown deny EPERM\n"

static void write_profile(const char *name, const char *more)
{
	char text[256];

	snprintf(text, sizeof(text), PROFILE, more);
	write_text(name, text);
}

static void assert_no_file(const char *name)
{
	if (!access(name, F_OK))
		fail_msg("%s is there", name);
}

static void convert__writes_to_standard_output(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_profile("p.json", "");
	RUN(&run, "convert", "--from", "oci", "--to", "flagstop", "--arch", "x86_64", "p.json");
	assert_status(&run, 0);
	assert_string_equal(run.out, "# from p.json (oci)\nabi x86_64\ndefault deny EPERM\nunknown deny EPERM\n\n"
				     "allow read\ndeny EPERM restart_syscall\n");
	assert_string_equal(run.err, "");
	run_free(&run);
}

static void convert__standard_input_is_a_file(void **state)
{
	struct run run = { .input = "stdio" };

	(void)state;
	RUN(&run, "convert", "-f", "pledge", "-t", "flagstop", "-a", "x86_64", "-");
	assert_status(&run, 0);
	assert_string_equal(run.out, "# from <stdin> (pledge)\nabi x86_64\npromise stdio\n");
	run_free(&run);
}

static void convert__losses_are_on_standard_error_with_their_place(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_profile("p.json", ",\"nope\",\"nope\"");
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "p.json");
	assert_status(&run, 0);
	assert_string_equal(run.err,
			    "flagstop: p.json:2:18: lost: no call is named 'nope': left out [unknown-call] "
			    "(2 times)\n");
	run_free(&run);
}

static void strict__loss_is_1_and_nothing_is_written(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_profile("p.json", ",\"nope\"");
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "--strict", "-o", "strict.fs", "p.json");
	assert_status(&run, 1);
	assert_holds(run.err, "flagstop: 1 thing lost: nothing was written\n");
	assert_no_file("strict.fs");
	run_free(&run);
}

static void strict__note_is_no_loss(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", POLICY "allow read\n");
	RUN(&run, "convert", "-f", "flagstop", "-t", "oci", "--strict", "-o", "p.json", "p.fs");
	assert_status(&run, 0);
	assert_holds(run.err, "flagstop: note: ");
	assert_int_equal(access("p.json", F_OK), 0);
	run_free(&run);
}

static void convert__wrong_file_is_1_and_what_was_there_stays(void **state)
{
	struct run run = RUN_INIT;
	char text[16] = "";

	(void)state;
	write_text("p.json", "{ no json");
	write_text("out.fs", "as it was");
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "-o", "out.fs", "p.json");
	assert_status(&run, 1);
	assert_holds(run.err, "flagstop: p.json:1:4: this is no JSON: ");
	FILE *file = fopen("out.fs", "re");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, file), 9);
	fclose(file);
	assert_string_equal(text, "as it was");
	run_free(&run);
}

static void convert__output_replaces_a_file_whole(void **state)
{
	struct run run = RUN_INIT;
	struct stat status;

	(void)state;
	write_profile("p.json", "");
	write_text("out.fs", "as it was, and much longer than what comes, which is a short policy of a few lines: "
			     "nothing of this text may stay behind, or the policy would be another one than was "
			     "converted");
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "-o", "out.fs", "p.json");
	assert_status(&run, 0);
	assert_string_equal(run.out, "");
	assert_int_equal(stat("out.fs", &status), 0);
	assert_int_equal(status.st_mode & 0444, 0444);
	run_free(&run);
	RUN(&run, "check", "out.fs");
	assert_status(&run, 0);
	run_free(&run);
}

static void convert__output_that_cannot_be_is_2(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_profile("p.json", "");
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "-o", "nowhere/out.fs", "p.json");
	assert_status(&run, 2);
	assert_holds(run.err, "flagstop: nowhere/out.fs: No such file or directory\n");
	run_free(&run);
	run.output = "/dev/full";
	RUN(&run, "convert", "-f", "oci", "-t", "flagstop", "p.json");
	assert_status(&run, 2);
	run_free(&run);
}

static void convert__usage_is_2(void **state)
{
	static const struct {
		const char *words[6], *message;
	} rows[] = {
		{ { "-f", "oci", "-t", "flagstop" }, "which file?" },
		{ { "-f", "oci", "x" }, "--from and --to say which formats" },
		{ { "-f", "nope", "-t", "oci", "x" },
		  "--from takes flagstop, oci, systemd, minijail, firejail, pledge, strace" },
		{ { "-f", "raw", "-t", "oci", "x" }, "not 'raw'" },
		{ { "-f", "oci", "-t", "pledge", "x" }, "--to takes " },
		{ { "-f", "oci", "-t", "flagstop", "missing" }, "missing: No such file or directory" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *argv[10] = { (char *)FLAGSTOP, (char *)"convert" };
		struct run run = RUN_INIT;

		for (size_t k = 0; k < COUNT(rows[i].words) && rows[i].words[k]; k++)
			argv[2 + k] = (char *)rows[i].words[k];
		run_command(&run, argv);
		assert_status(&run, 2);
		assert_holds(run.err, rows[i].message);
		run_free(&run);
	}
}

static void list__has_every_format(void **state)
{
	struct run run = RUN_INIT;
	const char *name;

	(void)state;
	RUN(&run, "convert", "--list");
	assert_status(&run, 0);
	for (unsigned i = 0; (name = flagstop_format(i, NULL, NULL)); i++)
		assert_holds(run.out, name);
	run_free(&run);
}

/* ---- C source that builds the filter ---------------------------------------------------------------------------- */

static const char export_main[] =
	"int main(void)\n{\n\tint error = 0;\n\tscmp_filter_ctx filter = build_filter(&error);\n\n"
	"\treturn filter ? !!seccomp_export_bpf(filter, 1) : 1;\n}\n";

static void append_main(const char *name)
{
	FILE *file = fopen(name, "ae");

	assert_non_null(file);
	fputs(export_main, file);
	assert_int_equal(fclose(file), 0);
}

static uint32_t run_on(const char *program, size_t bytes, uint32_t nr, uint64_t first, uint64_t third)
{
	const struct flagstop_insn *insns = (const struct flagstop_insn *)(const void *)program;
	struct flagstop_data data = { nr, flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64), 0, { first, 0, third } };

	assert_int_equal(flagstop_program_check(insns, bytes / sizeof(*insns), NULL), 0);
	return flagstop_program_run(insns, bytes / sizeof(*insns), &data, NULL, NULL);
}

static void libseccomp_source__builds_the_policys_filter(void **state)
{
	static const char policy[] = POLICY
		"allow read write\nkill lseek when fd == 1 and whence in 1..3\ndeny 0x20 lseek\n"
		"allow socket when domain != AF_INET\nlog sync\n";
	struct run compile = RUN_INIT, theirs = RUN_INIT, ours = RUN_INIT;

	(void)state;
	if (access("/usr/bin/cc", X_OK)) {
		print_message("no C compiler here\n");
		skip();
	}
	write_text("p.fs", policy);
	RUN(&ours, "compile", "p.fs");
	assert_status(&ours, 0);
	RUN(&compile, "convert", "-f", "flagstop", "-t", "libseccomp", "-o", "p.c", "p.fs");
	assert_status(&compile, 0);
	run_free(&compile);
	append_main("p.c");
	static char *const cc[] = { (char *)"/bin/sh", (char *)"-c",
				    (char *)"exec cc -Wall -Werror -o p p.c -lseccomp", NULL };
	run_command(&compile, cc);
	assert_status(&compile, 0);
	run_free(&compile);
	run_command(&theirs, (char *[]){ (char *)"./p", NULL });
	assert_status(&theirs, 0);
	for (uint32_t nr = 0; nr < 600; nr++)
		for (uint64_t value = 0; value < 6; value++)
			for (int wide = 0; wide < 2; wide++) {
				uint64_t first = value | (uint64_t)wide << 32;

				assert_int_equal(run_on(theirs.out, theirs.out_bytes, nr, first, value),
						 run_on(ours.out, ours.out_bytes, nr, first, value));
			}
	run_free(&theirs);
	run_free(&ours);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(convert__writes_to_standard_output),
		cmocka_unit_test(convert__standard_input_is_a_file),
		cmocka_unit_test(convert__losses_are_on_standard_error_with_their_place),
		cmocka_unit_test(strict__loss_is_1_and_nothing_is_written),
		cmocka_unit_test(strict__note_is_no_loss),
		cmocka_unit_test(convert__wrong_file_is_1_and_what_was_there_stays),
		cmocka_unit_test(convert__output_replaces_a_file_whole),
		cmocka_unit_test(convert__output_that_cannot_be_is_2),
		cmocka_unit_test(convert__usage_is_2),
		cmocka_unit_test(list__has_every_format),
		cmocka_unit_test(libseccomp_source__builds_the_policys_filter),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
