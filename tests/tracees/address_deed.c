/* SPDX-License-Identifier: MIT */
/*
 * address_deed CALL ADDRESS: gives that call the address, and says what came of it. ADDRESS is IP,PORT, a path, a name
 * behind '@', "nothing" or "netlink". With openat2 and clone3 it is the number of flags in their structure. What was
 * bound says what the kernel calls it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_storage address;

static socklen_t read_unix(const char *text)
{
	struct sockaddr_un *to = (struct sockaddr_un *)&address;

	to->sun_family = AF_UNIX;
	strncpy(to->sun_path, text, sizeof(to->sun_path) - 1);
	if (*text != '@')
		return sizeof(*to);
	to->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(text));
}

static socklen_t read_address(const char *text)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	char ip[64];
	const char *comma = strchr(text, ',');

	if (!strcmp(text, "nothing"))
		return 0;
	address.ss_family = AF_NETLINK;
	if (!strcmp(text, "netlink"))
		return 12;
	if (!comma)
		return read_unix(text);
	snprintf(ip, sizeof(ip), "%.*s", (int)(comma - text), text);
	address.ss_family = strchr(ip, ':') ? AF_INET6 : AF_INET;
	inet_pton(address.ss_family, ip, address.ss_family == AF_INET6 ? (void *)&v6->sin6_addr : &v4->sin_addr);
	v4->sin_port = htons((uint16_t)atoi(comma + 1)); /* at one place in both */
	return address.ss_family == AF_INET6 ? sizeof(*v6) : sizeof(*v4);
}

static long deed(const char *call, int fd, const char *text)
{
	struct open_how how = { .flags = strtoull(text, NULL, 0), .resolve = RESOLVE_NO_MAGICLINKS };
	uint64_t clone[8] = { strtoull(text, NULL, 0), [4] = SIGCHLD };
	socklen_t bytes = read_address(text);
	struct iovec part = { "x", 1 };
	struct msghdr message = { bytes ? &address : NULL, bytes, &part, 1, NULL, 0, 0 };
	void *to = bytes ? &address : NULL;

	if (!strcmp(call, "openat2"))
		return syscall(SYS_openat2, AT_FDCWD, "/dev/null", &how, sizeof(how));
	if (!strcmp(call, "clone3")) {
		long child = syscall(435, clone, sizeof(clone)); /* the same everywhere */

		if (!child)
			_exit(0);
		return child > 0 ? waitpid((pid_t)child, NULL, 0) : child;
	}
	if (!strcmp(call, "connect"))
		return connect(fd, to, bytes);
	if (!strcmp(call, "bind"))
		return bind(fd, to, bytes);
	if (!strcmp(call, "sendto"))
		return sendto(fd, "x", 1, MSG_DONTWAIT, to, bytes);
	return sendmsg(fd, &message, MSG_DONTWAIT);
}

static const char *name_of(int fd)
{
	static struct sockaddr_un bound;
	socklen_t bytes = sizeof(bound);

	return getsockname(fd, (struct sockaddr *)&bound, &bytes) ? "none" : bound.sun_path;
}

int main(int argc, char **argv)
{
	int family = argc > 2 && strchr(argv[2], ',') ? (strchr(argv[2], ':') ? AF_INET6 : AF_INET) : AF_UNIX;
	int fd = socket(family, SOCK_DGRAM, 0);
	long r = argc > 2 ? deed(argv[1], fd, argv[2]) : -1;

	puts(r < 0 ? strerrorname_np(errno) : strcmp(argv[1], "bind") ? "done" :
									name_of(fd));
	return 0;
}
