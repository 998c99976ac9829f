/* SPDX-License-Identifier: MIT */
/*
 * A program that changes an address while it is judged. It gets through a check that reads the address and lets the
 * call go on (naive_paths.h), and reaches nobody here.
 */
#include "../system/harness.h"
#include "naive_paths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SECONDS "3"

static char place[64];

static int make_place(void **state)
{
	char name[80];

	snprintf(place, sizeof(place), "/tmp/flagstop-attack-XXXXXX");
	if (harness_setup(state) || !mkdtemp(place))
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

static int listen_at(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%s", place, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A socket holds few messages at a time: they are taken out when all is over. */
static long drain(int fd)
{
	char byte;
	long count = 0;

	while (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

static void run_confined(struct run *run, const char *how)
{
	char script[256];
	char *argv[] = { "/bin/sh", "-c", script, NULL };
	static char policy[256];

	snprintf(policy, sizeof(policy),
		 "default allow\ndeny EACCES connect sendto sendmsg when addr.path under \"%s/out\"\n", place);
	run->policy = policy;
	run->options.stacks = 0;
	snprintf(script, sizeof(script), "cd %s && exec %s %s %s", place, harness_tracee("attack_sends"), how, SECONDS);
	assert_int_equal(run_try(run, argv), 0);
	run_finish(run);
	print_message("%s: %s", how, run->out);
}

static void address_attack(void **state)
{
	char *how = *state, forbidden[80], naive[256];
	char *argv[] = { (char *)harness_tracee("attack_sends"), how, SECONDS, NULL };
	struct run run = RUN_INIT(NULL);
	int in = listen_at("in/s"), out = listen_at("out/s");

	snprintf(forbidden, sizeof(forbidden), "%s/out", place);
	naive_paths_run(place, forbidden, argv, naive, sizeof(naive));
	assert_true(drain(out) > 0);
	drain(in);
	run_confined(&run, how);
	assert_int_equal(drain(out), 0);
	assert_true(drain(in) > 0);
	close(in);
	close(out);
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
		ATTACK("address__changed_under_connect_reaches_nobody", "connect"),
	};

	return RUN_LAWS(attacks);
}
