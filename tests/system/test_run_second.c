/* SPDX-License-Identifier: MIT */
/*
 * Programs of a 32-bit ABI under a 64-bit tracer: i386's on x86_64, arm's on aarch64. Guests have some
 * (tests/guest/guests.py); each verdict is carried out in their register sets. And the same under a tracer of theirs.
 */
#include "harness.h"
#include "pin_kit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the session: two, or the one. */
static const char *abis(void)
{
	static char text[32];
	const char *own = flagstop_abi_name(flagstop_abi_native()), *second = harness_second_abi();

	snprintf(text, sizeof(text), "%s%s%s", own, strcmp(own, second) ? " " : "", strcmp(own, second) ? second : "");
	return text;
}

static const char *program(void)
{
	return harness_second_tracee("call");
}

static const struct row {
	const char *rules, *arguments[4], *out; /* NULL: killed by SIGSYS */
} rows[] = {
	{ "allow getpgid", { "getpgid", "0x7fffffff" }, "-3\n" },
	{ "deny EACCES getppid", { "getppid" }, "-13\n" },
	{ "return 4242 getppid", { "getppid" }, "4242\n" },
	{ "return -5000 getppid", { "getppid" }, "-5000\n" },
	{ "trace getpgid", { "getpgid", "0x7fffffff" }, "-3\n" },
	{ "ask getppid", { "getppid" }, "-1\n" },
	{ "rewrite getpgid pid = 0x7fffffff", { "getpgid", "0" }, "-3\n" },
	{ "rewrite lseek whence = 77", { "lseek", "0", "0", "0" }, "-22\n" },
	{ "deny 77 lseek when fd == -1 and offset == -2 and whence == 7",
	  { "lseek", "0xffffffff", "0xfffffffe", "7" },
	  "-77\n" },
	{ "kill getppid", { "getppid" }, NULL },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void check_row(void **state)
{
	const struct row *row = *state;
	const char *path = program();

	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		char policy[256];
		struct run run = RUN_INIT(policy);

		snprintf(policy, sizeof(policy), "abi %s\ndefault allow\n%s\n", abis(), row->rules);
		run.options.report = report;
		run.options.stacks = 0;
		run_whole(&run, path, row->arguments[0], row->arguments[1], row->arguments[2], row->arguments[3], NULL);
		run_assert_said(&run, row->out);
		run_free(&run);
	}
}

static struct flagstop_answer answer_kill(const struct flagstop_question *question, void *context)
{
	(void)question;
	(void)context;
	return (struct flagstop_answer){ { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, 0 };
}

static void second__is_killed_by_the_tracer(void **state)
{
	const char *path = program();
	char policy[256];
	struct run run = RUN_INIT(policy);

	(void)state;
	snprintf(policy, sizeof(policy), "abi %s\ndefault allow\nask getppid\n", abis());
	run.options.ask = answer_kill;
	run_whole(&run, path, "getppid", NULL);
	run_assert_signalled(&run, SIGSYS);
	run_free(&run);
}

/* A process that changes its ABI by exec, and back. */
static void second__comes_and_goes_with_an_exec(void **state)
{
	const char *path = program(), *own = flagstop_abi_name(flagstop_abi_native());
	char policy[256], command[2048];
	struct run run = RUN_INIT(policy);

	(void)state;
	if (!strcmp(own, harness_second_abi())) {
		print_message("this host's own programs are of 32 bits\n");
		skip();
	}
	snprintf(policy, sizeof(policy), "abi %s\ndefault allow\ndeny 5 getppid@%s\ndeny 6 getppid@%s\n", abis(), own,
		 harness_second_abi());
	snprintf(command, sizeof(command), "%s getppid; %s getppid; exec %s getppid", path, harness_tracee("call"),
		 path);
	run_whole(&run, "/bin/sh", "-c", command, NULL);
	assert_string_equal(run.out, "-6\n-5\n-6\n");
	run_free(&run);
}

/* ---- what arguments point to ------------------------------------------------------------------------------------ */

static char folder[64];

/* In a folder with `in` and `out`; $d does deeds by calls of the second ABI, $own by those of the tracer's. */
static void run_script(struct run *run, const char *deeds, const char *rules, const char *script)
{
	static char policy[1024], text[2048];

	snprintf(policy, sizeof(policy), "abi %s\ndefault allow\n%s", abis(), rules);
	snprintf(text, sizeof(text), "cd %s; d=%s; own=%s; %s", folder, deeds, harness_tracee("path_deed"), script);
	*run = (struct run)RUN_INIT(policy);
	run->options.stacks = 0;
	run_whole(run, "/bin/sh", "-c", text, NULL);
}

static int make_folder(void **state)
{
	char text[256];
	int r = harness_setup(state);

	snprintf(folder, sizeof(folder), "/tmp/flagstop-second-XXXXXX");
	if (r || !mkdtemp(folder))
		return -1;
	snprintf(text, sizeof(text),
		 "cd %s && mkdir in out && echo text >in/f && echo text >out/f && ln -s ../out/f in/to_out && "
		 "ln -s f in/link && cp /bin/true out/run",
		 folder);
	char *argv[] = { "/bin/sh", "-c", text, NULL };
	harness_native(argv, text, sizeof(text));
	return 0;
}

static int remove_folder(void **state)
{
	char text[128];
	char *argv[] = { "/bin/rm", "-r", folder, NULL };

	harness_native(argv, text, sizeof(text));
	return harness_teardown(state);
}

#define CALLS \
	"open openat openat2 creat mkdir mkdirat unlink unlinkat rename renameat renameat2 link linkat symlink " \
	"symlinkat stat lstat stat64 lstat64 newfstatat fstatat64 statx execve"

static const struct script {
	const char *law, *script, *out;
} scripts[] = {
	{ "second__opens_what_it_may",
	  "$d open in/f; $d oldopen in/link; $d open $PWD/in/f; $d openat2 in/f; $d open in/none; $d open in/new 0x41; "
	  "ls in/new",
	  "done\ndone\ndone\ndone\nENOENT\ndone\nin/new\n" },
	{ "second__does_not_open_what_it_may_not",
	  "$d open out/f; $d oldopen out/f; $d openat2 out/f; $d open in/to_out; $d open in/../out/f; "
	  "$d open out/new 0x41; cd out; $d open f",
	  "EACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\n" },
	{ "second__looks_where_it_may",
	  "$d stat in/f; $d stat in/to_out; $d lstat in/to_out; $d stat out/f",
	  "0\nEACCES\n0\nEACCES\n" },
	{ "second__makes_names_where_it_may",
	  "$d mkdir in/d; $d mkdir out/d; $d rename in/d in/e; $d rename in/f out/f; $d link in/f in/g; "
	  "$d link out/f in/h; $d symlink x out/x; $d unlink in/g; $d unlink out/f",
	  "0\nEACCES\n0\nEACCES\n0\nEACCES\nEACCES\n0\nEACCES\n" },
#ifdef __x86_64__
	{ "second__sees_the_lower_halves_of_registers", "$own dirty in/f; $own dirty out/f; $own dirty in/none",
	  "done\nEACCES\nENOENT\n" },
#endif
	{ "second__is_judged_after_an_exec_and_back",
	  "$own open in/f; $d open out/f; $own open out/f; (exec $d open in/f); out/run || echo $?; exec $d stat out/f",
	  "done\nEACCES\nEACCES\ndone\n/bin/sh: 1: out/run: Permission denied\n126\nEACCES\n" },
};
#define SCRIPT_COUNT (sizeof(scripts) / sizeof(*scripts))

static void check_script(void **state)
{
	const struct script *script = *state;
	char rules[512], text[1024];
	struct run run;

	snprintf(rules, sizeof(rules), "deny EACCES (" CALLS ") when path under \"%s/out\"\n", folder);
	snprintf(text, sizeof(text), "exec 2>&1; %s", script->script);
	run_script(&run, harness_second_tracee("path_deed"), rules, text);
	assert_string_equal(run.out, script->out);
	run_free(&run);
}

/* Escapes and turns, of a program that opens what another thread of it keeps changing. */
static void race(const char *rules, const char *limit, long *ret_escapes, long *ret_turns)
{
	struct run run;
	char script[128];

	snprintf(script, sizeof(script), "$d $PWD/in/f $PWD/to_f %s", limit);
	run_script(&run, harness_second_tracee("flip_plain"), rules, script);
	assert_int_equal(sscanf(run.out, "%*d tries %ld escapes %*d wrong %*d done %ld", ret_escapes, ret_turns), 2);
	run_free(&run);
}

static void second__name_that_changes_is_judged_as_it_is_used(void **state)
{
	char rules[256], out[8];
	long escapes, turns;

	(void)state;
	harness_second_tracee("flip_plain");
	snprintf(rules, sizeof(rules), "cp %s/out/f %s/to_f", folder, folder);
	char *argv[] = { "/bin/sh", "-c", rules, NULL };
	harness_native(argv, out, sizeof(out));
	race("", "once 15", &escapes, &turns);
	assert_int_equal(escapes, 1); /* where nobody judges both are opened */
	snprintf(rules, sizeof(rules), "deny EACCES open openat openat2 when path is \"%s/to_f\"\n", folder);
	race(rules, "1", &escapes, &turns);
	assert_int_equal(escapes, 0);
	assert_true(turns > 0);
}

static void second__addresses_are_judged(void **state)
{
	static const struct {
		const char *rule, *out;
	} rules[] = {
		{ "deny EACCES sendto sendmsg sendmmsg when addr.path is \"@out\"\n",
		  "both 1, 3 bytes\nthe second EACCES, 0 bytes\nnowhere EBADF, 0 bytes\narrived 1\n0\n" },
		{ "deny EACCES bind when addr.path is \"@out\"\n",
		  "both 1, 3 bytes\nthe second ECONNREFUSED, 0 bytes\nnowhere EBADF, 0 bytes\narrived 1\n0\n" },
		{ "deny EACCES bind when addr.path is \"@in\"\n", "1\n" }, /* i386's by socketcall */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		const char *out = rules[i].out;
		struct run run;

		if (i && harness_backend() == FLAGSTOP_BACKEND_PTRACE && !strcmp(harness_second_abi(), "i386"))
			out = "1\n"; /* what lies in memory is not fetched there */
		run_script(&run, harness_second_tracee("send_row"), rules[i].rule, "$d out; echo $?");
		assert_string_equal(run.out, out);
		run_free(&run);
	}
}

/* ---- by the stub ------------------------------------------------------------------------------------------------ */

#define NO_SECRET "deny EACCES open openat openat2 when path is \"/etc/secret\"\n"

static void start_program(struct run *run, const char *rules)
{
	static char policy[1024];

	snprintf(policy, sizeof(policy), "abi %s\ndefault allow\n%s", abis(), rules);
	*run = (struct run)RUN_INIT(policy);
	run->options.report = FLAGSTOP_REPORT_NONE;
	run->options.stacks = 0;
}

static void assert_tells(const struct run *run, const char *part)
{
	if (!strstr(run->out, part))
		fail_msg("%s", run->out);
}

static void need_stub(void)
{
	if (harness_second_abi() && !strcmp(harness_second_abi(), "i386"))
		return;
	print_message("programs of 32 bits have no stub here\n");
	skip();
}

static void second__opens_in_one_stop(void **state)
{
	const char *path = harness_second_tracee("pin_loop");
	struct run run;

	(void)state;
	need_stub();
	harness_need_filters("each call takes two stops");
	start_program(&run, NO_SECRET);
	run_whole(&run, path, "/etc/hostname", "3000", NULL);
	assert_string_equal(run.out, "calls 3000 wrong 0 failed 0\n");
	assert_in_range(run.summary.stops, 3000, 3100);
	run_free(&run);
}

static void second__storm_confuses_no_call(void **state)
{
	const char *path = harness_second_tracee("pin_storm");
	struct run run;

	(void)state;
	start_program(&run, NO_SECRET);
	run_whole(&run, path, "/etc/hostname", "3000", "700", NULL);
	run_assert_exited(&run, 0);
	assert_tells(&run, " wrong 0 failed 0 strange 0 ");
	run_free(&run);
}

/* Somebody outside makes the name a link and a file again, so that calls come back from the stub to be walked. */
static void second__storm_over_a_name_that_becomes_a_link_confuses_no_call(void **state)
{
	const char *path = harness_second_tracee("pin_storm");
	char name[96], link[96];
	struct run run;

	(void)state;
	snprintf(name, sizeof(name), "%s/in/f", folder);
	snprintf(link, sizeof(link), "%s/in/to_out", folder);
	pid_t racer = fork();
	for (int parent = getppid(); !racer && getppid() == parent;)
		syscall(SYS_renameat2, AT_FDCWD, link, AT_FDCWD, name, 2);
	start_program(&run, NO_SECRET);
	run_whole(&run, path, name, harness_is_slow() ? "1000" : "10000", "700", NULL);
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	run_assert_exited(&run, 0);
	assert_tells(&run, " wrong 0 failed 0 strange 0 ");
	run_free(&run);
}

static void second__vfork_crosses_no_call(void **state)
{
	const char *path = harness_second_tracee("pin_shares");
	struct run run;

	(void)state;
	start_program(&run, NO_SECRET);
	run_whole(&run, path, "vfork", "/etc/hostname", "/etc/passwd", "100", NULL);
	run_assert_exited(&run, 0);
	assert_tells(&run, " wrong 0 crossed 0 status 0");
	run_free(&run);
}

/* The child begins in the parent's stub. */
static void second__clone3_leaves_all_registers_to_parent_and_child(void **state)
{
	const char *path = harness_second_tracee("clone_registers");
	struct run run;

	(void)state;
	start_program(&run, NO_SECRET);
	run_whole(&run, path, "300", NULL);
	assert_string_equal(run.out, "wrong in 0 parents, 0 children\n");
	run_free(&run);
}

/* By 32-bit code, and by 64-bit code in a process that has the window of 32-bit programs as well. */
static void second__jump_into_the_window_is_the_end(void **state)
{
	static const char *const where[] = { "jump_own", "jump_other" };
	const char *paths[] = { harness_second_tracee("attack_narrow"), "attack_narrow" };

	(void)state;
	need_stub();
	for (size_t i = 0; i < 4; i++) {
		struct run run;

		start_program(&run, NO_SECRET);
		run_whole(&run, paths[i / 2], where[i % 2], "/etc/hostname", NULL);
		run_assert_signalled(&run, SIGKILL);
		run_free(&run);
	}
}

/* Who has no window may have anything in its place. */
static void second__code_in_the_windows_place_is_its_own(void **state)
{
	const char *paths[] = { harness_second_tracee("narrow_code"), "narrow_code" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct run run;

		start_program(&run, "deny EACCES mkdir when path is \"/etc/secret\"\ntrace getpgid\n");
		run_whole(&run, paths[i], NULL);
		run_assert_exited(&run, 0);
		assert_string_equal(run.out, "own 1 child 0\n");
		run_free(&run);
	}
}

/* ---- the window ------------------------------------------------------------------------------------------------- */

static const struct attack {
	const char *name;
	bool succeeds_unguarded; /* the others the kernel refuses whoever asks */
} attacks[] = {
	{ "protect_none", true },
	{ "protect_write", false },
	{ "unmap", true },
	{ "unmap_from_below", true },
	{ "unmap_the_last_page", true },
	{ "unmap_by_gate", true },
	{ "unmap_by_64_bits", true },
	{ "unmap_nearly_all", true },
	{ "detach", true },
	{ "map_over", true },
	{ "map_over_from_below", true },
	{ "map_huge_over", true },
	{ "old_map_over", true },
	{ "remap_away", true },
	{ "remap_onto", true },
	{ "attach_over", true },
	{ "attach_over_from_below", true },
	{ "advise_dontfork", true },
	{ "advise_remove", false },
};
#define ATTACK_COUNT (sizeof(attacks) / sizeof(*attacks))

/* Kernels that do not know pages that large refuse them. */
static bool has_huge_pages(void)
{
	return !access("/sys/kernel/mm/hugepages/hugepages-1048576kB", F_OK);
}

/* In a harness whose window nobody guards (pin_kit.h). It may not outlive its own success. */
static void attack_unguarded(const char *program, const struct attack *attack)
{
	char path[80], *argv[] = { (char *)program, (char *)attack->name, path, NULL };
	struct kit kit = { .way = KIT_PIN, .argv = argv, .unguarded = true };

	if (!attack->succeeds_unguarded || !kit_can_run() ||
	    (!strcmp(attack->name, "map_huge_over") && !has_huge_pages()))
		return;
	snprintf(path, sizeof(path), "%s/in/f", folder);
	int status = kit_run(&kit);

	assert_int_not_equal(status, 2); /* there was a window */
	if (!status && kit_number(&kit, " there ") && kit_number(&kit, " in_child "))
		fail_msg("%s came to nothing: %s", program, kit.out);
}

static void attack_guarded(const char *program, const struct attack *attack)
{
	bool is_foreign = flagstop_abi_native() == FLAGSTOP_ABI_I386 && !strcmp(attack->name, "unmap_by_64_bits");
	char rules[256], script[128];
	struct run run;

	snprintf(rules, sizeof(rules), "deny EACCES open openat openat2 when path is \"%s/out/f\"\n", folder);
	snprintf(script, sizeof(script), "$d %s $PWD/in/f || echo $?", attack->name);
	run_script(&run, program, rules, script);
	/* Calls of an ABI that the session does not name kill (SIGSYS). */
	assert_string_equal(run.out, is_foreign ? "159\n" : "refused 1 there 1 in_child 1");
	run_free(&run);
}

/* By its own calls; and on x86_64 by those of 64-bit code that makes others by int $0x80. */
static void attack_window(void **state)
{
	const char *own = harness_second_tracee("attack_narrow");

	attack_unguarded(own, *state);
	attack_guarded(own, *state);
	if (flagstop_abi_native() != FLAGSTOP_ABI_X86_64)
		return;
	attack_unguarded(harness_tracee("attack_narrow"), *state);
	attack_guarded(harness_tracee("attack_narrow"), *state);
}

#define PLACED(function) \
	{ \
#function, function, make_folder, remove_folder, NULL \
	}
static const struct CMUnitTest laws[] = {
	PLACED(second__name_that_changes_is_judged_as_it_is_used),
	PLACED(second__addresses_are_judged),
	PLACED(second__storm_over_a_name_that_becomes_a_link_confuses_no_call),
	LAW(second__opens_in_one_stop),
	LAW(second__storm_confuses_no_call),
	LAW(second__vfork_crosses_no_call),
	LAW(second__clone3_leaves_all_registers_to_parent_and_child),
	LAW(second__jump_into_the_window_is_the_end),
	LAW(second__code_in_the_windows_place_is_its_own),
	LAW(second__is_killed_by_the_tracer),
	LAW(second__comes_and_goes_with_an_exec),
};
#define LAW_COUNT (sizeof(laws) / sizeof(*laws))

int main(void)
{
	static struct CMUnitTest all[LAW_COUNT + ROW_COUNT + SCRIPT_COUNT + ATTACK_COUNT];
	static char names[ROW_COUNT + ATTACK_COUNT][96];
	struct CMUnitTest *next = all + LAW_COUNT + ROW_COUNT;

	memcpy(all, laws, sizeof(laws));
	for (size_t i = 0; i < ROW_COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "second__%.60s", rows[i].rules);
		all[LAW_COUNT + i] = (struct CMUnitTest)LAW_WITH(names[i], check_row, &rows[i]);
	}
	for (size_t i = 0; i < SCRIPT_COUNT; i++)
		*next++ = (struct CMUnitTest){ scripts[i].law, check_script, make_folder, remove_folder,
					       (void *)&scripts[i] };
	for (size_t i = 0; i < ATTACK_COUNT; i++) {
		char *name = names[ROW_COUNT + i];

		snprintf(name, sizeof(names[0]), "second__window_withstands_%s", attacks[i].name);
		*next++ = (struct CMUnitTest){ name, attack_window, make_folder, remove_folder, (void *)&attacks[i] };
	}
	return RUN_LAWS(all);
}
