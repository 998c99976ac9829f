/* SPDX-License-Identifier: MIT */
/*
 * Attacks on pinned arguments. Each first succeeds against a check in the same harness that reads the string and lets
 * the kernel read it again, or that has no guard; and then fails, in as many tries.
 */
#include "../system/pin_kit.h"
#include "attack.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], public_file[96], secret_file[96];

static void make_file(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static int make_files(void **state)
{
	int r = attack_setup(state);

	snprintf(folder, sizeof(folder), "/tmp/flagstop-pins-XXXXXX");
	assert_non_null(mkdtemp(folder));
	make_file(public_file, sizeof(public_file), "public");
	make_file(secret_file, sizeof(secret_file), "secret");
	return r;
}

static int remove_files(void **state)
{
	unlink(public_file);
	unlink(secret_file);
	rmdir(folder);
	return harness_teardown(state);
}

/* ---- the name is another one by now ----------------------------------------------------------------------------- */

/* The program and its first argument: "attack_flip thread". */
struct way {
	const char *program, *how;
};

static void run_naive(const struct way *way, struct kit *kit)
{
	char *argv[] = { (char *)harness_tracee(way->program), (char *)way->how, public_file, secret_file, "once",
			 ATTACK_NAIVE_SECONDS, NULL };

	*kit = (struct kit){ .way = KIT_NAIVE, .argv = argv };
	if (kit_can_run())
		assert_int_equal(kit_run(kit), 0);
}

/* By the pieces alone. */
static void flip(void **state)
{
	const struct way *way = *state;
	char *argv[] = { (char *)harness_tracee(way->program), (char *)way->how, public_file, secret_file, "1", NULL };
	struct kit naive, pinned = { .way = KIT_PIN, .argv = argv }, by_exit = { .way = KIT_PIN_EXIT, .argv = argv };

	run_naive(way, &naive);
	assert_int_equal(kit_run(&pinned), 0);
	attack_settle("pinned by the stub", naive.out, pinned.out);
	assert_int_equal(kit_run(&by_exit), 0);
	attack_settle("pinned to the exit", naive.out, by_exit.out);
}

/* The same under a policy: what the harness proves of the pieces, here of the whole. */
static void start_under_policy(struct run *run, char *text, size_t size)
{
	snprintf(text, size, "default allow\ndeny EACCES open openat openat2 when path is \"%s\"\n", secret_file);
	*run = (struct run)RUN_INIT(text);
	run->options.stacks = false;
}

static void flip__under_a_policy_gets_nowhere(void **state)
{
	const struct way *way = *state;
	char text[256];
	struct kit naive;
	struct run run;

	run_naive(way, &naive);
	start_under_policy(&run, text, sizeof(text));
	run_whole(&run, way->program, way->how, public_file, secret_file, attack_limit(), NULL);
	run_assert_exited(&run, 0);
	attack_settle(way->how, naive.out, run.out);
	run_free(&run);
}

/* 64-bit code that makes calls of 32 bits: its copies lie where these reach. */
static void flip__by_i386_calls_gets_nowhere(void **state)
{
	char text[256], policy[320];
	const struct way way = { "attack_flip_in", "i386" };
	struct kit naive;
	struct run run;

	(void)state;
	harness_need_i386();
	run_naive(&way, &naive);
	start_under_policy(&run, text, sizeof(text));
	snprintf(policy, sizeof(policy), "abi x86_64 i386\n%s", text);
	run.policy = policy;
	run_whole(&run, way.program, way.how, public_file, secret_file, attack_limit(), NULL);
	run_assert_exited(&run, 0);
	attack_settle("i386", naive.out, run.out);
	run_free(&run);
}

static void jump_into_the_window__under_a_policy_is_the_end(void **state)
{
	char text[256], *where = *state;
	struct run run;

	harness_need_tracee("attack_jump");
	start_under_policy(&run, text, sizeof(text));
	run_whole(&run, "attack_jump", where, public_file, NULL);
	run_assert_signalled(&run, SIGKILL);
	run_free(&run);
}

static void storm__under_a_policy_confuses_no_call(void **state)
{
	char text[256];
	struct run run;

	(void)state;
	start_under_policy(&run, text, sizeof(text));
	run_whole(&run, "pin_storm", public_file, harness_is_slow() ? "500" : "3000", "700", NULL);
	run_assert_exited(&run, 0);
	if (!strstr(run.out, " wrong 0 failed 0 strange 0 "))
		fail_msg("%s", run.out);
	run_free(&run);
}

/* Somebody outside makes the name a link and a file again, so that calls come back from the stub to be walked. */
static void storm__over_a_name_that_becomes_a_link_confuses_no_call(void **state)
{
	char text[256], link[96];
	struct run run;

	(void)state;
	snprintf(link, sizeof(link), "%s/link", folder);
	assert_int_equal(symlink("/etc/hostname", link), 0);
	pid_t racer = fork();
	for (int parent = getppid(); !racer && getppid() == parent;)
		syscall(SYS_renameat2, AT_FDCWD, link, AT_FDCWD, public_file, 2);
	start_under_policy(&run, text, sizeof(text));
	run_whole(&run, "pin_storm", public_file, harness_is_slow() ? "1000" : "10000", "700", NULL);
	kill(racer, SIGKILL);
	waitpid(racer, NULL, 0);
	unlink(link);
	run_assert_exited(&run, 0);
	if (!strstr(run.out, " wrong 0 failed 0 strange 0 "))
		fail_msg("%s", run.out);
	run_free(&run);
}

static void vfork__under_a_policy_crosses_no_call(void **state)
{
	char text[256];
	struct run run;

	(void)state;
	start_under_policy(&run, text, sizeof(text));
	run_whole(&run, "pin_shares", "vfork", public_file, "/etc/passwd", "100", NULL);
	run_assert_exited(&run, 0);
	assert_non_null(strstr(run.out, " wrong 0 crossed 0 status 0"));
	run_free(&run);
}

/* ---- the window ------------------------------------------------------------------------------------------------- */

#define PREFIX "window__withstands_"
static const struct row {
	const char *law;         /* what attack_window tries is behind the prefix */
	bool succeeds_unguarded; /* the others the kernel refuses whoever asks */
	bool by_i386;
} rows[] = {
	{ "window__withstands_protect_none", true, false },
	{ "window__withstands_protect_key", true, false },
	{ "window__withstands_unmap", true, false },
	{ "window__withstands_unmap_from_far_below", true, false },
	{ "window__withstands_unmap_from_very_far_below", true, false },
	{ "window__withstands_detach", true, false },
	{ "window__withstands_map_over", true, false },
	{ "window__withstands_map_over_from_below", true, false },
	{ "window__withstands_remap_away", true, false },
	{ "window__withstands_remap_onto", true, false },
	{ "window__withstands_attach_over", true, false },
	{ "window__withstands_open_to_all", true, false },
	{ "window__withstands_open_to_all_by_i386", true, true },
	{ "window__withstands_advise_dontfork", true, false },
	{ "window__withstands_advise_dontfork_by_pidfd", true, false },
	{ "window__withstands_shrink_heap", true, false },
	{ "window__withstands_protect_write", false, false },
	{ "window__withstands_remap_pages", false, false },
	{ "window__withstands_attach_for_writing", false, false },
	{ "window__withstands_advise_remove", false, false },
	{ "window__withstands_mem_file", false, false },
	{ "window__withstands_vm_write", false, false },
	{ "window__withstands_fault", false, false },
};

/* Not every kernel has the call, or takes it for that: of a page that is the test's own. */
static bool kernel_does(const struct row *row)
{
	const char *attack = row->law + strlen(PREFIX);
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec all = { page, 4096 };
	bool does = true;

	if (!strcmp(attack, "protect_key"))
		does = !syscall(SYS_pkey_mprotect, page, 4096, PROT_READ, -1);
	if (!strcmp(attack, "advise_dontfork_by_pidfd")) {
		int self = (int)syscall(SYS_pidfd_open, getpid(), 0);

		does = syscall(SYS_process_madvise, self, &all, 1, MADV_DONTFORK, 0) >= 0;
		close(self);
	}
	munmap(page, 4096);
	return does;
}

static void window__withstands(void **state)
{
	const struct row *row = *state;
	char *argv[] = { (char *)harness_tracee("attack_window"), (char *)row->law + strlen(PREFIX), public_file,
			 NULL };
	struct kit bare = { .way = KIT_PIN, .argv = argv, .unguarded = true }, kit = { .way = KIT_PIN, .argv = argv };

	if (row->by_i386)
		harness_need_i386();
	if (row->succeeds_unguarded && kernel_does(row)) {
		int status = kit_run(&bare);

		/* It may not outlive its own success. */
		assert_true(status || !kit_number(&bare, "there ") || !kit_number(&bare, "in_child "));
	}
	assert_int_equal(kit_run(&kit), 0);
	assert_int_equal(kit_number(&kit, "refused "), 1);
	assert_int_equal(kit_number(&kit, "there "), 1);
	assert_int_equal(kit_number(&kit, "in_child "), 1);
}

static void window__withstands_under_a_policy(void **state)
{
	const struct row *row = *state;
	char text[256], policy[320];
	struct run run;

	if (row->by_i386)
		harness_need_i386();
	start_under_policy(&run, text, sizeof(text));
	snprintf(policy, sizeof(policy), "%s%s", row->by_i386 ? "abi x86_64 i386\n" : "", text);
	run.policy = policy;
	run_whole(&run, "attack_window", row->law + strlen(PREFIX), public_file, NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "refused 1 there 1 in_child 1");
	run_free(&run);
}

static void jump_into_the_window__is_the_end(void **state)
{
	char *argv[] = { (char *)harness_tracee("attack_jump"), *state, public_file, NULL };
	struct kit kit = { .way = KIT_PIN, .argv = argv };

	harness_need_tracee("attack_jump");
	assert_int_equal(kit_run(&kit), 128 + 9);
	assert_int_equal(kit.forged, 1);
}

int main(void)
{
	static char own[] = "own", other[] = "other";
	static struct way thread = { "attack_flip", "thread" }, process = { "attack_flip", "process" },
			  memory = { "attack_flip", "memory" }, file = { "attack_flip", "file" },
			  in_vfork = { "attack_flip_in", "vfork" }, in_exec = { "attack_flip_in", "exec" },
			  in_storm = { "attack_flip_in", "storm" };
	static const struct CMUnitTest laws[] = {
		{ "flip__by_a_thread", flip, make_files, remove_files, &thread },
		{ "flip__by_a_process", flip, make_files, remove_files, &process },
		{ "flip__by_the_file_of_its_memory", flip, make_files, remove_files, &file },
#define UNDER_A_POLICY(name, way) \
	{ \
		name "_under_a_policy", flip__under_a_policy_gets_nowhere, make_files, remove_files, &way \
	}
		UNDER_A_POLICY("flip__by_a_thread", thread),
		UNDER_A_POLICY("flip__by_a_process", process),
		UNDER_A_POLICY("flip__by_a_process_that_shares_all_memory", memory),
		UNDER_A_POLICY("flip__by_the_file_of_its_memory", file),
		UNDER_A_POLICY("flip__in_a_child_of_vfork", in_vfork),
		UNDER_A_POLICY("flip__in_a_child_of_vfork_that_executes", in_exec),
		UNDER_A_POLICY("flip__in_a_storm_of_signals", in_storm),
		{ "flip__by_i386_calls_under_a_policy", flip__by_i386_calls_gets_nowhere, make_files, remove_files,
		  NULL },
		{ "storm__under_a_policy_confuses_no_call", storm__under_a_policy_confuses_no_call, make_files,
		  remove_files, NULL },
		{ "storm__over_a_name_that_becomes_a_link_confuses_no_call",
		  storm__over_a_name_that_becomes_a_link_confuses_no_call, make_files, remove_files, NULL },
		{ "vfork__under_a_policy_crosses_no_call", vfork__under_a_policy_crosses_no_call, make_files,
		  remove_files, NULL },
		{ "jump_into_the_window__under_a_policy_is_the_end", jump_into_the_window__under_a_policy_is_the_end,
		  make_files, remove_files, other },
		{ "jump_into_the_window__is_the_end__own_stub", jump_into_the_window__is_the_end, make_files,
		  remove_files, own },
		{ "jump_into_the_window__is_the_end__another_stub", jump_into_the_window__is_the_end, make_files,
		  remove_files, other },
	};
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct CMUnitTest each[2 * ROWS];
	char names[2 * ROWS][80];
	int failed;

	for (size_t i = 0; i < 2 * ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s%s", rows[i / 2].law, i % 2 ? "_under_a_policy" : "");
		each[i] = (struct CMUnitTest){ names[i],
					       i % 2 ? window__withstands_under_a_policy : window__withstands,
					       make_files, remove_files, (void *)&rows[i / 2] };
	}
	failed = cmocka_run_group_tests_name("races", laws, NULL, NULL);
	return failed + cmocka_run_group_tests_name("window", each, NULL, NULL);
}
