/* SPDX-License-Identifier: MIT */
/* The process that walks paths for the tracer, with the rights of others and within a time. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/paths/helper.h>

static struct fst_creds own(void)
{
	struct fst_creds creds;

	assert_int_equal(fst_creds_read(getpid(), &creds), 0);
	return creds;
}

static struct fst_creds nobody(void)
{
	struct fst_creds creds = { .tgid = getpid(), .fsuid = NOBODY, .fsgid = NOBODY };

	return creds;
}

/* What a walk ends with. */
static int ask(struct fst_helper *helper, const struct fst_creds *creds, const char *path)
{
	struct fst_walk walk = { .start_fd = -1, .tgid = getpid(), .tid = getpid(), .follow = true };
	struct fst_found found;
	int r;

	snprintf(walk.path, sizeof(walk.path), "%s", path);
	r = fst_helper_walk(helper, creds, &walk, &found);
	if (!r && found.fd >= 0)
		close(found.fd);
	return r ? r : found.error;
}

static void helper__walks_with_the_rights_that_it_is_told(void **state)
{
	char folder[] = "/tmp/flagstop-rights-XXXXXX", file[64];

	(void)state;
	if (getuid()) {
		print_message("not root: nobody else's rights can be had\n");
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/file", folder);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	struct fst_helper *helper = fst_helper_new(NULL);
	const struct fst_creds ours = own(), theirs = nobody();
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(helper, &ours, file), 0);
		assert_int_equal(ask(helper, &theirs, file), -EACCES);
		assert_int_equal(ask(helper, &theirs, folder), 0);
	}
	talloc_free(helper);
	unlink(file);
	rmdir(folder);
}

static int as_nobody(void)
{
	const struct fst_creds root = own();
	struct fst_helper *helper = fst_helper_new(NULL);

	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	int r = ask(helper, &root, "/");
	talloc_free(helper);
	return r == -EPERM ? 0 : 2;
}

static void helper__without_the_right_to_take_rights_says_so(void **state)
{
	int status;

	(void)state;
	if (getuid()) {
		print_message("not root: nobody else's rights can be had\n");
		skip();
	}
	fflush(stdout);
	pid_t tid = fork();
	if (!tid)
		_exit(as_nobody());
	assert_int_equal(waitpid(tid, &status, 0), tid);
	assert_int_equal(status, 0);
}

static void helper__that_takes_too_long_is_replaced(void **state)
{
	struct fst_helper *helper = fst_helper_new(NULL);
	const struct fst_creds ours = own();

	(void)state;
	assert_int_equal(ask(helper, &ours, "/"), 0);
	pid_t first = fst_helper_pid(helper);
	assert_true(first > 0);
	kill(first, SIGSTOP);
	harness_await_state(first, 'T');
	assert_int_equal(ask(helper, &ours, "/"), -ETIMEDOUT);
	if (fst_helper_pid(helper)) { /* as the tracer's waitpid() would */
		waitpid(first, NULL, 0);
		fst_helper_reaped(helper);
	}
	assert_int_equal(ask(helper, &ours, "/"), 0);
	assert_int_not_equal(fst_helper_pid(helper), first);
	talloc_free(helper);
}

static void helper__that_died_is_replaced(void **state)
{
	struct fst_helper *helper = fst_helper_new(NULL);
	const struct fst_creds ours = own();

	(void)state;
	assert_int_equal(ask(helper, &ours, "/"), 0);
	kill(fst_helper_pid(helper), SIGKILL);
	waitpid(fst_helper_pid(helper), NULL, 0);
	fst_helper_reaped(helper);
	assert_int_equal(ask(helper, &ours, "/none"), -ENOENT);
	talloc_free(helper);
}

/* ---- rights ------------------------------------------------------------------------------------------------------ */

static void rights__differ_by_user_group_groups_and_capabilities(void **state)
{
	struct fst_creds a = nobody(), b = a;

	(void)state;
	assert_true(fst_creds_are_same(&a, &b));
	b.fsuid++;
	assert_false(fst_creds_are_same(&a, &b));
	b = a;
	b.fsgid++;
	assert_false(fst_creds_are_same(&a, &b));
	b = a;
	b.groups[b.group_count++] = 7;
	assert_false(fst_creds_are_same(&a, &b));
	a = b;
	b.groups[0]++;
	assert_false(fst_creds_are_same(&a, &b));
	b = a;
	b.capabilities = 2;
	assert_false(fst_creds_are_same(&a, &b));
}

int main(void)
{
	const struct CMUnitTest laws[] = {
		LAW(helper__walks_with_the_rights_that_it_is_told),
		LAW(helper__without_the_right_to_take_rights_says_so),
		LAW(helper__that_takes_too_long_is_replaced),
		LAW(helper__that_died_is_replaced),
		LAW(rights__differ_by_user_group_groups_and_capabilities),
	};

	return RUN_LAWS(laws);
}
