/* SPDX-License-Identifier: MIT */
/*
 * Where paths lead, held against the kernel's own walk in the same process: every path that can be made of a few names,
 * in a tree that has links of all kinds in it, gives the same object, the same name or the same error.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <sched.h>

#include <tracer/paths/walk.h>

static struct fst_walker walker;
static char base[64];

enum way { QUICK,
	   SLOW,
	   CACHED };
static const enum way quick = QUICK, slow = SLOW, cached = CACHED;

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void put_link(const char *text, const char *path)
{
	assert_int_equal(symlink(text, path), 0);
}

/* A directory that is deleted afterwards; the working directory of the test. */
static int setup(void **state)
{
	char text[128];

	snprintf(base, sizeof(base), "/tmp/flagstop-walk-XXXXXX");
	if (harness_setup(state) || !mkdtemp(base) || chdir(base) || fst_walker_init(&walker))
		return -1;
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	put_file("a/f");
	put_file("a/b/g");
	put_link("a", "la");
	put_link("b/..", "a/lb");
	put_link("f", "a/lf");
	put_link("../la/lf", "a/b/up");
	put_link("nowhere", "a/dead");
	put_link("loop", "loop");
	snprintf(text, sizeof(text), "%s/a/", base);
	put_link(text, "a/abs");
	put_link("/proc/self/cwd", "a/self");
	put_link("/", "root");
	return 0;
}

static int teardown(void **state)
{
	char command[100];
	pid_t tid;

	fst_walker_release(&walker);
	assert_int_equal(chdir("/"), 0);
	snprintf(command, sizeof(command), "%s", base);
	tid = fork();
	if (!tid) {
		execl("/bin/rm", "rm", "-rf", command, NULL);
		_exit(99);
	}
	waitpid(tid, NULL, 0);
	return harness_teardown(state);
}

/* ---- walking, and what the kernel says --------------------------------------------------------------------------- */

static struct fst_walk walk_of(const char *path, bool follow)
{
	struct fst_walk walk = { .start_fd = -1, .tgid = getpid(), .tid = gettid(), .follow = follow };

	snprintf(walk.path, sizeof(walk.path), "%s", path);
	if (path[0] != '/')
		walk.start_fd = open(".", O_PATH | O_CLOEXEC);
	return walk;
}

static void run(struct fst_walk *walk, enum way way, struct fst_found *ret_found)
{
	bool had = walker.has_openat2;
	int r;

	walk->cached = way == CACHED;
	walker.has_openat2 = had && way != SLOW;
	r = fst_walk_run(&walker, walk, ret_found);
	if (r == -EAGAIN && way == CACHED) { /* as somebody would who may wait */
		walk->cached = false;
		r = fst_walk_run(&walker, walk, ret_found);
	}
	walker.has_openat2 = had;
	assert_int_equal(r, 0);
	if (walk->start_fd >= 0)
		close(walk->start_fd);
}

static void name_of(int fd, char *name, size_t size)
{
	char link[40];
	ssize_t bytes;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	bytes = readlink(link, name, size - 1);
	assert_true(bytes >= 0);
	name[bytes] = '\0';
}

static bool same(int fd, int other)
{
	struct stat a, b;

	assert_int_equal(fstat(fd, &a), 0);
	assert_int_equal(fstat(other, &b), 0);
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int open_found(const struct fst_found *found)
{
	if (found->kind == FST_FOUND_OBJECT)
		return fcntl(found->fd, F_DUPFD_CLOEXEC, 3);
	return openat(found->fd, found->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* What is wrong, or NULL. */
static const char *compare(const char *path, bool follow, enum way way)
{
	static char wrong[3 * PATH_MAX];
	struct fst_walk walk = walk_of(path, follow);
	struct fst_found found;
	char name[PATH_MAX];
	int real = open(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)), error = real < 0 ? -errno : 0;

	wrong[0] = '\0';
	run(&walk, way, &found);
	if (found.error != error) {
		snprintf(wrong, sizeof(wrong), "%s: %s, not %s", path, strerror(-found.error), strerror(-error));
	} else if (!error) {
		int ours = open_found(&found);

		name_of(real, name, sizeof(name));
		if (ours < 0 || !same(real, ours) || strcmp(name, found.canonical) ||
		    found.named != (name[0] == '/'))
			snprintf(wrong, sizeof(wrong), "%s: %s, not %s", path, found.canonical, name);
		close(ours);
	}
	if (real >= 0)
		close(real);
	if (found.fd >= 0)
		close(found.fd);
	return wrong[0] ? wrong : NULL;
}

/* A new directory there: the kernel makes it where the walk says that there is none yet. */
static const char *compare_entry(const char *path, enum way way)
{
	static char wrong[3 * PATH_MAX];
	struct fst_walk walk = walk_of(path, false);
	struct fst_found found;
	char name[PATH_MAX] = "";

	walk.entry = true;
	wrong[0] = '\0';
	run(&walk, way, &found);
	int expected = found.kind == FST_FOUND_NOTHING ? found.error :
		found.kind == FST_FOUND_OBJECT         ? -EEXIST :
		found.error == -ENOENT                 ? 0 :
							 -EEXIST;
	int error = mkdir(path, 0700) ? -errno : 0;
	if (error != expected)
		snprintf(wrong, sizeof(wrong), "mkdir %s: %s, not %s", path, strerror(-expected), strerror(-error));
	if (!error) {
		int real = open(path, O_PATH | O_CLOEXEC);

		name_of(real, name, sizeof(name));
		close(real);
		assert_int_equal(rmdir(path), 0);
		if (strcmp(name, found.canonical))
			snprintf(wrong, sizeof(wrong), "mkdir %s: %s, not %s", path, found.canonical, name);
	}
	if (found.fd >= 0)
		close(found.fd);
	return wrong[0] ? wrong : NULL;
}

/* ---- every path of a few names ----------------------------------------------------------------------------------- */

static const char *const names[] = { "a", "b", "f", "la", "lb", "lf", "up", "dead", "loop", "abs", "self", "root",
				     "..", ".", "none", "" };
enum { NAMES = sizeof(names) / sizeof(*names) };

static void each_path(unsigned depth, void (*check)(const char *path, enum way way), enum way way)
{
	unsigned total = 1;
	char path[PATH_MAX];

	for (unsigned i = 0; i < depth; i++)
		total *= NAMES;
	for (unsigned n = 0; n < total * 2; n++) {
		unsigned left = n / 2;
		/* Half of them begin at the root, so an absolute one with the tree in it. */
		int used = snprintf(path, sizeof(path), "%s", n % 2 ? base : "");

		for (unsigned i = 0; i < depth; i++, left /= NAMES)
			used += snprintf(path + used, sizeof(path) - used, "%s%s", used || i ? "/" : "",
					 names[left % NAMES]);
		if (path[0])
			check(path, way);
	}
}

static void check_follow(const char *path, enum way way)
{
	const char *wrong = compare(path, true, way);

	if (wrong)
		fail_msg("%s", wrong);
}

static void check_nofollow(const char *path, enum way way)
{
	const char *wrong = compare(path, false, way);

	if (wrong)
		fail_msg("%s", wrong);
}

static void check_entry(const char *path, enum way way)
{
	const char *wrong = compare_entry(path, way);

	if (wrong)
		fail_msg("%s", wrong);
}

static void walk__leads_where_the_kernel_goes(void **state)
{
	for (unsigned depth = 1; depth <= 3; depth++)
		each_path(depth, check_follow, *(const enum way *)*state);
}

static void walk__stops_at_a_link_where_the_kernel_does(void **state)
{
	for (unsigned depth = 1; depth <= 3; depth++)
		each_path(depth, check_nofollow, *(const enum way *)*state);
}

static void walk__finds_the_directory_that_a_new_name_is_for(void **state)
{
	for (unsigned depth = 1; depth <= 3; depth++)
		each_path(depth, check_entry, *(const enum way *)*state);
}

/* ---- long names -------------------------------------------------------------------------------------------------- */

static void both(const char *path)
{
	for (enum way way = QUICK; way <= CACHED; way++) {
		check_follow(path, way);
		check_nofollow(path, way);
	}
}

static void path__of_4095_bytes_is_walked(void **state)
{
	static char path[PATH_MAX];

	(void)state;
	for (unsigned i = 0; i < PATH_MAX - 2; i += 2)
		memcpy(path + i, "./", 2);
	path[PATH_MAX - 2] = 'a';
	assert_int_equal(strlen(path), PATH_MAX - 1);
	both(path);
}

static void name__of_256_bytes_is_too_long(void **state)
{
	char path[300];

	(void)state;
	memset(path, 'x', 256);
	path[256] = '\0';
	both(path);
	path[255] = '\0';
	both(path);
}

static void walk__of_41_links_is_a_loop(void **state)
{
	char name[16], to[16];

	(void)state;
	put_file("l0");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(to, sizeof(to), "l%d", i - 1);
		put_link(to, name);
	}
	both("l40");
	both("l41");
}

/* Deeper than a name can say: nothing is claimed. */
static void object__deeper_than_a_path_can_be_has_no_name(void **state)
{
	char name[201];
	struct fst_found found;

	(void)state;
	memset(name, 'd', 200);
	name[200] = '\0';
	for (int i = 0; i < 25; i++)
		assert_true(!mkdir(name, 0755) && !chdir(name));
	for (enum way way = QUICK; way <= CACHED; way++) {
		struct fst_walk walk = walk_of(".", true);

		run(&walk, way, &found);
		assert_int_equal(found.error, 0);
		assert_false(found.named);
		assert_string_equal(found.canonical, "");
		close(found.fd);
	}
}

/* ---- magic links ------------------------------------------------------------------------------------------------- */

static struct fst_found found_at(const char *path, enum way way)
{
	struct fst_walk walk = walk_of(path, true);
	struct fst_found found;

	run(&walk, way, &found);
	return found;
}

static void self__is_the_one_that_asks(void **state)
{
	const enum way way = *(const enum way *)*state;
	int ready[2], tid;
	char expected[100];

	assert_int_equal(pipe(ready), 0);
	tid = fork();
	if (!tid) {
		char byte;

		close(ready[1]);
		while (read(ready[0], &byte, 1) > 0)
			;
		_exit(0);
	}
	static const char *const paths[][2] = { { "/proc/self/status", "/proc/%1$d/status" },
						{ "/proc/thread-self/comm", "/proc/%1$d/task/%1$d/comm" },
						{ "/proc/mounts", "/proc/%1$d/mounts" },
						{ "/dev/fd", "/proc/%1$d/fd" },
						{ "/proc/self/none/x", "/proc/%1$d/none/x" } };
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct fst_walk walk = walk_of(paths[i][0], true);
		struct fst_found found;

		walk.tgid = walk.tid = tid;
		run(&walk, way, &found);
		snprintf(expected, sizeof(expected), paths[i][1], tid);
		assert_string_equal(found.canonical, expected);
		close(found.fd);
	}
	close(ready[0]);
	close(ready[1]);
	waitpid(tid, NULL, 0);
}

static void descriptor__with_a_name_leads_to_that_name(void **state)
{
	const enum way way = *(const enum way *)*state;
	int fd = open("a/f", O_RDONLY | O_CLOEXEC);
	char path[64], expected[100];

	snprintf(expected, sizeof(expected), "%s/a/f", base);
	for (int i = 0; i < 3; i++) {
		static const char *const forms[] = { "/proc/self/fd/%d", "/dev/fd/%d", "/proc/thread-self/fd/%d" };

		snprintf(path, sizeof(path), forms[i], fd);
		struct fst_found found = found_at(path, way);
		assert_string_equal(found.canonical, expected);
		assert_true(found.named && found.by_name && same(found.fd, fd));
		close(found.fd);
	}
	close(fd);
}

static void descriptor__of_a_deleted_file_has_the_name_but_is_not_there(void **state)
{
	const enum way way = *(const enum way *)*state;
	int fd = open("a/gone", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	char path[64], expected[100];

	unlink("a/gone");
	put_file("a/gone (deleted)"); /* not what is meant */
	snprintf(expected, sizeof(expected), "%s/a/gone (deleted)", base);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct fst_found found = found_at(path, way);
	assert_string_equal(found.canonical, expected);
	assert_true(found.named && !found.by_name && same(found.fd, fd));
	close(found.fd);
	close(fd);
}

static void descriptor__without_a_name_has_none(void **state)
{
	const enum way way = *(const enum way *)*state;
	int pair[2];
	char path[64];

	assert_int_equal(pipe(pair), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pair[0]);
	struct fst_found found = found_at(path, way);
	assert_false(found.named);
	assert_memory_equal(found.canonical, "pipe:[", 6);
	assert_true(same(found.fd, pair[0]));
	close(found.fd);
	close(pair[0]);
	close(pair[1]);
}

static void link__of_a_descriptor_itself_is_an_entry(void **state)
{
	(void)state;
	both("/proc/self/fd/0");
	both("/proc/self/exe");
	both("/proc/self/cwd");
	both("/proc/self/cwd/a/../a/lf");
	both("/proc/self/root/etc/hostname");
	both("/proc/self/fd/none");
	both("/proc/self/fd/0/x");
	both("/proc/none");
	both("/proc/self/../self/ns/mnt");
}

static void link__of_a_mapping_is_not_followed(void **state)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512] = "", path[600];

	(void)state;
	while (!strchr(line, '/')) /* a mapping of a file: only those have links */
		assert_non_null(fgets(line, sizeof(line), maps));
	fclose(maps);
	snprintf(path, sizeof(path), "/proc/self/map_files/%.*s", (int)strcspn(line, " "), line);
	assert_int_equal(access(path, F_OK), 0);
	for (enum way way = QUICK; way <= CACHED; way++) {
		struct fst_found found = found_at(path, way);
		assert_int_equal(found.error, -EACCES);
		assert_int_equal(found.kind, FST_FOUND_NOTHING);
	}
}

/* ---- mounts and namespaces: in children, which can be given up --------------------------------------------------- */

/* In a mount namespace of its own, where /etc is bound at a; tells by its exit status what was not as it should be. */
static int look_at_mounts(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 77;
	if (mount("/etc", "a", NULL, MS_BIND, NULL))
		return 77;
	for (enum way way = QUICK; way <= CACHED; way++) {
		if (compare("a/hostname", true, way) || compare("a/../a/hosts", true, way) ||
		    compare("la/..", true, way) || compare("a", false, way))
			return 1;
		struct fst_found found = found_at("a/hostname", way);
		if (strncmp(found.canonical, base, strlen(base)) || !found.by_name)
			return 2;
		close(found.fd);
	}
	return 0;
}

static int in_child(int (*look)(void))
{
	int status;
	pid_t tid;

	fflush(stdout);
	tid = fork();
	if (!tid) {
		fst_walker_release(&walker); /* its /proc/self is the parent's */
		_exit(fst_walker_init(&walker) ? 99 : look());
	}
	assert_int_equal(waitpid(tid, &status, 0), tid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no mount namespaces for us here\n");
		skip();
	}
	return WEXITSTATUS(status);
}

static void mount__is_a_place_like_any_other(void **state)
{
	(void)state;
	assert_int_equal(in_child(look_at_mounts), 0);
}

static int look_at_new_mounts(void)
{
	char below[96], beside[96];

	fst_walker_release(&walker);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || fst_walker_init(&walker))
		return 77;
	snprintf(below, sizeof(below), "%s/a/b", base);
	snprintf(beside, sizeof(beside), "%s/ab", base);
	fst_mounts_look_for_changes(&walker);
	if (!fst_mounts_know_names(&walker, below) || mount("proc", "a", "proc", 0, NULL))
		return 77;
	walker.mounts_looked_ns = 0; /* as if it was long ago */
	fst_mounts_look_for_changes(&walker);
	if (fst_mounts_know_names(&walker, below) || !fst_mounts_know_names(&walker, beside))
		return 1;
	umount("a");
	walker.mounts_looked_ns = 0;
	fst_mounts_look_for_changes(&walker);
	return !fst_mounts_know_names(&walker, below);
}

static void mount__that_is_new_is_noticed(void **state)
{
	(void)state;
	assert_int_equal(in_child(look_at_new_mounts), 0);
}

static int other_namespace(void)
{
	int go[2];
	char byte = 0, path[160];

	if (pipe(go))
		return 99;
	pid_t tid = fork();
	if (!tid) {
		int bad = unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			mount("/etc", "a", NULL, MS_BIND, NULL);

		byte = bad ? 'n' : 'y';
		if (write(go[1], &byte, 1) == 1)
			pause();
		_exit(0);
	}
	if (read(go[0], &byte, 1) != 1 || byte != 'y') {
		kill(tid, SIGKILL);
		waitpid(tid, NULL, 0);
		return 77;
	}
	int wrong = 0;
	for (enum way way = QUICK; way <= CACHED; way++) {
		snprintf(path, sizeof(path), "/proc/%d/root%s/a/hostname", (int)tid, base);
		struct fst_found found = found_at(path, way);
		if (found.kind != FST_FOUND_OBJECT || found.named || found.canonical[0] == '/')
			wrong = 1;
		close(found.fd);
		snprintf(path, sizeof(path), "/proc/%d/root%s/a/none", (int)tid, base);
		found = found_at(path, way);
		if (found.named || found.canonical[0] == '/')
			wrong = 2;
		close(found.fd);
	}
	kill(tid, SIGKILL);
	waitpid(tid, NULL, 0);
	return wrong;
}

/* A bind mount there could give any file any name. */
static void name__in_another_mount_namespace_is_none(void **state)
{
	(void)state;
	assert_int_equal(in_child(other_namespace), 0);
}

/* ---- rights ------------------------------------------------------------------------------------------------------ */

static int as_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 77;
	for (enum way way = QUICK; way <= CACHED; way++) {
		if (compare("closed/f", true, way) || compare("closed/.", true, way) ||
		    compare("closed/none/x", true, way) || compare("closed", true, way) ||
		    compare("closed/../a/f", true, way))
			return 1;
		/* sysctl fs.protected_symlinks, if it is on: the kernel does not follow it, nor do we */
		if (compare("sticky/theirs", true, way) || compare("sticky/theirs", false, way))
			return 2;
	}
	return 0;
}

static void rights__are_those_of_who_walks(void **state)
{
	(void)state;
	if (getuid()) {
		print_message("not root: nobody else's rights can be had\n");
		skip();
	}
	assert_int_equal(chmod(base, 0755), 0);
	assert_int_equal(mkdir("closed", 0700), 0);
	put_file("closed/f");
	assert_int_equal(mkdir("sticky", 0700), 0);
	assert_int_equal(chown("sticky", 1, 1), 0);
	assert_int_equal(chmod("sticky", 01777), 0);
	put_link("/etc/hostname", "sticky/theirs");
	assert_int_equal(in_child(as_nobody), 0);
}

/* ---- openat2's own rules ----------------------------------------------------------------------------------------- */

static void resolve__rules_of_the_call_hold(void **state)
{
	static const uint64_t rules[] = { RESOLVE_BENEATH, RESOLVE_IN_ROOT,
					  RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS,
					  RESOLVE_NO_XDEV, RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	static const char *const paths[] = { "a/f", "a/lf", "a/../a", "../tmp", "root/etc", "a/abs/f", "a/self",
					     "/etc", "a/none", "a/none/x", "/proc/self/exe", "a/b/up", "." };

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		for (size_t j = 0; j < sizeof(paths) / sizeof(*paths); j++) {
			struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = rules[i] };
			int start = open(".", O_PATH | O_CLOEXEC);
			int real = (int)syscall(SYS_openat2, start, paths[j], &how, sizeof(how));
			int error = real < 0 ? -errno : 0;
			struct fst_walk walk = walk_of(paths[j], true);
			struct fst_found found;

			if (walk.start_fd < 0)
				walk.start_fd = open(".", O_PATH | O_CLOEXEC);
			walk.resolve = rules[i];
			run(&walk, QUICK, &found);
			if (found.error != error)
				fail_msg("%s with %#llx: %s, not %s", paths[j], (unsigned long long)rules[i],
					 strerror(-found.error), strerror(-error));
			if (!error)
				assert_true(same(real, found.fd));
			close(real);
			close(start);
			close(found.fd);
		}
	}
}

#define WALK_LAW(function) \
	{ \
#function, function, setup, teardown, NULL \
	}
#define WALK_LAWS(function) \
	{ #function "__by_openat2", function, setup, teardown, (void *)&quick }, \
		{ #function "__by_components", function, setup, teardown, (void *)&slow }, \
	{ \
#function "__without_waiting", function, setup, teardown, (void *)&cached \
	}

int main(void)
{
	const struct CMUnitTest laws[] = {
		WALK_LAWS(walk__leads_where_the_kernel_goes),
		WALK_LAWS(walk__stops_at_a_link_where_the_kernel_does),
		WALK_LAWS(walk__finds_the_directory_that_a_new_name_is_for),
		WALK_LAW(path__of_4095_bytes_is_walked),
		WALK_LAW(name__of_256_bytes_is_too_long),
		WALK_LAW(walk__of_41_links_is_a_loop),
		WALK_LAW(object__deeper_than_a_path_can_be_has_no_name),
		WALK_LAWS(self__is_the_one_that_asks),
		WALK_LAWS(descriptor__with_a_name_leads_to_that_name),
		WALK_LAWS(descriptor__of_a_deleted_file_has_the_name_but_is_not_there),
		WALK_LAWS(descriptor__without_a_name_has_none),
		WALK_LAW(link__of_a_descriptor_itself_is_an_entry),
		WALK_LAW(link__of_a_mapping_is_not_followed),
		WALK_LAW(mount__is_a_place_like_any_other),
		WALK_LAW(mount__that_is_new_is_noticed),
		WALK_LAW(name__in_another_mount_namespace_is_none),
		WALK_LAW(rights__are_those_of_who_walks),
		WALK_LAW(resolve__rules_of_the_call_hold),
	};

	return RUN_LAWS(laws);
}
