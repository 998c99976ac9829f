/* SPDX-License-Identifier: MIT */
/*
 * A program that changes an address while it is judged. It gets through a check that reads the address and lets the
 * call go on (naive_paths.h), and reaches nobody here.
 */
#include "attack.h"
#include "naive_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char place[64];

static int make_place(void **state)
{
	char name[80];

	snprintf(place, sizeof(place), "/tmp/flagstop-attack-XXXXXX");
	if (attack_setup(state) || !mkdtemp(place))
		return -1;
	snprintf(name, sizeof(name), "%s/in", place);
	if (mkdir(name, 0755))
		return -1;
	snprintf(name, sizeof(name), "%s/out", place);
	return mkdir(name, 0755);
}

static int remove_place(void **state)
{
	char out[64];
	char *argv[] = { "/bin/rm", "-rf", place, NULL };

	harness_native(argv, out, sizeof(out));
	return harness_teardown(state);
}

/* The program has it, as that descriptor, to tell at once what has come. */
static void listen_at(const char *name, int as)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%s", place, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(dup2(fd, as), as);
	close(fd);
}

static void run_confined(struct run *run, const char *how)
{
	char script[256];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	static char policy[256];

	snprintf(policy, sizeof(policy),
		 "default allow\ndeny EACCES connect sendto sendmsg sendmmsg when addr.path under \"%s/out\"\n", place);
	run->policy = policy;
	run->options.stacks = 0;
	snprintf(script, sizeof(script), "cd %s && exec %s %s %s", place, harness_tracee("attack_sends"), how,
		 attack_limit());
	assert_int_equal(run_try(run, argv), 0);
	run_finish(run);
}

static void address_attack(void **state)
{
	char *how = *state, forbidden[80], naive[256];
	char *argv[] = { (char *)harness_tracee("attack_sends"), how, "once", ATTACK_NAIVE_SECONDS, NULL };
	struct run run = RUN_INIT(NULL);

	listen_at("in/s", 8);
	listen_at("out/s", 9);
	snprintf(forbidden, sizeof(forbidden), "%s/out", place);
	naive_paths_run(place, forbidden, argv, naive, sizeof(naive));
	run_confined(&run, how);
	attack_settle(how, naive, run.out);
	close(8);
	close(9);
	run_free(&run);
}

#define ATTACK(name, how) \
	{ \
		name, address_attack, make_place, remove_place, how \
	}

int main(void)
{
	const struct CMUnitTest attacks[] = {
		ATTACK("address__changed_under_sendto_reaches_nobody", "sendto"),
		ATTACK("address__changed_under_sendmsg_reaches_nobody", "sendmsg"),
		ATTACK("address__changed_among_several_reaches_nobody", "sendmmsg"),
		ATTACK("address__changed_under_connect_reaches_nobody", "connect"),
	};

	return RUN_LAWS(attacks);
}
