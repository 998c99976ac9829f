/* SPDX-License-Identifier: MIT */
/* The commands compare, merge and dump: what they print, and how they end. What a comparison finds is
 * test_compare.c's. */

#include "test_cli.h"

#include <sys/prctl.h>

#include <flagstop/flagstop.h>

#define P "abi x86_64\n"

/* ---- compare ----------------------------------------------------------------------------------------------------- */

static void compare__equal_is_0(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow close when fd in {3, 4}");
	write_text("b.fs", P "allow close when fd == 3 or fd == 4");
	RUN(&run, "compare", "a.fs", "b.fs");
	assert_status(&run, 0);
	assert_string_equal(run.out, "a.fs and b.fs are equal\n");
	assert_string_equal(run.err, "");
	run_free(&run);
}

static void compare__difference_is_1_with_the_call(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow openat when dirfd == AT_FDCWD");
	write_text("b.fs", P "allow openat");
	RUN(&run, "compare", "a.fs", "b.fs");
	assert_status(&run, 1);
	assert_holds(run.out, "a.fs is narrower than b.fs: 1 difference\n");
	assert_holds(run.out, "x86_64");
	assert_holds(run.out, "openat(0, NULL, O_RDONLY, 0)");
	assert_holds(run.out, "deny EPERM");
	run_free(&run);
	RUN(&run, "compare", "b.fs", "a.fs");
	assert_holds(run.out, "b.fs is wider than a.fs");
	run_free(&run);
}

static void compare__json_has_every_field(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read\ndeny EACCES close when fd == 5");
	write_text("b.fs", P "allow close read\nunknown trap");
	RUN(&run, "compare", "--json", "a.fs", "b.fs");
	assert_status(&run, 1);
	json_t *json = json_of(run.out), *list = json_object_get(json, "differences");
	assert_string_equal(json_text(json, "result"), "neither");
	assert_true(json_is_true(json_object_get(json, "proven")));
	assert_int_equal(json_array_size(list), 3);
	const json_t *first = json_array_get(list, 0), *second = json_array_get(list, 1),
		     *third = json_array_get(list, 2);
	assert_string_equal(json_text(first, "abi"), "x86_64");
	assert_string_equal(json_text(first, "call"), "close");
	assert_int_equal(json_number(first, "nr"), 3);
	assert_string_equal(json_text(first, "example"), "close(0)");
	assert_string_equal(json_text(first, "relation"), "narrower");
	assert_string_equal(json_text(first, "a"), "deny EPERM");
	assert_string_equal(json_text(first, "b"), "allow");
	assert_string_equal(json_text(second, "example"), "close(5)");
	assert_string_equal(json_text(second, "a"), "deny EACCES");
	assert_true(json_is_null(json_object_get(third, "call")));
	assert_string_equal(json_text(third, "relation"), "wider");
	json_decref(json);
	run_free(&run);
}

static void compare__of_a_policy_with_its_compiled_program_is_equal(void **state)
{
	static const char *const reports[] = { "none", "all" };
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", "abi x86_64 i386\ndeny EACCES @file-system when not arg0 == 3\n"
			   "allow @basic-io\ntrace brk\nkill ptrace");
	for (size_t i = 0; i < COUNT(reports); i++) {
		RUN(&run, "compile", "a.fs", "--report", (char *)reports[i], "-o", "a.bpf");
		assert_status(&run, 0);
		run_free(&run);
		RUN(&run, "compare", "--report", (char *)reports[i], "a.fs", "a.bpf");
		assert_status(&run, 0);
		run_free(&run);
	}
	RUN(&run, "compare", "a.bpf", "a.bpf");
	assert_status(&run, 0);
	run_free(&run);
}

static void compare__arch_restricts(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", "abi x86_64 i386\nallow read write@i386");
	write_text("b.fs", "abi x86_64 i386\nallow read");
	RUN(&run, "compare", "--arch", "x86_64", "a.fs", "b.fs");
	assert_status(&run, 0);
	run_free(&run);
	RUN(&run, "compare", "--arch", "i386", "--arch", "x86_64", "a.fs", "b.fs");
	assert_status(&run, 1);
	assert_holds(run.out, "i386");
	run_free(&run);
}

static void compare__shows_registers_that_the_call_does_not_read(void **state)
{
	/* allows unless the high half of arg0 is 1 */
	static const struct flagstop_insn insns[] = {
		{ 0x20, 0, 0, 20 },
		{ 0x15, 0, 1, 1 },
		{ 0x06, 0, 0, 0 },
		{ 0x06, 0, 0, 0x7fff0000 },
	};
	static const struct flagstop_insn allow[] = { { 0x06, 0, 0, 0x7fff0000 } };
	struct run run = RUN_INIT;

	(void)state;
	write_bytes("a.bpf", insns, sizeof(insns));
	write_bytes("b.bpf", allow, sizeof(allow));
	RUN(&run, "compare", "--arch", "x86_64", "a.bpf", "b.bpf");
	assert_status(&run, 1);
	assert_holds(run.out, "close(0), arg0 = 0x100000000");
	assert_holds(run.out, "getpid(), arg0 = 0x100000000");
	run_free(&run);
}

static void compare__standard_input_is_a_side(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read");
	run.input = P "allow read # the same";
	RUN(&run, "compare", "a.fs", "-");
	assert_status(&run, 0);
	run_free(&run);
	run.input = P "allow raed";
	RUN(&run, "compare", "-", "a.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "<stdin>:2:7");
	run_free(&run);
}

static void compare__includes_are_relative_to_the_file(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	assert_int_equal(mkdir("inner", 0700), 0);
	write_text("inner/part.fs", "allow read");
	write_text("inner/a.fs", P "include \"part.fs\"");
	write_text("b.fs", P "allow read");
	RUN(&run, "compare", "inner/a.fs", "b.fs");
	assert_status(&run, 0);
	run_free(&run);
}

static void compare__trouble_is_2(void **state)
{
	static const char zeros[12];
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read");
	write_text("wrong.fs", P "allow raed");
	write_bytes("wrong.bpf", zeros, sizeof(zeros));
	RUN(&run, "compare", "a.fs", "none.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "none.fs");
	run_free(&run);
	RUN(&run, "compare", "wrong.fs", "a.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "wrong.fs:2:7");
	run_free(&run);
	RUN(&run, "compare", "a.fs", "wrong.bpf");
	assert_status(&run, 2);
	assert_holds(run.err, "12 bytes");
	assert_string_equal(run.out, "");
	run_free(&run);
	RUN(&run, "compare", "a.fs");
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "compare", "-", "-");
	assert_status(&run, 2);
	run_free(&run);
}

/* Equal as far as it was looked at is not equal. */
static void compare__what_is_not_proven_is_said(void **state)
{
	static const struct flagstop_insn insns[] = {
		/* arg0 * 3 == 30000 */
		{ 0x20, 0, 0, 16 },
		{ 0x24, 0, 0, 3 },
		{ 0x15, 0, 1, 30000 },
		{ 0x06, 0, 0, 0 },
		{ 0x06, 0, 0, 0x7fff0000 },
	};
	static const struct flagstop_insn allow[] = { { 0x06, 0, 0, 0x7fff0000 } };
	struct run run = RUN_INIT;

	(void)state;
	write_bytes("a.bpf", insns, sizeof(insns));
	write_bytes("b.bpf", allow, sizeof(allow));
	RUN(&run, "compare", "--json", "--arch", "x86_64", "a.bpf", "b.bpf");
	assert_status(&run, 2);
	assert_holds(run.err, "at some points only");
	assert_holds(run.out, "\"proven\": false");
	run_free(&run);
}

/* ---- merge ------------------------------------------------------------------------------------------------------- */

static void merge__writes_a_policy(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read close when fd == 3");
	write_text("b.fs", P "allow read write");
	RUN(&run, "merge", "--intersect", "a.fs", "b.fs");
	assert_status(&run, 0);
	assert_holds(run.out, "allow read when fd == 3\n");
	assert_null(strstr(run.out, "write"));
	run_free(&run);
	RUN(&run, "merge", "--union", "-o", "c.fs", "a.fs", "b.fs");
	assert_status(&run, 0);
	assert_string_equal(run.out, "");
	run_free(&run);
	RUN(&run, "compare", "b.fs", "c.fs");
	assert_status(&run, 1);
	assert_holds(run.out, "b.fs is narrower than c.fs: 1 difference");
	assert_holds(run.out, "close(3)");
	run_free(&run);
}

static void merge__nothing_is_written_when_it_cannot_be(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read");
	write_text("b.fs", "abi arm\nallow read");
	RUN(&run, "merge", "--intersect", "-o", "none.fs", "a.fs", "b.fs");
	assert_status(&run, 1);
	assert_holds(run.err, "no ABI");
	assert_int_not_equal(access("none.fs", F_OK), 0);
	run_free(&run);
}

static void merge__usage_is_2(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", P "allow read");
	RUN(&run, "merge", "a.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "--union or --intersect?");
	run_free(&run);
	RUN(&run, "merge", "--union", "--intersect", "a.fs");
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "merge", "--union", "missing.fs");
	assert_status(&run, 2);
	assert_holds(run.err, "missing.fs");
	run_free(&run);
}

/* ---- dump -------------------------------------------------------------------------------------------------------- */

struct filtered {
	pid_t tid;
	int to, from;
	char number[16];
};

/* Runs tracees/filtered until it has its filters. */
static void start(struct filtered *f)
{
	int in[2], out[2];
	char line[6];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	f->tid = fork();
	assert_true(f->tid >= 0);
	if (!f->tid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl(FLAGSTOP_TRACEES_DIR "/filtered", "filtered", (char *)NULL);
		_exit(113);
	}
	close(in[0]);
	close(out[1]);
	f->to = in[1];
	f->from = out[0];
	for (size_t got = 0; got < sizeof(line);) {
		ssize_t n = read(f->from, line + got, sizeof(line) - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	snprintf(f->number, sizeof(f->number), "%d", (int)f->tid);
}

static void finish(struct filtered *f)
{
	int status;

	close(f->to);
	assert_int_equal(waitpid(f->tid, &status, 0), f->tid);
	close(f->from);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7); /* its read was not disturbed, and its filters are still there */
}

/* The kernel may lack it, and a test under a filter of somebody else's may not ask. */
static bool may_dump(const struct run *run)
{
	if (run->status == 2 && (strstr(run->err, "CAP_SYS_ADMIN") || strstr(run->err, "CONFIG_CHECKPOINT_RESTORE"))) {
		print_message("%s", run->err);
		return false;
	}
	return true;
}

static void dump__writes_each_filter_in_the_order_of_installation(void **state)
{
	struct run run = RUN_INIT;
	struct filtered f;

	(void)state;
	start(&f);
	RUN(&run, "dump", f.number, "-o", "f.bpf");
	bool may = may_dump(&run);
	if (may)
		assert_status(&run, 0);
	run_free(&run);
	finish(&f);
	if (!may)
		skip();
	RUN(&run, "emulate", "f.bpf.0", "getppid");
	assert_holds(run.out, "ERRNO(EPERM)");
	run_free(&run);
	RUN(&run, "emulate", "f.bpf.0", "uname");
	assert_holds(run.out, "ALLOW");
	run_free(&run);
	RUN(&run, "emulate", "f.bpf.1", "uname");
	assert_holds(run.out, "ERRNO(ENOENT)");
	run_free(&run);
	assert_int_not_equal(access("f.bpf.2", F_OK), 0);
	assert_int_not_equal(access("f.bpf", F_OK), 0);
}

static void dump__is_what_compare_reads(void **state)
{
	struct run run = RUN_INIT;
	struct filtered f;

	(void)state;
	start(&f);
	RUN(&run, "dump", f.number, "--index", "0", "-o", "one.bpf");
	bool may = may_dump(&run);
	if (may)
		assert_status(&run, 0);
	run_free(&run);
	finish(&f);
	if (!may)
		skip();
	write_text("a.fs", P "default allow\nunknown allow\ndeny EPERM getppid");
	RUN(&run, "compare", "--arch", "x86_64", "one.bpf", "a.fs");
	assert_status(&run, 0);
	run_free(&run);
}

static void dump__several_to_standard_output_are_refused(void **state)
{
	struct run run = RUN_INIT;
	struct filtered f;

	(void)state;
	start(&f);
	RUN(&run, "dump", f.number);
	bool may = may_dump(&run);
	if (may) {
		assert_status(&run, 2);
		assert_holds(run.err, "there are 2 filters");
		assert_int_equal(run.out_bytes, 0);
		run_free(&run);
		RUN(&run, "dump", f.number, "--index", "1");
		assert_status(&run, 0);
		assert_int_equal(run.out_bytes, 4 * sizeof(struct flagstop_insn));
		run_free(&run);
		RUN(&run, "dump", f.number, "--index", "2");
		assert_status(&run, 1);
		assert_holds(run.err, "carries 2 filters");
	}
	run_free(&run);
	finish(&f);
	if (!may)
		skip();
}

/* What is let go wakes up and stops again; nothing tells when. */
static void await_stopped(pid_t tid)
{
	uint64_t deadline = now_ms() + DEADLINE_MS;
	char path[32], text[512], *at = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	do {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t bytes = read(fd, text, sizeof(text) - 1);

		close(fd);
		assert_true(bytes > 0);
		text[bytes] = '\0';
		at = strrchr(text, ')');
	} while ((!at || at[2] != 'T') && now_ms() < deadline);
	assert_true(at && at[2] == 'T');
}

static void dump__leaves_what_is_stopped_stopped(void **state)
{
	struct run run = RUN_INIT;
	struct filtered f;
	int status;

	(void)state;
	start(&f);
	assert_int_equal(kill(f.tid, SIGSTOP), 0);
	assert_int_equal(waitpid(f.tid, &status, WUNTRACED), f.tid);
	assert_true(WIFSTOPPED(status));
	RUN(&run, "dump", f.number, "--index", "0", "-o", "x.bpf");
	bool may = may_dump(&run);
	if (may)
		assert_status(&run, 0);
	run_free(&run);
	await_stopped(f.tid);
	assert_int_equal(kill(f.tid, SIGCONT), 0);
	finish(&f);
	if (!may)
		skip();
}

static void dump__of_nothing_is_1_and_of_nobody_2(void **state)
{
	struct run run = RUN_INIT;
	char self[16];

	(void)state;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	if (prctl(PR_GET_SECCOMP) == 0) {
		RUN(&run, "dump", self);
		assert_status(&run, 1);
		assert_holds(run.err, "carries 0 filters");
		run_free(&run);
	}
	RUN(&run, "dump", "999999999");
	assert_status(&run, 2);
	assert_holds(run.err, "no thread 999999999");
	run_free(&run);
	RUN(&run, "dump", "12x");
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "dump");
	assert_status(&run, 2);
	run_free(&run);
}

/* By a user who may not: a copy of the command, as the build directory may be closed to others. */
static void dump__without_privilege_says_what_it_takes(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs = NULL;
	struct filtered f;
	int r, ends[2];

	(void)state;
	if (geteuid()) {
		print_message("not root: the call would be refused anyway\n");
		skip();
	}
	start(&f);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t tid = fork();
	if (!tid) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(1);
		r = flagstop_dump(f.tid, &programs, &error);
		_exit(write(ends[1], &error, sizeof(error)) == sizeof(error) && r == -EPERM ? 0 : 2);
	}
	close(ends[1]);
	int status;
	assert_int_equal(waitpid(tid, &status, 0), tid);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &error, sizeof(error)), sizeof(error));
	close(ends[0]);
	assert_non_null(strstr(error.hint, "CAP_SYS_ADMIN"));
	finish(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(compare__equal_is_0),
		cmocka_unit_test(compare__difference_is_1_with_the_call),
		cmocka_unit_test(compare__json_has_every_field),
		cmocka_unit_test(compare__of_a_policy_with_its_compiled_program_is_equal),
		cmocka_unit_test(compare__arch_restricts),
		cmocka_unit_test(compare__shows_registers_that_the_call_does_not_read),
		cmocka_unit_test(compare__standard_input_is_a_side),
		cmocka_unit_test(compare__includes_are_relative_to_the_file),
		cmocka_unit_test(compare__trouble_is_2),
		cmocka_unit_test(compare__what_is_not_proven_is_said),
		cmocka_unit_test(merge__writes_a_policy),
		cmocka_unit_test(merge__nothing_is_written_when_it_cannot_be),
		cmocka_unit_test(merge__usage_is_2),
		cmocka_unit_test(dump__writes_each_filter_in_the_order_of_installation),
		cmocka_unit_test(dump__is_what_compare_reads),
		cmocka_unit_test(dump__several_to_standard_output_are_refused),
		cmocka_unit_test(dump__leaves_what_is_stopped_stopped),
		cmocka_unit_test(dump__of_nothing_is_1_and_of_nobody_2),
		cmocka_unit_test(dump__without_privilege_says_what_it_takes),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
