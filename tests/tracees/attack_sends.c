/* SPDX-License-Identifier: MIT */
/*
 * attack_sends HOW [once] SECONDS: sends to an address that another thread keeps changing, by `sendto`, `sendmsg`,
 * `connect`, or among several by `sendmmsg`; not by what C libraries may call instead. Descriptors 8 and 9 receive what
 * comes to in/s and out/s.
 */
#include "race.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ROW 9

static struct sockaddr_un address = { AF_UNIX, "in/s" }, in = { AF_UNIX, "in/s" };
static int fd;

static void *racer(void *unused)
{
	volatile uint64_t *path = (volatile uint64_t *)((char *)&address + 2);
	uint64_t in_s = 0, out_s = 0;

	memcpy(&in_s, "in/s", 4);
	memcpy(&out_s, "out/s", 5);
	for (;;) {
		*path = out_s;
		for (volatile int i = 0; i < 300; i++)
			;
		*path = in_s;
		for (volatile int i = 0; i < 300; i++)
			;
	}
	return unused;
}

/* To in, and to what changes, again and again; on behind what was sent, as one does with this call. */
static void send_row(void)
{
	struct iovec parts[ROW];
	struct mmsghdr row[ROW];

	for (int i = 0; i < ROW; i++) {
		struct sockaddr_un *to = i ? &address : &in;

		parts[i] = (struct iovec){ "abcdefghi", (size_t)i + 1 };
		row[i] = (struct mmsghdr){ .msg_hdr = { to, sizeof(*to), &parts[i], 1, NULL, 0, 0 } };
	}
	for (int i = 0; i < ROW;) {
		int sent = (int)syscall(SYS_sendmmsg, fd, row + i, (unsigned)(ROW - i), MSG_DONTWAIT);

		race_tries += i > 1; /* the row is counted as one already */
		race_saw(sent > 0);
		race_wrong += !sent || sent > ROW - i;
		for (int k = i; k < i + sent; k++)
			race_wrong += row[k].msg_len != (unsigned)k + 1;
		i += sent > 0 ? sent : 1;
	}
}

/* What is sent then comes to the one or to the other. */
static void connect_once(void)
{
	int r = (int)syscall(SYS_connect, fd, &address, sizeof(address));

	race_saw(!r);
	if (!r)
		send(fd, "x", 1, MSG_DONTWAIT);
}

static void send_one(const char *how)
{
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address) };

	if (!strcmp(how, "sendto"))
		race_saw(syscall(SYS_sendto, fd, "x", 1, MSG_DONTWAIT, &address, sizeof(address)) > 0);
	else if (!strcmp(how, "sendmsg"))
		race_saw(syscall(SYS_sendmsg, fd, &message, MSG_DONTWAIT) >= 0);
	else if (!strcmp(how, "sendmmsg"))
		send_row();
	else
		connect_once();
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char bytes[ROW + 1];

	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	pthread_create(&thread, NULL, racer, NULL);
	for (race_begin(argc, argv); race_goes_on();) {
		send_one(argv[1]);
		while (recv(9, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
			race_escapes++;
		while (recv(8, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
			;
	}
	race_say();
	_exit(0);
}
