/* SPDX-License-Identifier: MIT */
/*
 * Policies on paths, live: a directory with `in`, where all is permitted, and `out`, where nothing is. Each row is a
 * shell script; the same script without flagstop says what the kernel makes of it.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* @ is the directory. What programs need to start stands in @SYSTEM. */
#define FILE_CALLS \
	"open openat openat2 creat stat lstat newfstatat statx mkdir mkdirat rmdir unlink unlinkat rename renameat " \
	"renameat2 link linkat symlink symlinkat chmod fchmodat truncate chdir readlink readlinkat access faccessat " \
	"faccessat2"
#define POLICY(more) \
	"default allow\n" \
	"deny EACCES " FILE_CALLS more " when path under \"@/out\"\n"

/* What C libraries of 32-bit ABIs call besides. */
static const char *policy(void)
{
	return sizeof(long) == 4 ? POLICY(" stat64 lstat64 truncate64") : POLICY("");
}

struct row {
	const char *name;
	const char *script;   /* $d does the deeds */
	const char *expected; /* NULL: what it gives without flagstop */
};

static const struct row rows[] = {
	{ "open__what_is_permitted_opens", "$d open in/f; $d oldopen in/f; $d open $PWD/in/f; "
					   "$d open in/../in/f",
	  NULL },
	{ "open__what_is_not_gives_the_rules_errno", "$d open out/f; $d oldopen out/f; $d openat2 out/f; "
						     "$d open out/none",
	  "EACCES\nEACCES\nEACCES\nEACCES\n" },
	{ "open__a_link_is_what_it_leads_to", "$d open in/to_out; $d open to_in/f; $d open in/to_out_dir/f",
	  "EACCES\ndone\nEACCES\n" },
	{ "open__dots_lead_out", "$d open in/../out/f; $d open in/deep/../../out/f; cd in; "
				 "$d open ../out/f; $d open f",
	  "EACCES\nEACCES\nEACCES\ndone\n" },
	{ "open__what_is_not_there_is_not_there", "$d open in/none; $d open in/none/x; $d open in/f/x; "
						  "$d open in/loop",
	  NULL },
	{ "open__flags_about_links_mean_what_they_did",
	  "$d open in/link 0x20000; $d open in/f 0x20000; $d open in/link 0x220000; $d open in/link 0xc1; "
	  "$d open in/f 0xc1; $d open in/dead 0xc1; $d open in/dead 0x41; cat in/nowhere; $d open in/link/",
	  NULL },
	{ "open__a_slash_or_a_dot_at_the_end_means_a_directory",
	  "$d open in/; $d open in/deep/.; $d open ./; $d open .; $d open $PWD/in//; $d open in/./deep/././; "
	  "$d open in/f/; $d open in/f/.; $d open in/none/; $d open in/link/; $d open in/to_deep/ 0x20000; "
	  "$d open in/to_deep/.; $d open in/to_deep/ 0x220000; $d open in/deep/ 0x410041; $d open in/deep/. 0x41",
	  NULL },
	{ "open__a_slash_or_a_dot_at_the_end_leads_nowhere_else",
	  "$d open out/; $d open out/.; $d open $PWD/out//; $d open in/to_out_dir/; $d open in/to_out_dir/.; "
	  "$d open in/to_out_dir/ 0x220000; $d open out/none/",
	  "EACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\n" },
	{ "open__below_a_descriptor_is_below_its_directory",
	  "$d below in f; $d below in/deep ../f; $d below in/f x; $d below in link; $d below in deep/; "
	  "$d below in none; $d below none f; $d below . in/f; $d below in $PWD/in/f; $d below in/to_deep ../f; "
	  "$d below / etc/passwd; cd in/deep; $d below . .; rmdir ../deep; $d below . x; $d below . .",
	  NULL },
	{ "open__below_a_descriptor_leads_nowhere_else",
	  "$d below in to_out; $d below . out/f; $d below in ../out/f; $d below in to_out_dir/f; "
	  "$d below in $PWD/out/f; $d below in to_out_dir/; $d below in/to_deep ../../out/f",
	  "EACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\n" },
	{ "open__creates_where_it_may",
	  "$d open in/new 0x41; ls in/new; $d open out/new 0x41; ls out; $d open in/to_out_dir/new 0x41; "
	  "$d open in/new/ 0x41; $d open in/deep/ 0x41",
	  "done\nin/new\nEACCES\nEACCES\nEISDIR\nEISDIR\n" },
	{ "open__mode_and_umask_are_the_programs", "umask 077; $d open in/m 0x41; stat -c %a in/m; umask 0; "
						   "$d open in/m2 0x41; stat -c %a in/m2",
	  NULL },
	{ "openat2__rules_of_its_own_hold", "$d openat2 in/link 4; $d openat2 in/../in/f 8; "
					    "$d openat2 $PWD/in/f 8; "
					    "$d openat2 in/f 0x10; $d openat2 in/f; $d openat2 in/to_out 4",
	  NULL },
	{ "stat__a_link_itself_or_what_it_leads_to", "$d stat in/link; $d lstat in/link; $d lstat in/f; "
						     "$d lstat in/deep/; "
						     "$d lstat in/to_deep/; $d stat in/none; "
						     "$d lstat in/dead; $d stat in/dead; readlink in/link",
	  NULL },
	{ "stat__a_link_may_be_looked_at_where_its_end_may_not", "$d lstat in/to_out; $d stat in/to_out; "
								 "readlink in/to_out",
	  "0\nEACCES\n../out/f\n" },
	{ "names__are_made_and_removed", "$d mkdir in/d; $d mkdir in/d; $d mkdir in/d2/; $d rmdir in/d; "
					 "$d rmdir in/d; "
					 "$d rename in/d2 in/d3; $d rename in/d3/ in/d4/; "
					 "$d link in/f in/f2; $d symlink f in/s; $d rename in/f2 in/s; "
					 "$d unlink in/s; $d unlink in/none; $d unlink in/deep; "
					 "$d rmdir in/f; ls in",
	  NULL },
	{ "names__of_dots_are_none", "$d mkdir in/.; $d mkdir in/..; $d mkdir /; $d rmdir in/.; "
				     "$d rmdir in/deep/..; $d rmdir /; "
				     "$d unlink in/.; $d unlink in/deep/..; $d rename in/. in/x; "
				     "$d rename in/f in/..; $d symlink x in/.",
	  NULL },
	{ "names__outside_are_neither_made_nor_removed",
	  "$d mkdir out/d; $d unlink out/f; $d rename in/f out/f; $d rename out/f in/x; $d link out/f in/x; "
	  "$d link in/f out/x; $d symlink x out/x; $d mkdir in/to_out_dir/x; ls in/x out 2>&1; true",
	  "EACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\nEACCES\n"
	  "ls: cannot access 'in/x': No such file or directory\n"
	  "ls: cannot access 'out': Permission denied\n" },
	{ "deeds__act_on_what_is_meant", "$d chmod in/link; stat -c %a in/f; $d truncate in/link; stat -c %s in/f; "
					 "$d chdir in/to_deep; $d chdir in/f; $d chmod in/none",
	  NULL },
	{ "deeds__do_not_act_on_what_is_not", "$d chmod in/to_out; $d truncate in/to_out; $d chdir in/to_out_dir",
	  "EACCES\nEACCES\nEACCES\n" },
	{ "magic_links__are_the_programs_own",
	  "readlink /proc/self/cwd | sed s,$PWD,here,; $d open /proc/self/cwd/in/f; echo x | cat /dev/stdin; "
	  "cat /proc/self/comm; cat /dev/fd/3 3<in/f; exec 4<in/gone 5<in/f; rm in/gone; cat /proc/self/fd/4; "
	  "cat <<end\nhere\nend\n",
	  NULL },
	{ "magic_links__lead_where_they_lead", "$d open /proc/self/cwd/out/f; $d open /proc/self/root$PWD/out/f; "
					       "$d open /proc/$$/cwd/out/f; $d open /proc/self/cwd/in/../out/f",
	  "EACCES\nEACCES\nEACCES\nEACCES\n" },
	{ "path__that_is_long_is_what_the_kernel_says",
	  "p=$(printf './%.0s' $(seq 2000)); $d open ${p}in/f; $d open ${p}${p}in/f; "
	  "$d open in/$(printf 'x%.0s' $(seq 256))",
	  NULL },
	{ "path__that_is_empty_is_none", "$d open ''; $d stat ''; $d mkdir ''; $d rename in/f ''", NULL },
	{ "directory__that_was_changed_is_where_a_path_begins",
	  "echo deep >in/deep/f; cd in; read a <f; cd deep; read b <f; cd ..; read c <f; echo $a $b $c; $d moved deep",
	  "text deep text\ndone\n" },
	{ "descriptor__of_a_directory_is_where_a_path_begins", "cd in/deep; $d open ../f; "
							       "$d open ../../out/f; rmdir ../deep; "
							       "$d open .; $d open x; $d open x 0x41; $d mkdir y",
	  "done\nEACCES\ndone\nENOENT\nENOENT\nENOENT\n" },
};

/* ---- the place --------------------------------------------------------------------------------------------------- */

static void shell(const char *folder, const char *script, char *out, size_t size)
{
	char text[4096];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && d=%s && %s", folder, harness_tracee("path_deed"), script);
	harness_native(argv, out, size);
}

static void make_place(char folder[64])
{
	char out[64];

	snprintf(folder, 64, "/tmp/flagstop-paths-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0755), 0);
	shell(folder,
	      "mkdir -m 777 in out in/deep && echo text >in/f && echo secret >out/f && ln -s f in/link && "
	      "ln "
	      "-s "
	      "../out/f "
	      "in/to_out && ln -s ../out in/to_out_dir && ln -s in to_in && ln -s nowhere in/dead && "
	      "ln -s loop in/loop && ln -s deep in/to_deep && echo gone >in/gone",
	      out, sizeof(out));
}

static void remove_place(const char *folder)
{
	char out[64];

	shell(folder, "cd / && rm -rf $OLDPWD", out, sizeof(out));
}

/* The text with the folder for each @. */
static char *fill(const char *text, const char *folder)
{
	static char filled[4096];
	size_t used = 0;

	for (; *text; text++)
		used += (size_t)snprintf(filled + used, sizeof(filled) - used, "%.*s", *text == '@' ? 64 : 1,
					 *text == '@' ? folder : text);
	return filled;
}

static void run_script(struct run *run, const char *folder, const char *script)
{
	char text[4096];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && d=%s && %s", folder, harness_tracee("path_deed"), script);
	assert_int_equal(run_try(run, argv), 0);
	run_finish(run);
}

static void script_row(void **state)
{
	static char native[32 * 1024];
	const struct row *row = *state;
	const char *expected = row->expected;
	char folder[64];

	make_place(folder);
	if (!expected) {
		shell(folder, row->script, native, sizeof(native));
		expected = native;
		remove_place(folder);
		make_place(folder);
	}
	struct run run = RUN_INIT(fill(policy(), folder));
	run_script(&run, folder, row->script);
	remove_place(folder);
	/* Names that differ between the two places do not matter. */
	assert_string_equal(run.out, expected);
	run_free(&run);
}

/* ---- as somebody else -------------------------------------------------------------------------------------------- */

static void script_as_nobody(void **state)
{
	static char native[32 * 1024];
	const struct row *row = *state;
	char folder[64], text[4096];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	command_need_nobody();
	make_place(folder);
	snprintf(text, sizeof(text), "cd %s && d=%s && %s", folder, harness_tracee("path_deed"), row->script);
	struct command plain = COMMAND_INIT("default allow\n");
	plain.uid = NOBODY;
	plain.report = "none";
	if (!row->expected) {
		command_whole(&plain, argv);
		snprintf(native, sizeof(native), "%s", plain.out);
		remove_place(folder);
		make_place(folder);
		snprintf(text, sizeof(text), "cd "
					     "%s && d=%s && %s",
			 folder, harness_tracee("path_deed"), row->script);
	}
	struct command confined = COMMAND_INIT(fill(policy(), folder));
	confined.uid = NOBODY;
	command_whole(&confined, argv);
	remove_place(folder);
	assert_string_equal(confined.out, row->expected ? row->expected : native);
}

/* ---- rules on links ---------------------------------------------------------------------------------------------- */

/* What a rule names may be a link, or not be there yet: it holds of where that leads, live and when it is explained. */
#ifdef SYS_mkdir
#define MKDIRS "mkdir mkdirat"
#else /* newer architectures never had it */
#define MKDIRS "mkdirat"
#endif

static void rule__on_a_link_holds_of_where_it_leads(void **state)
{
	static const char policy_text[] = "default allow\n"
					  "deny EACCES openat when path under \"@/in/to_out_dir\"\n"
					  "deny EBUSY " MKDIRS " when path is \"@/to_in/none\"\n";
	char folder[64], call[128], resolved[PATH_MAX], verdict[64];
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_explanation e;

	(void)state;
	make_place(folder);
	struct run run = RUN_INIT(fill(policy_text, folder));
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", run.policy, strlen(run.policy), NULL), 0);
	assert_int_equal(flagstop_policy_map_paths(policy, flagstop_path_resolve, resolved), 0);
	run_script(&run, folder, "$d open out/f; $d open in/to_out_dir/f; $d open in/f; $d mkdir in/none; $d mkdir n");
	snprintf(call, sizeof(call), "openat(_, \"%s/out/f\")", folder);
	assert_int_equal(
		flagstop_policy_explain(policy, flagstop_abi_native(), call, FLAGSTOP_REPORT_NONE, &e, NULL), 0);
	flagstop_verdict_format(e.verdict, verdict, sizeof(verdict));
	remove_place(folder);
	assert_string_equal(run.out, "EACCES\nEACCES\ndone\nEBUSY\n0\n");
	assert_string_equal(verdict, "deny EACCES");
	flagstop_policy_free(policy);
	run_free(&run);
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

/* Of a call, from its beginning on: given -> folder/resolved. */
static bool was_told_of(const struct run *run, const char *call, const char *given, const char *folder,
			const char *resolved)
{
	char text[256];
	int bytes = snprintf(text, sizeof(text), "%s\"%s\" -> \"%s/%s\", ", call, given, folder, resolved);

	for (size_t i = 0; i < flagstop_session_event_count(run->session); i++)
		if (!strncmp(flagstop_session_event(run->session, i)->example, text, (size_t)bytes))
			return true;
	return false;
}

static bool was_told(const struct run *run, const char *given, const char *folder, const char *resolved)
{
	return was_told_of(run, "openat(AT_FDCWD, ", given, folder, resolved);
}

static void denial__names_paths_as_given_and_as_resolved(void **state)
{
	char folder[64];

	(void)state;
	make_place(folder);
	struct run run = RUN_INIT(fill(policy(), folder));
	run_script(&run, folder, "cat in/to_out; cat in/../out/none");
	assert_true(was_told(&run, "in/to_out", folder, "out/f"));
	assert_true(was_told(&run, "in/../out/none", folder, "out/none"));
	remove_place(folder);
	run_free(&run);
}

/* ---- exec -------------------------------------------------------------------------------------------------------- */

static const struct exec_row {
	const char *name, *script, *expected;
} exec_rows[] = {
	{ "exec__what_is_permitted_runs", "cp /bin/echo in/e; in/e a; $PWD/in/e b; ln -s e in/l; in/l c", "a\nb\nc\n" },
	{ "exec__what_is_not_does_not", "cp /bin/echo out/e; out/e a; ln -s ../out/e in/l; in/l b; echo $?", "126\n" },
	{ "exec__a_script_runs_by_its_own_name",
	  "printf '#!/bin/sh\necho $0\n' >in/s; chmod +x in/s; in/s | sed s,.*/,,",
	  "s\n" },
	{ "exec__a_script_needs_its_interpreter_permitted",
	  "cp /bin/echo out/e; printf \"#!$PWD/out/e\\n\" >in/s; chmod +x in/s; in/s; echo $?", "137\n" },
	{ "exec__by_a_thread_that_does_not_lead_needs_that_as_well",
	  "cp /bin/echo out/e; printf \"#!$PWD/out/e\\n\" >in/s; chmod +x in/s; ${d%path_deed}thread_exec_of in/s; "
	  "echo $?; printf '#!/bin/sh\necho s\n' >in/t; chmod +x in/t; ${d%path_deed}thread_exec_of in/t",
	  "137\ns\n" },
	{ "exec__the_name_of_a_program_is_its_own", "cp /bin/cat in/c; in/c /proc/self/comm", "c\n" },
};

static void exec_row(void **state)
{
	const struct exec_row *row = *state;
	char folder[64];

	make_place(folder);
	struct run run = RUN_INIT(fill("default allow\n"
				       "deny EACCES execve execveat when path under \"@/out\"\n",
				       folder));
	run_script(&run, folder, row->script);
	remove_place(folder);
	assert_string_equal(run.out, row->expected);
	run_free(&run);
}

static void denial__names_what_a_script_was_to_be_run_by(void **state)
{
	char folder[64];

	(void)state;
	make_place(folder);
	struct run run = RUN_INIT(fill("default allow\ndeny EACCES execve when path under \"@/out\"\n", folder));
	run_script(&run, folder, "cp /bin/echo out/e; printf \"#!$PWD/out/e\\n\" >in/s; chmod +x in/s; in/s; true");
	assert_true(was_told_of(&run, "execve(", "in/s", folder, "out/e"));
	remove_place(folder);
	run_free(&run);
}

/* By calls of all architectures; those that one alone has are test_attack_pins'. */
static void open__takes_one_stop_where_there_is_a_stub(void **state)
{
	const enum flagstop_abi abi = flagstop_abi_native();
	bool has_stub = abi == FLAGSTOP_ABI_X86_64 || abi == FLAGSTOP_ABI_I386;
	bool by_stub = has_stub && harness_backend() != FLAGSTOP_BACKEND_PTRACE;
	struct run run = RUN_INIT("default allow\ndeny EACCES open openat openat2 when path is \"/etc/secret\"\n");

	(void)state;
	run.options.report = FLAGSTOP_REPORT_NONE;
	run_whole(&run, "pin_loop", "/etc/hostname", "3000", NULL);
	assert_string_equal(run.out, "calls 3000 wrong 0 failed 0\n");
	assert_in_range(run.summary.stops, by_stub ? 3000 : 6000, by_stub ? 3100 : UINT64_MAX);
	run_free(&run);
}

static void window__is_not_to_be_had_away(void **state)
{
	struct run run = RUN_INIT("default allow\ndeny EACCES openat when path is \"/none\"\n");

	(void)state;
	run_whole(&run, "map_over", "/dev/null", NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "over 1 below 1 unmap 1 detach 22 protect 1 elsewhere 0 there 1\n");
	run_free(&run);
}

enum { ROWS = sizeof(rows) / sizeof(*rows) };

int main(void)
{
	enum { EXECS = sizeof(exec_rows) / sizeof(*exec_rows) };
	static struct CMUnitTest laws[2 * ROWS + EXECS + 5];
	static char names[ROWS][100];

	struct CMUnitTest *law = laws;

	*law++ = (struct CMUnitTest)LAW(window__is_not_to_be_had_away);
	*law++ = (struct CMUnitTest)LAW(open__takes_one_stop_where_there_is_a_stub);
	for (int i = 0; i < ROWS; i++)
		*law++ = (struct CMUnitTest)LAW_WITH(rows[i].name, script_row, &rows[i]);
	for (int i = 0; i < EXECS; i++)
		*law++ = (struct CMUnitTest)LAW_WITH(exec_rows[i].name, exec_row, &exec_rows[i]);
	*law++ = (struct CMUnitTest)LAW(rule__on_a_link_holds_of_where_it_leads);
	*law++ = (struct CMUnitTest)LAW(denial__names_paths_as_given_and_as_resolved);
	*law++ = (struct CMUnitTest)LAW(denial__names_what_a_script_was_to_be_run_by);
	for (int i = 0; i < ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s__as_nobody", rows[i].name);
		*law++ = (struct CMUnitTest)LAW_WITH(names[i], script_as_nobody, &rows[i]);
	}
	assert_ptr_equal(law, laws + sizeof(laws) / sizeof(*laws));
	return RUN_LAWS(laws);
}
