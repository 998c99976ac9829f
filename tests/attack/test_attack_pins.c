/* SPDX-License-Identifier: MIT */
/*
 * Attacks on pinned arguments. Each first succeeds against a check in the same harness that reads the string and lets
 * the kernel read it again, or that has no guard; and then fails, in as many tries.
 *
 * Long runs: FLAGSTOP_ATTACK_TRIES=N in the environment makes each race N tries.
 */
#include "../system/pin_kit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	int r = harness_setup(state);

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

static char *tries(char *usual)
{
	char *wanted = getenv("FLAGSTOP_ATTACK_TRIES");

	return wanted ? wanted : usual;
}

/* ---- the name is another one by now ----------------------------------------------------------------------------- */

static void flip(void **state)
{
	char *program = (char *)harness_tracee("attack_flip");
	char *argv[] = { program, *state, public_file, secret_file, tries("20000"), NULL };
	struct kit naive = { .way = KIT_NAIVE, .argv = argv }, pinned = { .way = KIT_PIN, .argv = argv },
		   by_exit = { .way = KIT_PIN_EXIT, .argv = argv };

	assert_int_equal(kit_run(&naive), 0);
	assert_true(kit_number(&naive, "escapes ") > 0);
	assert_int_equal(kit_run(&pinned), 0);
	assert_int_equal(kit_number(&pinned, "escapes "), 0);
	assert_int_equal(kit_number(&pinned, "wrong "), 0);
	assert_true(kit_number(&pinned, "opened ") > 0); /* names that were public all the time were opened */
	argv[4] = tries("5000");
	assert_int_equal(kit_run(&by_exit), 0);
	assert_int_equal(kit_number(&by_exit, "escapes "), 0);
	assert_int_equal(kit_number(&by_exit, "wrong "), 0);
}

/* ---- the window ------------------------------------------------------------------------------------------------- */

static const struct row {
	const char *name;
	bool succeeds_unguarded; /* the others the kernel refuses whoever asks */
} rows[] = {
	{ "protect_none", true },
	{ "protect_key", true },
	{ "unmap", true },
	{ "unmap_from_far_below", true },
	{ "unmap_from_very_far_below", true },
	{ "detach", true },
	{ "map_over", true },
	{ "map_over_from_below", true },
	{ "remap_away", true },
	{ "remap_onto", true },
	{ "attach_over", true },
	{ "open_to_all", true },
	{ "advise_dontfork", true },
	{ "advise_dontfork_by_pidfd", true },
	{ "shrink_heap", true },
	{ "protect_write", false },
	{ "remap_pages", false },
	{ "attach_for_writing", false },
	{ "advise_remove", false },
	{ "mem_file", false },
	{ "vm_write", false },
	{ "fault", false },
};

static void window__withstands(void **state)
{
	const struct row *row = *state;
	char *argv[] = { (char *)harness_tracee("attack_window"), (char *)row->name, public_file, NULL };
	struct kit bare = { .way = KIT_PIN, .argv = argv, .unguarded = true }, kit = { .way = KIT_PIN, .argv = argv };

	if (row->succeeds_unguarded) {
		int status = kit_run(&bare);

		/* It may not outlive its own success. */
		assert_true(status || !kit_number(&bare, "there ") || !kit_number(&bare, "in_child "));
	}
	assert_int_equal(kit_run(&kit), 0);
	assert_int_equal(kit_number(&kit, "refused "), 1);
	assert_int_equal(kit_number(&kit, "there "), 1);
	assert_int_equal(kit_number(&kit, "in_child "), 1);
}

static void jump_into_the_window__is_the_end(void **state)
{
	char *argv[] = { (char *)harness_tracee("attack_jump"), *state, public_file, NULL };
	struct kit kit = { .way = KIT_PIN, .argv = argv };

	assert_int_equal(kit_run(&kit), 128 + 9);
	assert_int_equal(kit.forged, 1);
}

int main(void)
{
	static char thread[] = "thread", process[] = "process", file[] = "file", own[] = "own", other[] = "other";
	static const struct CMUnitTest laws[] = {
		{ "flip__by_a_thread", flip, make_files, remove_files, thread },
		{ "flip__by_a_process", flip, make_files, remove_files, process },
		{ "flip__by_the_file_of_its_memory", flip, make_files, remove_files, file },
		{ "jump_into_the_window__is_the_end__own_stub", jump_into_the_window__is_the_end, make_files,
		  remove_files, own },
		{ "jump_into_the_window__is_the_end__another_stub", jump_into_the_window__is_the_end, make_files,
		  remove_files, other },
	};
	struct CMUnitTest each[sizeof(rows) / sizeof(*rows)];
	char names[sizeof(rows) / sizeof(*rows)][64];
	int failed;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(names[i], sizeof(names[i]), "window__withstands_%s", rows[i].name);
		each[i] = (struct CMUnitTest){ names[i], window__withstands, make_files, remove_files,
					       (void *)&rows[i] };
	}
	failed = cmocka_run_group_tests_name("races", laws, NULL, NULL);
	return failed + cmocka_run_group_tests_name("window", each, NULL, NULL);
}
