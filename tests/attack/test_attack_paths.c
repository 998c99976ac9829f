/* SPDX-License-Identifier: MIT */
/*
 * A program that changes what its paths mean while they are judged. Each attack gets through a check that resolves the
 * path and lets the call go on (naive_paths.h), and gets nothing here.
 */
#include "../system/harness.h"
#include "naive_paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS "3"        /* FLAGSTOP_ATTACK_SECONDS says otherwise */
#define NAIVE_SECONDS "20" /* at most: it ends with the first escape */

static char place[64];

static void shell(const char *script)
{
	char text[1024], out[256];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && %s", place, script);
	harness_native(argv, out, sizeof(out));
}

static int make_place(void **state)
{
	int in, out;
	char name[80];

	snprintf(place, sizeof(place), "/tmp/flagstop-attack-XXXXXX");
	if (harness_setup(state) || !mkdtemp(place))
		return -1;
	shell("mkdir in out in/a && echo text >in/a/f && echo text >in/f && echo text >in/x && echo secret >out/f && "
	      "ln -s ../out in/b && ln -s ../out/f in/y && cp /bin/true in/prog && "
	      "cp /usr/bin/touch out/prog && ln -s ../out/prog in/prog2");
	snprintf(name, sizeof(name), "%s/in", place);
	in = open(name, O_RDONLY | O_DIRECTORY);
	snprintf(name, sizeof(name), "%s/out", place);
	out = open(name, O_RDONLY | O_DIRECTORY);
	/* The program has both, as whoever is given a descriptor has. */
	if (dup2(in, 8) != 8 || dup2(out, 9) != 9)
		return -1;
	close(in);
	close(out);
	return 0;
}

static int remove_place(void **state)
{
	close(8);
	close(9);
	shell("cd / && rm -rf $OLDPWD");
	return harness_teardown(state);
}

static const char *seconds(void)
{
	const char *said = getenv("FLAGSTOP_ATTACK_SECONDS");

	return said ? said : SECONDS;
}

static void run_confined(struct run *run, const char *program, const char *how)
{
	char script[256];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	static char policy[512];

	snprintf(policy, sizeof(policy),
		 "default allow\n"
		 "deny EACCES open openat openat2 creat stat lstat newfstatat statx execve execveat when path under "
		 "\"%s/out\"\n",
		 place);
	run->policy = policy;
	run->options.stacks = 0;
	snprintf(script, sizeof(script), "cd %s && exec %s %s %s", place, harness_tracee(program), how, seconds());
	assert_int_equal(run_try(run, argv), 0);
	run_finish(run);
	print_message("%s %s: %s", program, how, run->out);
	assert_true(atol(run->out) > 5); /* it did attack */
}

static void run_naive(const char *program, char *how, char *limit, char *out, size_t size)
{
	char forbidden[80];
	char *argv[] = { (char *)harness_tracee(program), how, "once", limit, NULL };

	snprintf(forbidden, sizeof(forbidden), "%s/out", place);
	naive_paths_run(place, forbidden, argv, out, size);
}

static void walk_attack(void **state)
{
	char *how = *state, naive[256];
	struct run run = RUN_INIT(NULL);
	long tries, escapes = -1;

	run_naive("attack_paths", how, NAIVE_SECONDS, naive, sizeof(naive));
	assert_int_equal(sscanf(naive, "%ld tries %ld escapes", &tries, &escapes), 2);
	assert_true(escapes > 0);
	unlinkat(9, "planted", 0);
	run_confined(&run, "attack_paths", how);
	assert_int_equal(sscanf(run.out, "%ld tries %ld escapes", &tries, &escapes), 2);
	assert_int_equal(escapes, 0);
	if (!strcmp(how, "create"))
		assert_int_not_equal(faccessat(9, "planted", F_OK, 0), 0);
	run_free(&run);
}

/* ---- exec -------------------------------------------------------------------------------------------------------- */

static void exec__of_what_was_exchanged_does_not_run(void **state)
{
	char naive[256];
	struct run run = RUN_INIT(NULL);

	(void)state;
	run_naive("attack_execs", "x", NAIVE_SECONDS, naive, sizeof(naive));
	assert_int_equal(faccessat(8, "escapes", F_OK, 0), 0);
	assert_int_equal(unlinkat(8, "escapes", 0), 0);
	run_confined(&run, "attack_execs", "x");
	assert_int_not_equal(faccessat(8, "escapes", F_OK, 0), 0);
	run_free(&run);
}

#define ATTACK(name, function, how) \
	{ \
		name, function, make_place, remove_place, how \
	}

int main(void)
{
	const struct CMUnitTest attacks[] = {
		ATTACK("link__in_the_middle_exchanged_leads_nowhere", walk_attack, "middle"),
		ATTACK("link__in_the_last_place_exchanged_leads_nowhere", walk_attack, "last"),
		ATTACK("link__exchanged_under_a_stat_tells_nothing", walk_attack, "stat"),
		ATTACK("directory__changed_by_a_sibling_leads_nowhere", walk_attack, "cwd"),
		ATTACK("descriptor__changed_by_a_sibling_leads_nowhere", walk_attack, "dirfd"),
		ATTACK("link__planted_for_a_new_file_is_not_followed", walk_attack, "create"),
		ATTACK("exec__of_what_was_exchanged_does_not_run", exec__of_what_was_exchanged_does_not_run, NULL),
	};

	return RUN_LAWS(attacks);
}
