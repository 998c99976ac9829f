/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_PROFILES_H
#define FST_TESTS_PROFILES_H

/* Profiles as people have them, one of each format at least: what is imported is tried with all of these. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTAINER_PROFILE "/usr/share/containers/seccomp.json"
#define OWN_PROFILES "tests/data/formats/"

struct profile {
	const char *name, *format;
	const char *path, *text; /* either */
	const char *caps;
};

static const struct profile profiles[] = {
	{ "containers", "oci", CONTAINER_PROFILE, NULL, "" },
	{ "containers_with_capabilities", "oci", CONTAINER_PROFILE, NULL, "CAP_SYS_ADMIN,CAP_SYS_TIME,CAP_BPF" },
	{ "masks", "oci", OWN_PROFILES "masked.json", NULL, "" },
	{ "mixed_actions", "oci", OWN_PROFILES "mixed.json", NULL, "" },
	{ "builder", "oci", "bench/filters/profiles/builder.json", NULL, "" },
	{ "judge", "oci", "bench/filters/profiles/judge.json", NULL, "" },
	{ "looking_server", "oci", "bench/filters/profiles/server.json", NULL, "" },
	{ "watch", "oci", "bench/filters/profiles/watch.json", NULL, "" },
	{ "a_service_of_systemd", "systemd", NULL,
	  "[Service]\nSystemCallArchitectures=native x86\nSystemCallErrorNumber=EPERM\n"
	  "SystemCallFilter=@system-service\nSystemCallFilter=~@resources uname kcmp:EACCES\n",
	  "" },
	{ "refusals_of_systemd", "systemd", NULL,
	  "[Service]\nSystemCallFilter=~@mount @clock @network-io adjtimex:EACCES\nSystemCallFilter=~reboot:ENOSYS\n"
	  "SystemCallLog=getppid\n",
	  "" },
	{ "a_shell_of_minijail", "minijail", OWN_PROFILES "shell.policy", NULL, "" },
	{ "firejails_default", "firejail", NULL, "seccomp !chroot\nseccomp.32 @mount,ptrace:EACCES\n", "" },
	{ "what_firejail_keeps", "firejail", NULL,
	  "seccomp-error-action EACCES\nseccomp.keep read,write,exit,exit_group,getpid:kill,@io-event\n", "" },
	{ "promises", "pledge", NULL, "stdio rpath inet proc", "" },
	{ "a_set_of_strace", "strace", NULL, "trace=%file,%process,/^sched_", "" },
	{ "a_server", "flagstop", OWN_PROFILES "server.fs", NULL, "" },
};

#define PROFILES (sizeof(profiles) / sizeof(*profiles))

/* For free(3). Ends the program where there is none: tests that were not made are no tests. */
static inline char *profile_text(const struct profile *profile, size_t *ret_bytes)
{
	char *text = calloc(1, 1 << 20);
	FILE *file = profile->path ? fopen(profile->path, "re") : NULL;

	if (!text || (profile->path && !file)) {
		fprintf(stderr, "%s: %s\n", profile->name, strerror(errno));
		exit(EXIT_FAILURE);
	}
	if (file) {
		*ret_bytes = fread(text, 1, (1 << 20) - 1, file);
		fclose(file);
	} else {
		*ret_bytes = strlen(profile->text);
		memcpy(text, profile->text, *ret_bytes);
	}
	return text;
}

#endif
