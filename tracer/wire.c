/* SPDX-License-Identifier: MIT */
/* Packs and unpacks messages. Knows no meaning of any; trusts no length. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <tracer/wire.h>

int fst_wire_send(int fd, const struct fst_message *message, const char *const *texts, unsigned text_count)
{
	struct fst_message head = *message;
	struct iovec parts[1 + 2 * FST_MESSAGE_TEXTS] = { { &head, sizeof(head) } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 1 };
	size_t room = sizeof(((struct fst_packet *)0)->text);
	static const char end[1] = "";

	memset(head.text_bytes, 0, sizeof(head.text_bytes));
	for (unsigned i = 0; i < text_count && room; i++) {
		size_t bytes = texts[i] ? strnlen(texts[i], room - 1) : 0;

		parts[msg.msg_iovlen++] = (struct iovec){ (void *)(texts[i] ? texts[i] : end), bytes };
		parts[msg.msg_iovlen++] = (struct iovec){ (void *)end, 1 };
		head.text_bytes[i] = bytes + 1;
		room -= bytes + 1;
	}
	while (sendmsg(fd, &msg, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int check(const struct fst_packet *packet, size_t bytes)
{
	size_t used = 0;

	if (bytes < sizeof(packet->message))
		return -EPROTO;
	for (unsigned i = 0; i < FST_MESSAGE_TEXTS; i++) {
		uint32_t n = packet->message.text_bytes[i];

		if (n > bytes - sizeof(packet->message) - used)
			return -EPROTO;
		used += n;
		if (n && packet->text[used - 1])
			return -EPROTO;
	}
	return 1;
}

int fst_wire_receive(int fd, struct fst_packet *packet, int block)
{
	ssize_t n;

	do {
		n = recv(fd, packet, sizeof(*packet), block ? 0 : MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == ECONNRESET ? 0 : -errno;
	return n ? check(packet, n) : 0;
}

const char *fst_wire_text(const struct fst_packet *packet, unsigned index)
{
	size_t at = 0;

	for (unsigned i = 0; i < index; i++)
		at += packet->message.text_bytes[i];
	return packet->message.text_bytes[index] ? packet->text + at : "";
}
