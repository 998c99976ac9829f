/* SPDX-License-Identifier: MIT */
/*
 * Real programs with checks of their own, natively and under two policies that allow everything: one that flags every
 * file call, and one under which every path is resolved and pinned. All give the same output and status. Each row is a
 * shell script; what differs from run to run it must not print.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <jansson.h>

struct witness {
	const char *name;
	const char *needs[3]; /* files whose packages are in packages/test.txt */
	int least_flagged;    /* a run that flags less did not do its work, or was not watched */
	const char *script;
};

static const struct witness witnesses[] = {
	{ "git__is",
	  { "/usr/bin/git" },
	  5000,
	  "export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE=2020-01-01T00:00:00Z\n"
	  "export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE\n"
	  "git init -q -b main r && cd r && git config user.name a && git config user.email a@b || exit 1\n"
	  "for i in $(seq 1 20); do echo $i >f$i; git add .; git commit -q -m c$i; done\n"
	  "git checkout -q -b side HEAD~5 && echo x >g && git add g && git commit -qm side && git merge -q -m m main\n"
	  "git gc -q && git fsck 2>&1 && git clone -q . ../c && cd ../c && git log --format='%H %s'\n"
	  "git status --short; git diff --stat HEAD~3; git grep -c . | sort; git archive HEAD | cksum\n" },
	{ "sqlite__is",
	  { "/usr/bin/sqlite3" },
	  50,
	  "sqlite3 db \"pragma journal_mode=wal; create table t(a integer primary key, b text);\n"
	  "with recursive c(x) as (select 1 union all select x+1 from c where x<20000)\n"
	  "insert into t select x, hex(x*x) from c; create index i on t(b); delete from t where a%7=0; vacuum;\n"
	  "pragma integrity_check; select count(*), sum(a) from t;\"\n"
	  "sqlite3 db .dump | cksum; sqlite3 db 'pragma wal_checkpoint(truncate); reindex; pragma quick_check'\n" },
	{ "redis__is",
	  { "/usr/bin/redis-server", "/usr/bin/redis-benchmark" },
	  50,
	  "redis-server --port 0 --unixsocket $PWD/s --save '' --dir $PWD >log 2>&1 & server=$!\n"
	  "until redis-cli -s s ping 2>/dev/null | grep -q PONG; do kill -0 $server || exit 1; done\n"
	  "redis-benchmark -s s -n 2000 -q -t set,get,lpush,lrange_100 >bench 2>&1; echo bench $?\n"
	  "printf 'flushall\\nset a 1\\nincr a\\nrpush l x y z\\nlrange l 0 -1\\nsave\\nbgsave\\n' | redis-cli -s s\n"
	  "redis-cli -s s shutdown nosave; wait $server; echo server $?; ls *.rdb\n" },
	{ "make__in_parallel_is",
	  { "/usr/src/binutils/binutils-2.40.tar.xz", "/usr/bin/make", "/usr/bin/gcc" },
	  20000,
	  "tar xf /usr/src/binutils/binutils-2.40.tar.xz --strip-components=1 binutils-2.40/libiberty \\\n"
	  "  binutils-2.40/include --wildcards 'binutils-2.40/config*' binutils-2.40/install-sh \\\n"
	  "  binutils-2.40/move-if-change binutils-2.40/mkinstalldirs binutils-2.40/missing || exit 1\n"
	  "mkdir o && cd o || exit 1\n"
	  "CFLAGS=-O0 ../libiberty/configure >conf.log 2>&1; echo configure $?; cksum <config.h; grep -c yes conf.log\n"
	  "make -j2 >make.log 2>&1; echo make $?; ar t libiberty.a; cksum <libiberty.a\n" },
	{ "python__own_tests_are",
	  { "/usr/lib/python3.11/test/test_threading.py" },
	  5000,
	  "/usr/bin/python3 -m test -w test_threading test_subprocess test_signal $IGNORED >log 2>&1; echo status $?\n"
	  "grep -E '^(All|[0-9]+) .*tests? (OK|failed)' log\n" },
};

struct run {
	char folder[64];
	char output[80], report[80];
	pid_t tid;
};

static const char flag_files[] = "trace @file-system\ndefault allow\n";
/* Nothing is there; but to know that, every path must be resolved, and pinned. */
static const char pin_paths[] =
	"default allow\n"
	"deny EACCES open openat openat2 creat stat lstat newfstatat statx access faccessat faccessat2 readlink "
	"readlinkat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat "
	"chmod fchmodat fchmodat2 chown lchown fchownat mknod mknodat truncate utimensat utime utimes futimesat "
	"chdir execve execveat statfs getxattr lgetxattr listxattr llistxattr setxattr lsetxattr removexattr "
	"lremovexattr inotify_add_watch name_to_handle_at when path under \"/nothing/is/there\"\n";

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void execute(const struct witness *w, const struct run *run, const char *policy)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(run->output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (in < 0 || out < 0 || dup2(in, 0) || dup2(out, 1) != 1 || chdir(run->folder))
		_exit(99);
	if (policy)
		execl(FLAGSTOP_BUILD_DIR "/flagstop", "flagstop", "run", "-q", "--json", run->report, "-p", policy,
		      "--", "sh", "-c", w->script, NULL);
	else
		execl("/bin/sh", "sh", "-c", w->script, NULL);
	_exit(99);
}

static void start(const struct witness *w, struct run *run, const char *policy)
{
	snprintf(run->folder, sizeof(run->folder), "/tmp/flagstop-witness-XXXXXX");
	assert_non_null(mkdtemp(run->folder));
	snprintf(run->output, sizeof(run->output), "%s.out", run->folder);
	snprintf(run->report, sizeof(run->report), "%s.json", run->folder);
	run->tid = fork();
	assert_true(run->tid >= 0);
	if (!run->tid)
		execute(w, run, policy);
}

static int finish(const struct run *run)
{
	int status;

	while (waitpid(run->tid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static char *read_output(const struct run *run)
{
	FILE *file = fopen(run->output, "re");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0); /* a script that says nothing witnesses nothing */
	fclose(file);
	return text;
}

static int flagged_calls(const struct run *run)
{
	json_t *report = json_load_file(run->report, 0, NULL);
	int count = (int)json_integer_value(json_object_get(report, "calls_flagged"));

	json_decref(report);
	return count;
}

static void clean_up(const struct run *run)
{
	pid_t tid = fork();

	if (!tid) {
		execl("/bin/rm", "rm", "-rf", run->folder, run->output, run->report, NULL);
		_exit(99);
	}
	while (waitpid(tid, NULL, 0) < 0 && errno == EINTR)
		;
}

struct trial {
	const struct witness *witness;
	const char *policy;
	char name[120];
};

static void is_the_same(void **state)
{
	const struct trial *trial = *state;
	const struct witness *w = trial->witness;
	char policy[] = "/tmp/flagstop-witness-policy-XXXXXX";
	struct run native, flagged;

	for (size_t i = 0; i < sizeof(w->needs) / sizeof(*w->needs) && w->needs[i]; i++) {
		if (access(w->needs[i], F_OK)) {
			print_message("%s is not installed (packages/test.txt)\n", w->needs[i]);
			skip();
		}
	}
	int fd = mkstemp(policy);
	assert_true(fd >= 0);
	close(fd);
	write_file(policy, trial->policy);
	/* It changes the user of a child, which then executes and may not see the window any more: README, "Limits". */
	setenv("IGNORED", trial->policy == pin_paths ? "-i test_user" : "", 1);
	start(w, &native, NULL);
	start(w, &flagged, policy);
	int native_status = finish(&native), flagged_status = finish(&flagged);
	char *native_output = read_output(&native), *flagged_output = read_output(&flagged);
	int count = flagged_calls(&flagged);
	unlink(policy);
	clean_up(&native);
	clean_up(&flagged);
	assert_int_equal(flagged_status, native_status);
	assert_string_equal(flagged_output, native_output);
	assert_true(count >= w->least_flagged);
	free(native_output);
	free(flagged_output);
}

int main(void)
{
	enum { COUNT = sizeof(witnesses) / sizeof(*witnesses) };
	static struct trial trials[2 * COUNT];
	struct CMUnitTest tests[2 * COUNT];

	for (int i = 0; i < 2 * COUNT; i++) {
		const struct witness *w = &witnesses[i % COUNT];
		struct trial *trial = &trials[i];

		trial->witness = w;
		trial->policy = i < COUNT ? flag_files : pin_paths;
		snprintf(trial->name, sizeof(trial->name), "%s_the_same_when_every_%s", w->name,
			 i < COUNT ? "file_call_is_flagged" : "path_is_pinned");
		tests[i] = (struct CMUnitTest){ trial->name, is_the_same, NULL, NULL, trial };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
