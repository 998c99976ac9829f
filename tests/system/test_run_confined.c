/* SPDX-License-Identifier: MIT */
/* Programs of Debian's that confine themselves do so, and work, where seccomp(2) is emulated. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a shell prints, with errors. $run is flagstop, which says how often a filter was asked for. */
static void sh(const char *script, char *text, size_t size)
{
	static const char start[] = "exec 2>&1\nset -eu\nd=$(mktemp -d)\ntrap 'rm -rf $d' EXIT\n"
				    "cat >$d/policy <<X\ndefault allow\ntrace prctl when option == PR_SET_SECCOMP\n"
				    "trace seccomp when operation == SECCOMP_SET_MODE_FILTER and arg2 != 0\nX\n"
				    "run=\"" FLAGSTOP_BUILD_DIR "/flagstop run -b ptrace -p $d/policy --\"\n";
	char whole[4096];
	char *argv[] = { "/bin/sh", "-c", whole, NULL };

	snprintf(whole, sizeof(whole), "%s%s", start, script);
	harness_native(argv, text, size);
}

static void need(const char *program)
{
	if (!access(program, X_OK))
		return;
	print_message("there is no %s\n", program);
	skip();
}

/* Each of its filters (groff's and others) is a process with a filter of libseccomp's. */
static void man__formats_a_page_in_its_sandbox(void **state)
{
	static char native[256 * 1024], emulated[256 * 1024];

	(void)state;
	need("/usr/bin/man");
	sh("export MANWIDTH=80\nman -P cat -l docs/flagstop.1", native, sizeof(native));
	sh("export MANWIDTH=80\n$run man -P cat -l docs/flagstop.1", emulated, sizeof(emulated));
	char *report = strstr(emulated, "flagstop: 0 calls denied");
	assert_non_null(report);
	assert_non_null(strstr(report, " seccomp  trace"));
	*report = '\0';
	assert_non_null(strstr(native, "BACKENDS"));
	assert_string_equal(emulated, native);
}

/*
 * Keys are exchanged, and the user is refused, by a child that has its filter by then. ssh hangs up on its proxy, which
 * may be at its report just then.
 */
static void sshd__talks_to_strangers_in_its_sandbox(void **state)
{
	static const char script[] =
		"ssh-keygen -q -t ed25519 -N '' -f $d/key\n"
		"printf 'HostKey %s\\nPidFile none\\nUsePAM no\\n' $d/key >$d/conf\n"
		"mkdir -p /run/sshd\n"
		"ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=$d/known \\\n"
		"    -o \"ProxyCommand=nohup $run /usr/sbin/sshd -i -e -f $d/conf\" nobody@nowhere true ||\n"
		"    echo status $?\n"
		"cat $d/known\n";
	char out[16 * 1024];

	(void)state;
	need("/usr/sbin/sshd");
	if (geteuid()) {
		print_message("sshd changes its root before it talks, which takes root\n");
		skip();
	}
	sh(script, out, sizeof(out));
	assert_non_null(strstr(out, "Permission denied (publickey"));
	assert_non_null(strstr(out, "prctl  trace"));
	assert_non_null(strstr(out, "status 255"));
	assert_non_null(strstr(out, "nowhere ssh-ed25519 "));
}

/* *state runs it where something is missing, or is "". One request is served, when all filters are there. */
static void chronyd__tells_the_time_in_its_sandbox(void **state)
{
	static const char script[] =
		"port=$((20000 + $$ % 20000))\n"
		"printf 'port %s\nbindaddress 127.0.0.1\nallow 127.0.0.1\nlocal stratum 7\n' $port >$d/conf\n"
		"printf 'cmdport 0\nbindcmdaddress /\npidfile %s/pid\n' $d >>$d/conf\n"
		"$poor $run /usr/sbin/chronyd -x -d -F 1 -u root -f $d/conf & server=$!\n"
		"" FLAGSTOP_TRACEES_DIR "/ask_time $port || echo no answer\n"
		"kill $server; wait $server; echo status $?\n";
	char whole[2048], out[16 * 1024];

	need("/usr/sbin/chronyd");
	if (geteuid()) {
		print_message("chronyd changes its user before it serves, which takes root\n");
		skip();
	}
	snprintf(whole, sizeof(whole), "poor='%s'\n%s", (const char *)*state, script);
	sh(whole, out, sizeof(out));
	assert_non_null(strstr(out, "Loaded seccomp filter"));
	assert_non_null(strstr(out, "mode 4 stratum 7\n"));
	assert_non_null(strstr(out, "seccomp  trace"));
	assert_non_null(strstr(out, "status 0"));
}

static const char poor[] = FLAGSTOP_TRACEES_DIR "/poor no-seccomp --";
static const struct CMUnitTest laws[] = {
	LAW(man__formats_a_page_in_its_sandbox),
	LAW(sshd__talks_to_strangers_in_its_sandbox),
	LAW_WITH("chronyd__tells_the_time_in_its_sandbox", chronyd__tells_the_time_in_its_sandbox, ""),
	LAW_WITH("chronyd__tells_the_time_where_there_is_no_seccomp", chronyd__tells_the_time_in_its_sandbox, poor),
};

int main(void)
{
	return RUN_LAWS(laws);
}
