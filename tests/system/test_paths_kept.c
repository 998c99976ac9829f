/* SPDX-License-Identifier: MIT */
/* Names that no tracee can make lead elsewhere: which are, and for how long; and that calls do the same with them. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/paths/kept.h>

static char place[64];

/* In a directory that is root's all the way up, with one of somebody else's, and one that everybody may write. */
static int make_place(void **state)
{
	char text[512], out[64];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(place, sizeof(place), "/var/lib/flagstop-kept-XXXXXX");
	if (harness_setup(state) || getuid() || !mkdtemp(place))
		place[0] = '\0';
	snprintf(text, sizeof(text),
		 "cd %.60s && umask 022 && chmod 755 . && mkdir good group all other other/deep && "
		 "for d in good group all other other/deep; do echo text >$d/f; done && ln -s f good/link && "
		 "chmod 775 group && chmod 1777 all && chown %d other",
		 place, NOBODY);
	if (*place)
		harness_native(argv, out, sizeof(out));
	return 0;
}

static int remove_place(void **state)
{
	char out[64];
	char *argv[] = { "/bin/rm", "-rf", place, NULL };

	if (*place)
		harness_native(argv, out, sizeof(out));
	return harness_teardown(state);
}

static void need_root(void)
{
	if (*place)
		return;
	print_message("needs to be root, to become somebody else\n");
	skip();
}

/* ---- which ------------------------------------------------------------------------------------------------------ */

/* Bits: kept at once; almost a second later; then no more. */
static int look(const char *path, bool itself)
{
	const int64_t now = 5 * INT64_C(1000000000);
	struct fst_walker *walker = talloc_zero(NULL, struct fst_walker);
	struct fst_walk walk = { .start_fd = -1, .follow = !itself, .itself = itself };
	struct fst_found found;

	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 100;
	if (fst_walker_init(walker))
		return 101;
	struct fst_kept *kept = fst_kept_new(walker, walker);
	if (!walker->has_cached)
		return 77;
	if (!fst_mounts_is_local(walker, open("/", O_PATH | O_CLOEXEC)))
		return 78;
	snprintf(walk.path, sizeof(walk.path), "%s", path);
	if (!kept || fst_walk_run(walker, &walk, &found))
		return 102;
	fst_kept_note(kept, &walk, &found, now);
	return fst_kept_has(kept, path, now) | fst_kept_has(kept, path, now + FST_KEPT_NS - 1) << 1 |
		!fst_kept_has(kept, path, now + FST_KEPT_NS) << 2;
}

static int look_as_nobody(const char *name, bool itself)
{
	char path[128];
	int status;

	snprintf(path, sizeof(path), "%s%s", place, name);
	pid_t child = fork();
	if (!child)
		_exit(look(path, itself));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 78) {
		print_message(WEXITSTATUS(status) == 77 ? "this kernel does not know RESOLVE_CACHED\n" :
							  "the root directory is no mount, but of a chroot\n");
		skip();
	}
	return WEXITSTATUS(status);
}

static const struct row {
	const char *law, *name; /* within the place */
	bool itself, is_kept;
} rows[] = {
	{ "kept__a_file_of_roots", "/good/f", false, true },
	{ "kept__a_directory_of_roots", "/good", false, true },
	/* Its name is safe, whatever becomes of those in it. */
	{ "kept__a_directory_that_others_write", "/all", false, true },
	{ "not_kept__what_all_may_exchange", "/all/f", false, false },
	{ "not_kept__what_a_group_may_exchange", "/group/f", false, false },
	{ "not_kept__what_its_owner_may_exchange", "/other/f", false, false },
	{ "not_kept__below_what_can_be_exchanged", "/other/deep/f", false, false },
	{ "not_kept__a_link_to_what_could_be", "/good/link", false, false },
	{ "not_kept__a_link_itself", "/good/link", true, false },
	{ "not_kept__another_name_for_it", "/good/../good/f", false, false },
	{ "not_kept__what_is_not_there", "/good/none", false, false },
};

static void kept(void **state)
{
	const struct row *row = *state;

	need_root();
	assert_int_equal(look_as_nobody(row->name, row->itself), row->is_kept ? 7 : 4);
}

static void nothing_is_kept__where_there_are_rights(void **state)
{
	struct fst_walker *walker = talloc_zero(NULL, struct fst_walker);

	(void)state;
	need_root();
	assert_int_equal(fst_walker_init(walker), 0);
	assert_null(fst_kept_new(walker, walker));
	fst_walker_release(walker);
	talloc_free(walker);
}

/* ---- what calls do ---------------------------------------------------------------------------------------------- */

#define CALLS "open openat openat2 newfstatat readlink readlinkat truncate chmod chdir mkdir unlink"

static void calls__do_the_same_with_kept_names(void **state)
{
	struct command command = COMMAND_INIT("default allow\ndeny EACCES " CALLS " when path under \"/nowhere\"\n");
	char script[1024], deeds[512], native[1024];
	char *argv[] = { "/bin/sh", "-c", script, NULL };

	(void)state;
	need_root();
	command_need_nobody();
	snprintf(deeds, sizeof(deeds),
		 "for i in 1 2; do $d open $p/f; $d open $p/f 0x20000; $d oldopen $p/f 1; $d open $p/f 0x41; "
		 "$d open $p/f 0xc1; $d openat2 $p/f; $d openat2 $p/f 4; $d stat $p/f; $d lstat $p/f; $d stat $p; "
		 "$d lstat $p/link; $d stat $p/link; readlink $p/f; $d chmod $p/f; $d truncate $p/f; $d chdir $p; "
		 "$d chdir $p/f; $d mkdir $p/f; $d unlink $p/f; cat $p/f; done");
	snprintf(script, sizeof(script), "d=%s; p=%s/good; %s", harness_tracee("path_deed"), place, deeds);
	command.uid = NOBODY;
	command_whole(&command, argv);
	command_assert_exited(&command, 0);
	snprintf(script, sizeof(script),
		 "export d=%s p=%s/good; exec setpriv --reuid %d --regid %d --clear-groups sh -c '%s'",
		 harness_tracee("path_deed"), place, NOBODY, NOBODY, deeds);
	harness_native(argv, native, sizeof(native));
	assert_non_null(strstr(native, "EACCES"));
	assert_string_equal(command.out, native);
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct CMUnitTest laws[ROWS + 2] = {
		{ "nothing_is_kept__where_there_are_rights", nothing_is_kept__where_there_are_rights, make_place,
		  remove_place, NULL },
		{ "calls__do_the_same_with_kept_names", calls__do_the_same_with_kept_names, make_place, remove_place,
		  NULL },
	};

	for (size_t i = 0; i < ROWS; i++)
		laws[i + 2] =
			(struct CMUnitTest){ rows[i].law, kept, make_place, remove_place, (void *)&rows[i] };
	return RUN_LAWS(laws);
}
