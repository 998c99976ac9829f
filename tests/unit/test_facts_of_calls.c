/* SPDX-License-Identifier: MIT */
/*
 * Facts that depend on the call: socket addresses, numbers in structs, what a call does with a path; other names of
 * paths; and rules that make no sense beside rules on paths.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include <filters/policy/policy.h>

#include "test_policy.h"

#define P "abi x86_64\n"

static const char *verdict_of(const struct flagstop_policy *policy, const char *call,
			      const struct flagstop_facts *facts)
{
	static char verdict[64];
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data data;

	if (flagstop_data_parse(call, FLAGSTOP_ABI_X86_64, &data, &error))
		fail_msg("%s: %s", call, error.message);
	flagstop_verdict_format(flagstop_policy_decide_with(policy, &data, facts, NULL), verdict, sizeof(verdict));
	return verdict;
}

/* ---- socket addresses -------------------------------------------------------------------------------------------- */

/* "10.0.0.1:80", "[::1]:80", "/path", "@abstract", "" (none), "-" (AF_UNIX without a name), "!N" (family N alone). */
static size_t address_of(const char *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	struct sockaddr_un *un = (struct sockaddr_un *)address;
	char ip[64];
	unsigned port, family;

	memset(address, 0, sizeof(*address));
	if (sscanf(text, "!%u", &family) == 1) {
		address->ss_family = (sa_family_t)family;
		return sizeof(sa_family_t);
	}
	if (sscanf(text, "[%63[0-9a-f:.]]:%u", ip, &port) == 2) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(AF_INET6, ip, &v6->sin6_addr), 1);
		return sizeof(*v6);
	}
	if (sscanf(text, "%63[0-9.]:%u", ip, &port) == 2) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(AF_INET, ip, &v4->sin_addr), 1);
		return sizeof(*v4);
	}
	if (!*text)
		return 0;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, text, strlen(text) + 1);
	if (*text == '@')
		un->sun_path[0] = '\0';
	return offsetof(struct sockaddr_un, sun_path) + (*text == '-' ? 0 : strlen(text) + (*text == '/'));
}

struct address {
	const char *name, *when, *address;
	bool holds;
};

static const struct address addresses[] = {
	{ "family__is_the_addresses", "addr.family == AF_INET", "10.0.0.1:80", true },
	{ "family__of_another_address", "addr.family == AF_INET", "[::1]:80", false },
	{ "family__in_a_list", "addr.family in {AF_UNIX, AF_INET6}", "[::1]:80", true },
	{ "family__of_no_address", "addr.family != AF_INET", "", false },
	{ "family__alone", "addr.family == AF_NETLINK", "!16", true },
	{ "port__is_in_a_range", "addr.port in 1..1023", "10.0.0.1:80", true },
	{ "port__is_not_in_a_range", "addr.port in 1..1023", "10.0.0.1:1024", false },
	{ "port__of_ipv6", "addr.port == 443", "[::1]:443", true },
	{ "port__of_no_internet_address", "addr.port < 1024", "/run/x", false },
	{ "port__of_an_address_that_is_cut", "addr.port == 0", "!2", false },
	{ "ip__is_the_same", "addr.ip == 10.0.0.1", "10.0.0.1:80", true },
	{ "ip__is_another", "addr.ip == 10.0.0.1", "10.0.0.2:80", false },
	{ "ip__is_not", "addr.ip != 10.0.0.1", "10.0.0.2:80", true },
	{ "ip__in_a_network", "addr.ip in 10.0.0.0/8", "10.255.3.4:80", true },
	{ "ip__outside_a_network", "addr.ip in 10.0.0.0/8", "11.0.0.0:80", false },
	{ "ip__in_a_network_that_ends_in_a_byte", "addr.ip in 10.0.0.128/25", "10.0.0.200:80", true },
	{ "ip__outside_a_network_that_ends_in_a_byte", "addr.ip in 10.0.0.128/25", "10.0.0.100:80", false },
	{ "ip__anywhere", "addr.ip in 0.0.0.0/0", "1.2.3.4:80", true },
	{ "ip__in_a_list", "addr.ip in {127.0.0.0/8, ::1}", "[::1]:80", true },
	{ "ip__not_in_a_list", "addr.ip in {127.0.0.0/8, ::1}", "[::2]:80", false },
	{ "ip__of_ipv6_network", "addr.ip in fe80::/10", "[fe80::1]:80", true },
	{ "ip__mapped_is_ipv4", "addr.ip in 10.0.0.0/8", "[::ffff:10.1.1.1]:80", true },
	{ "ip__mapped_is_ipv6_too", "addr.ip in ::ffff:0:0/96", "[::ffff:10.1.1.1]:80", true },
	{ "ip__of_ipv4_is_no_ipv6", "addr.ip in ::/0", "10.0.0.1:80", false },
	{ "ip__of_a_socket_file", "addr.ip in 0.0.0.0/0", "/run/x", false },
	{ "ip__as_a_string", "addr.ip in \"10.0.0.0/8\"", "10.0.0.1:80", true },
	{ "path__of_an_address_is_under", "addr.path under \"/run\"", "/run/x", true },
	{ "path__of_an_address_is_not_under", "addr.path under \"/run\"", "/runx", false },
	{ "path__of_an_address_is", "addr.path is \"/run/x\"", "/run/x", true },
	{ "path__of_an_address_matches", "addr.path matches \"/run/*/bus\"", "/run/1000/bus", true },
	{ "path__of_an_abstract_address", "addr.path is \"@x/y\"", "@x/y", true },
	{ "path__of_another_abstract_address", "addr.path is \"@x\"", "@xy", false },
	{ "path__of_an_abstract_address_matches", "addr.path matches \"@dbus-*\"", "@dbus-7", true },
	{ "path__of_an_abstract_address_is_under_nothing", "addr.path under \"/\"", "@x", false },
	{ "path__of_an_address_without_a_name", "addr.path is \"\"", "-", true },
	{ "path__of_an_internet_address", "addr.path is \"\"", "10.0.0.1:80", false },
};

static void address__holds_or_not(void **state)
{
	static const struct {
		const char *call;
		unsigned argument;
	} calls[] = { { "connect", 1 }, { "bind", 1 }, { "sendto", 4 }, { "sendmsg", 1 }, { "sendmmsg", 1 } };
	const struct address *row = *state;
	struct sockaddr_storage address;
	char text[256];

	for (unsigned i = 0; i < COUNT(calls); i++) {
		struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
		struct flagstop_policy *policy;

		snprintf(text, sizeof(text), P "default deny EACCES\nallow %s when %s\n", calls[i].call, row->when);
		policy = policy_of(&(const char *){ text }, 1);
		assert_string_equal(verdict_of(policy, calls[i].call, &facts), "kill");
		facts.args[calls[i].argument] = (struct flagstop_fact){ 1, (const char *)&address,
									address_of(row->address, &address) };
		assert_string_equal(verdict_of(policy, calls[i].call, &facts), row->holds ? "allow" : "deny EACCES");
		flagstop_policy_free(policy);
	}
}

/* ---- numbers in structs, and what calls do ----------------------------------------------------------------------- */

struct intent {
	const char *name, *set, *when, *call;
	const char *verdict; /* of each of its paths being /a */
	uint64_t how[3];
	size_t how_bytes;
};

#define NO "deny EACCES"
#define HALF "path is \"/a\" and (newpath is \"/\" or writes)"
#define OPENS "open openat openat2 creat"
#define RDONLY "flags & O_ACCMODE == O_RDONLY"

static const struct intent intents[] = {
	{ "flags__of_openat2_are_in_memory", "openat openat2", RDONLY, "openat2", "allow", { 0, 0, 0 }, 24 },
	{ "flags__of_openat2_that_write", "openat openat2", RDONLY, "openat2", NO, { 1, 0, 0 }, 24 },
	{ "flags__of_openat_are_a_register", "openat openat2", RDONLY, "openat(_, _, O_RDWR)", NO, { 0 }, 0 },
	{ "mode__of_openat2", "openat2", "mode & 0o111", "openat2", "allow", { 64, 0100, 0 }, 24 },
	{ "resolve__of_openat2", "openat2", "resolve & RESOLVE_BENEATH", "openat2", "allow", { 0, 0, 8 }, 24 },
	{ "resolve__that_is_cut_off_is_0", "openat2", "resolve == 0", "openat2", "allow", { 0, 0, 8 }, 16 },
	{ "flags__have_64_bits", "openat2", "flags < 0x100000000", "openat2", NO, { 1ull << 32, 0, 0 }, 24 },
	{ "flags__of_clone3", "clone clone3", "not flags & CLONE_NEWUSER", "clone3", NO, { 0x10000000, 0, 0 }, 24 },
	{ "reads__of_a_reading_open", OPENS, "reads", "openat(_, _, O_RDONLY)", "allow", { 0 }, 0 },
	{ "reads__of_a_writing_open", OPENS, "reads", "openat(_, _, O_WRONLY)", NO, { 0 }, 0 },
	{ "reads__of_both", OPENS, "reads", "openat(_, _, O_RDWR)", "allow", { 0 }, 0 },
	{ "reads__of_a_path_descriptor", OPENS, "reads", "openat(_, _, O_PATH | O_WRONLY)", "allow", { 0 }, 0 },
	{ "reads__of_creat", OPENS, "reads", "creat", NO, { 0 }, 0 },
	{ "writes__of_a_reading_open", OPENS, "writes", "open(_, O_RDONLY)", NO, { 0 }, 0 },
	{ "writes__of_a_writing_open", OPENS, "writes", "open(_, O_WRONLY)", "allow", { 0 }, 0 },
	{ "writes__of_truncation", OPENS, "writes", "open(_, O_TRUNC)", "allow", { 0 }, 0 },
	{ "writes__of_the_mode_that_asks_for_both", OPENS, "writes", "open(_, 3)", "allow", { 0 }, 0 },
	{ "writes__of_creat", OPENS, "writes and creates", "creat", "allow", { 0 }, 0 },
	{ "writes__of_openat2", OPENS, "writes", "openat2", "allow", { 2, 0, 0 }, 24 },
	{ "writes__of_a_reading_openat2", OPENS, "writes", "openat2", NO, { 0, 0, 0 }, 24 },
	{ "creates__of_an_open", OPENS, "creates", "openat(_, _, O_CREAT)", "allow", { 0 }, 0 },
	{ "creates__of_a_nameless_file", OPENS, "creates", "openat(_, _, O_TMPFILE)", "allow", { 0 }, 0 },
	{ "creates__of_an_opened_directory", OPENS, "creates", "openat(_, _, O_DIRECTORY)", NO, { 0 }, 0 },
	{ "creates__of_mkdir", "mkdir unlink rename", "creates", "mkdir", "allow", { 0 }, 0 },
	{ "reads__of_mkdir", "stat mkdir", "reads", "mkdir", NO, { 0 }, 0 },
	{ "reads__of_stat", "stat mkdir", "reads", "stat", "allow", { 0 }, 0 },
	{ "writes__of_truncate", "truncate stat", "writes", "truncate", "allow", { 0 }, 0 },
	{ "executes__of_execve", "execve stat", "executes", "execve", "allow", { 0 }, 0 },
	{ "reads__of_execve", "execve stat", "reads", "execve", NO, { 0 }, 0 },
	{ "writes__of_the_path_that_is_asked_about", "link", HALF, "link", NO, { 0 }, 0 },
	{ "writes__of_any_path", "link", "writes", "link", "allow", { 0 }, 0 },
};

static void intent__is_what_the_call_does(void **state)
{
	const struct intent *row = *state;
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
	struct flagstop_policy *policy;
	char text[256];

	snprintf(text, sizeof(text), P "default deny EACCES\nallow %s when %s\n", row->set, row->when);
	policy = policy_of(&(const char *){ text }, 1);
	for (unsigned i = 0; i < 6; i++)
		facts.args[i] = (struct flagstop_fact){ 1, "/a", 2 };
	if (row->how_bytes)
		facts.args[strcmp(row->call, "clone3") ? 2 : 0] =
			(struct flagstop_fact){ 1, (const char *)row->how, row->how_bytes };
	assert_string_equal(verdict_of(policy, row->call, &facts), row->verdict);
	flagstop_programs_free(programs_of(policy, FLAGSTOP_REPORT_NONE));
	flagstop_policy_free(policy);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

struct refused {
	const char *name, *rules;
	unsigned line, column;
	const char *message, *hint;
};

#define MEANS "rules on paths mean nothing beside a call that changes what paths mean"
#define STAY(line) "t.fs:" line " has a rule on paths; mounts, roots and namespaces must stay as they are"

static const struct refused refusals[] = {
	{ "refused__address_of_a_call_without_one", "allow accept when addr.port == 1", 2, 19,
	  "accept is given no address in x86_64", "connect, bind, sendto, sendmsg and sendmmsg are" },
	{ "refused__address_of_a_received_message", "allow recvmsg when addr.ip == ::1", 2, 20,
	  "recvmsg is given no address in x86_64", "connect, bind, sendto, sendmsg and sendmmsg are" },
	{ "refused__port_that_has_17_bits", "allow connect when addr.port == 65536", 2, 33,
	  "the value does not fit into 'port' of connect, which has 16 bits", "" },
	{ "refused__family_of_another_set", "allow connect when addr.family == SOCK_STREAM", 2, 35,
	  "SOCK_STREAM is no value of 'addr' of connect", "" },
	{ "refused__path_of_an_address_as_a_number", "allow connect when addr.path == 1", 2, 20,
	  "the path of an address is a string",
	  "compare it with 'under', 'is' or 'matches'; abstract names begin with '@'" },
	{ "refused__relative_path_of_an_address", "allow connect when addr.path is \"x\"", 2, 33,
	  "this can never match: the path is not absolute",
	  "paths are compared after resolution: absolute, without links, '.', '..', '//' and a slash at the end" },
	{ "refused__intent_of_a_call_without_paths", "allow read when reads", 2, 17, "read takes no path in x86_64",
	  "'reads' is what calls do with paths" },
	{ "refused__struct_of_another_call", "allow openat when resolve == 0", 2, 19,
	  "openat has no argument 'resolve' in x86_64", "its arguments are: dirfd, pathname, flags, mode" },
	{ "refused__mount_beside_paths", "allow open when path under \"/a\"\nallow read mount", 3, 1, MEANS,
	  STAY("2") },
	{ "refused__mount_before_paths", "trace chroot\nallow open when path under \"/a\"", 2, 1, MEANS, STAY("3") },
	{ "refused__mount_beside_addresses", "allow setns\nallow connect when addr.path is \"/a\"", 2, 1, MEANS,
	  STAY("3") },
	{ "refused__unshare_of_everything_beside_paths", "allow unshare\nallow open when path under \"/a\"", 2, 1,
	  MEANS,
	  STAY("3") " ('when not flags & (CLONE_NEWNS | CLONE_NEWUSER)')" },
	{ "refused__unshare_of_mounts_beside_paths",
	  "allow unshare when flags == CLONE_NEWNS\nallow open when path under \"/a\"", 2, 1, MEANS,
	  STAY("3") " ('when not flags & (CLONE_NEWNS | CLONE_NEWUSER)')" },
};

static void refused__with_its_reason(void **state)
{
	const struct refused *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	char text[256];

	snprintf(text, sizeof(text), P "%s\n", row->rules);
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error), -EBADMSG);
	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(error.line, row->line);
	assert_int_equal(error.column, row->column);
	assert_int_equal(flagstop_policy_layer_count(policy), 0);
	flagstop_policy_free(policy);
}

static const char *const right[] = {
	P "allow open when path under \"/a\"\ndeny mount\nallow @mount",
	P "default allow\nallow open when path under \"/a\"",
	P "allow mount\nallow setxattr when name is \"user.x\"",
	P "allow unshare when not flags & (CLONE_NEWNS | CLONE_NEWUSER)\nallow open when path under \"/a\"",
	P "allow @process - setns - unshare\nallow open when path under \"/a\"",
};

static void beside_paths__what_leaves_them_alone_is_right(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT(right); i++)
		flagstop_policy_free(policy_of(&right[i], 1));
}

static void refused__layer_that_does_not_go_with_another(void **state)
{
	const char *mount = P "allow mount", *paths = P "allow open when path under \"/a\"";
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = policy_of(&mount, 1);

	(void)state;
	assert_int_equal(flagstop_policy_add_text(policy, "u.fs", paths, strlen(paths), &error), -EBADMSG);
	assert_string_equal(error.hint,
			    "u.fs:2 has a rule on paths; mounts, roots and namespaces must stay as they are");
	assert_int_equal(flagstop_policy_layer_count(policy), 1);
	flagstop_policy_free(policy);
}

/* ---- guards and names -------------------------------------------------------------------------------------------- */

static void guards__of_path_rules_keep_names_as_they_are(void **state)
{
	static const char *const calls[] = { "mount", "umount2", "pivot_root", "chroot", "setns", "open_tree",
					     "move_mount", "fsopen", "userfaultfd", "pidfd_getfd",
					     "unshare(CLONE_NEWNS)", "unshare(CLONE_NEWUSER | CLONE_FS)",
					     "clone(CLONE_NEWUSER)", "process_madvise(0, 0, 0, MADV_DONTNEED)" };
	static const char *const others[] = { "unshare(CLONE_FS)", "clone(SIGCHLD)", "listmount", "openat2",
					      "process_madvise(0, 0, 0, MADV_COLD)" };
	const char *without = P "default allow\n", *with = P "default allow\ndeny open when path under \"/a\"\n";
	struct flagstop_policy *policies[] = { policy_of(&without, 1), policy_of(&with, 1) };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(flagstop_policy_add_guards(policies[i], NULL, 0, NULL), 0);
		for (unsigned k = 0; k < COUNT(calls); k++)
			assert_string_equal(verdict_of(policies[i], calls[k], NULL), i ? "deny EPERM" : "allow");
		for (unsigned k = 0; k < COUNT(others); k++)
			assert_string_equal(verdict_of(policies[i], others[k], NULL), "allow");
		flagstop_policy_free(policies[i]);
	}
}

static void guards__of_clone3_look_at_its_flags_where_they_can(void **state)
{
	static const struct {
		const char *rule, *verdict;
		uint64_t flags;
	} rows[] = {
		{ "", "deny ENOSYS", 0 },
		{ "deny open when path under \"/a\"\n", "allow", CLONE_NEWPID },
		{ "deny open when path under \"/a\"\n", "deny EPERM", CLONE_UNTRACED },
		{ "deny open when path under \"/a\"\n", "deny EPERM", CLONE_NEWNS },
		{ "deny connect when addr.port == 1\n", "deny EPERM", CLONE_UNTRACED | CLONE_VM },
		{ "deny connect when addr.port == 1\n", "allow", CLONE_NEWNS },
	};
	char text[128];

	(void)state;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;

		snprintf(text, sizeof(text), "%sdefault allow\n%s", P, rows[i].rule);
		struct flagstop_policy *policy = policy_of(&(const char *){ text }, 1);
		assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
		facts.args[0] = (struct flagstop_fact){ 1, (const char *)&rows[i].flags, sizeof(rows[i].flags) };
		assert_string_equal(verdict_of(policy, "clone3", &facts), rows[i].verdict);
		flagstop_programs_free(programs_of(policy, FLAGSTOP_REPORT_NONE));
		flagstop_policy_free(policy);
	}
}

static const char *map(const char *path, void *context)
{
	unsigned *asked = context;

	++*asked;
	return !strcmp(path, "/lib") ? "/usr/lib" : !strcmp(path, "/lib/x") ? "/usr/lib/y" :
		!strcmp(path, "/")                                          ? "/r" :
									      NULL;
}

static void map__gives_paths_another_name(void **state)
{
	static const struct {
		const char *when, *path;
		bool holds;
	} rows[] = {
		{ "path under \"/lib\"", "/usr/lib/a", true },
		{ "path under \"/lib\"", "/lib/a", true },
		{ "path under \"/lib\"", "/usr/libx", false },
		{ "path under \"/lib64\"", "/usr/lib/a", false },
		{ "path is \"/lib/x\"", "/usr/lib/y", true },
		{ "path is \"/lib/x\"", "/usr/lib/x", false },
		{ "path matches \"/lib/*.so\"", "/usr/lib/a.so", true },
		{ "path matches \"/lib/*.so\"", "/usr/lib/a/b.so", false },
		{ "path matches \"/*.so\"", "/r/b.so", true },
		{ "path is \"/lib/z\" or not path under \"/lib\"", "/usr/lib/z", false },
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
		struct flagstop_policy *policy;
		unsigned asked = 0;
		char text[256];

		snprintf(text, sizeof(text), P "default deny EACCES\nallow open setxattr when %s\n", rows[i].when);
		policy = policy_of(&(const char *){ text }, 1);
		facts.args[0] = (struct flagstop_fact){ 1, rows[i].path, strlen(rows[i].path) };
		for (unsigned twice = 0; twice < 2; twice++)
			assert_int_equal(flagstop_policy_map_paths(policy, map, &asked), 0);
		assert_int_equal(asked, i == COUNT(rows) - 1 ? 4 : 2);
		assert_string_equal(verdict_of(policy, "open", &facts), rows[i].holds ? "allow" : "deny EACCES");
		flagstop_policy_free(policy);
	}
}

static void map__leaves_strings_alone(void **state)
{
	const char *text = P "default deny EACCES\n"
			     "allow setxattr when name is \"/lib\" \ndeny connect when addr.path is \"@x\"\n";
	struct flagstop_policy *policy = policy_of(&text, 1);
	unsigned asked = 0;

	(void)state;
	assert_int_equal(flagstop_policy_map_paths(policy, map, &asked), 0);
	assert_int_equal(asked, 0);
	flagstop_policy_free(policy);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(beside_paths__what_leaves_them_alone_is_right),
	cmocka_unit_test(refused__layer_that_does_not_go_with_another),
	cmocka_unit_test(guards__of_path_rules_keep_names_as_they_are),
	cmocka_unit_test(guards__of_clone3_look_at_its_flags_where_they_can),
	cmocka_unit_test(map__gives_paths_another_name),
	cmocka_unit_test(map__leaves_strings_alone),
};

#define ROWS(list, run) \
	for (size_t i = 0; i < COUNT(list); i++) \
		tests[count++] = (struct CMUnitTest) \
		{ \
			(list)[i].name, run, NULL, NULL, (void *)&(list)[i] \
		}

int main(void)
{
	static struct CMUnitTest tests[COUNT(addresses) + COUNT(intents) + COUNT(refusals) + COUNT(laws)];
	size_t count = 0;

	ROWS(addresses, address__holds_or_not);
	ROWS(intents, intent__is_what_the_call_does);
	ROWS(refusals, refused__with_its_reason);
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
