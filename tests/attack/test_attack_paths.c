/* SPDX-License-Identifier: MIT */
/*
 * A program that changes what its paths mean while they are judged. Each attack gets through a check that resolves the
 * path and lets the call go on (naive_paths.h), and gets nothing here.
 */
#include "attack.h"
#include "naive_paths.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char place[64];

static void shell(const char *script)
{
	char text[1024], out[256];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && %s", place, script);
	harness_native(argv, out, sizeof(out));
}

/* The program has it as that descriptor, as whoever is given one has. */
static int give(const char *name, int as)
{
	char path[80];
	int fd, r;

	snprintf(path, sizeof(path), "%s/%s", place, name);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	r = dup2(fd, as);
	if (fd >= 0 && fd != as)
		close(fd);
	return r;
}

/* Ends with the number that it is given. */
static void copy_program(void)
{
	char script[512];

	snprintf(script, sizeof(script), "cp %s out/prog", harness_tracee("exit_with"));
	shell(script);
}

/* Where files are made and removed at no cost, a race makes more tries. */
static const char *quick_folder(void)
{
	struct statvfs at;

	return !statvfs("/dev/shm", &at) && !(at.f_flag & (ST_NOEXEC | ST_RDONLY)) ? "/dev/shm" : "/tmp";
}

static int make_place(void **state)
{
	snprintf(place, sizeof(place), "%s/flagstop-attack-XXXXXX", quick_folder());
	if (attack_setup(state) || !mkdtemp(place))
		return -1;
	shell("mkdir in out in/a out/deep && ln -s out in2 && echo secret >out/f && "
	      "for name in a/f f x; do echo text >in/$name; done && "
	      "ln -s ../out in/b && ln -s ../out/deep in/c && ln -s ../out/f in/y && "
	      "echo >in/prog && chmod +x in/prog && cp /bin/true in/run && "
	      "for name in prog2 run2; do ln -s ../out/prog in/$name; done");
	copy_program();
	return give("in", 8) == 8 && give("out", 9) == 9 ? 0 : -1;
}

static int remove_place(void **state)
{
	close(8);
	close(9);
	shell("cd / && rm -rf $OLDPWD");
	return harness_teardown(state);
}

static void run_confined(struct run *run, const char *program, const char *how)
{
	char script[256];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	static char policy[512];

	snprintf(policy, sizeof(policy),
		 "default allow\n"
		 "deny EACCES open openat openat2 creat stat lstat newfstatat statx execve execveat mkdir unlink "
		 "when path under \"%s/out\"\n"
		 "deny EACCES bind when addr.path under \"%s/out\"\n",
		 place, place);
	run->policy = policy;
	run->options.stacks = 0;
	snprintf(script, sizeof(script), "cd %s && exec %s %s %s", place, harness_tracee(program), how,
		 attack_limit());
	assert_int_equal(run_try(run, argv), 0);
	run_finish(run);
}

typedef void naive_check(char *const *argv, char *out, size_t size);

static void judge_by_name(char *const *argv, char *out, size_t size)
{
	char forbidden[80];

	snprintf(forbidden, sizeof(forbidden), "%s/out", place);
	naive_paths_run(place, forbidden, argv, out, size);
}

static void hand_over(char *const *argv, char *out, size_t size)
{
	naive_handles_run(place, argv, out, size);
}

static void attack(const char *program, char *how, naive_check *check)
{
	char *argv[] = { (char *)harness_tracee(program), how, "once", ATTACK_NAIVE_SECONDS, NULL };
	struct run run = RUN_INIT(NULL);
	char naive[256];

	check(argv, naive, sizeof(naive));
	shell("rm -f out/planted");
	run_confined(&run, program, how);
	attack_settle(how, naive, run.out);
	if (!strcmp(how, "create"))
		assert_int_not_equal(faccessat(9, "planted", F_OK, 0), 0);
	run_free(&run);
}

static void walk_attack(void **state)
{
	attack("attack_paths", *state, judge_by_name);
}

static void exec_attack(void **state)
{
	attack("attack_execs", *state, judge_by_name);
}

static void clone_attack(void **state)
{
	attack("attack_clones", *state, judge_by_name);
}

static void handle_attack(void **state)
{
	attack("attack_handles", *state, hand_over);
}

#define ATTACK(name, function, how) \
	{ \
		name, function, make_place, remove_place, how \
	}

int main(void)
{
	const struct CMUnitTest attacks[] = {
		ATTACK("link__in_the_first_place_exchanged_leads_nowhere", walk_attack, "first"),
		ATTACK("link__in_the_middle_exchanged_leads_nowhere", walk_attack, "middle"),
		ATTACK("link__in_front_of_dots_exchanged_leads_nowhere", walk_attack, "dots"),
		ATTACK("link__in_the_last_place_exchanged_leads_nowhere", walk_attack, "last"),
		ATTACK("link__exchanged_under_a_stat_tells_nothing", walk_attack, "stat"),
		ATTACK("link__in_the_middle_exchanged_under_a_stat_tells_nothing", walk_attack, "stat_middle"),
		ATTACK("link__exchanged_under_a_mkdir_makes_nothing", walk_attack, "mkdir"),
		ATTACK("link__exchanged_under_an_unlink_removes_nothing", walk_attack, "unlink"),
		ATTACK("directory__changed_by_a_sibling_leads_nowhere", walk_attack, "cwd"),
		ATTACK("directory__changed_by_a_process_leads_nowhere", walk_attack, "cwd_by_process"),
		ATTACK("directory__changed_under_a_bind_has_no_socket", walk_attack, "bind"),
		ATTACK("directory__changed_by_a_process_has_no_socket", walk_attack, "bind_by_process"),
		ATTACK("descriptor__changed_by_a_sibling_leads_nowhere", walk_attack, "dirfd"),
		ATTACK("link__planted_for_a_new_file_is_not_followed", walk_attack, "create"),
		ATTACK("exec__of_what_was_exchanged_does_not_run", exec_attack, "exec"),
		ATTACK("clone3__whose_flags_change_makes_nobody_untraced", clone_attack, "clone3"),
		ATTACK("handle__of_a_call_that_is_made_again_stays_its_own", handle_attack, "handle"),
	};

	return RUN_LAWS(attacks);
}
