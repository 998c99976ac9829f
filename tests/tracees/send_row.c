/* SPDX-License-Identifier: MIT */
/*
 * send_row HOW: sends two messages at once, to @in and @HOW; "connected", "none" of them, or from memory that cannot be
 * written ("readonly"). Says what came of each call, the bytes that it wrote into the row, and what has arrived.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un names[2] = { { AF_UNIX, "\0in" }, { AF_UNIX, "\0" } };

static void say(const char *what, int fd, struct mmsghdr *row, unsigned count)
{
	int r = sendmmsg(fd, row, count, MSG_DONTWAIT);

	printf("%s %s, %u bytes\n", what, r < 0 ? strerrorname_np(errno) : r == 0 ? "0" :
		       r == 1                                                     ? "1" :
										    "2",
	       count ? row[0].msg_len : 0);
}

int main(int argc, char **argv)
{
	struct mmsghdr *row = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec parts[2] = { { "abc", 3 }, { "defgh", 5 } };
	const char *how = argc > 1 ? argv[1] : "in";
	int in = socket(AF_UNIX, SOCK_DGRAM, 0), pair[2], arrived = 0;
	char bytes[8];

	if (bind(in, (struct sockaddr *)&names[0], sizeof(sa_family_t) + 3) ||
	    socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		return 1;
	strncpy(names[1].sun_path + 1, how, 100);
	for (int i = 0; i < 2; i++) {
		row[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
		if (strcmp(how, "connected"))
			row[i].msg_hdr.msg_name = &names[strcmp(how, "readonly") ? i : 0];
		row[i].msg_hdr.msg_namelen = sizeof(sa_family_t) + 1 + strlen(names[i].sun_path + 1);
	}
	if (!strcmp(how, "readonly"))
		mprotect(row, 4096, PROT_READ);
	if (!strcmp(how, "connected")) {
		in = pair[1];
		say("both", pair[0], row, 2);
	} else {
		int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

		say("both", fd, row, strcmp(how, "none") ? 2 : 0);
		if (!strcmp(how, "in") || !strcmp(how, "out"))
			say("the second", fd, row + 1, 1);
		say("nowhere", -1, row, 0);
	}
	while (recv(in, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
		arrived++;
	printf("arrived %d\n", arrived);
	return 0;
}
