/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_WIRE_H
#define FST_TRACER_WIRE_H

/*
 * Messages between the caller's process and the tracer, over a SOCK_SEQPACKET pair. Both ends are one program, so fixed
 * structs travel as they are; each message is a struct followed by its strings.
 *
 *     ┌──────────────────┬─────────┬─────────┬─ …
 *     │ fst_message      │ str 0 \0│ str 1 \0│
 *     └──────────────────┴─────────┴─────────┴─ …
 */

#include <stdint.h>
#include <sys/types.h>

#include <flagstop/session.h>
#include <tracer/stack.h>

enum fst_message_type {
	/* tracer → caller */
	FST_MESSAGE_STARTED, /* tid: the program's */
	FST_MESSAGE_FAILED,  /* code; text[0] the message, text[1] the hint */
	FST_MESSAGE_ASK,     /* id, tid, place; text: call, rule file, rule text, stack */
	FST_MESSAGE_EVENT,   /* text: call, example, rule file, rule text, stack */
	FST_MESSAGE_DONE,    /* summary; the last one */
	/* caller → tracer */
	FST_MESSAGE_SIGNAL, /* code: the signal */
	FST_MESSAGE_ANSWER, /* id, answer */
};

#define FST_MESSAGE_TEXTS 5
#define FST_MESSAGE_MAX_BYTES (32 * 1024)

struct fst_message {
	enum fst_message_type type;
	int code;
	pid_t tid;
	uint64_t id;
	uint64_t count;
	enum flagstop_abi abi;
	uint32_t nr;
	unsigned line, column, layer;
	struct flagstop_answer answer; /* of EVENT, too: its verdict */
	struct flagstop_summary summary;
	uint32_t text_bytes[FST_MESSAGE_TEXTS]; /* with their zero bytes; 0: none */
};

/* A message with its strings, as it is sent. Large: keep one, not many. */
struct fst_packet {
	struct fst_message message;
	char text[FST_MESSAGE_MAX_BYTES - sizeof(struct fst_message)];
};

/* Strings that do not fit any more are cut. `texts` may be NULL. 0 or a negative errno. */
int fst_wire_send(int fd, const struct fst_message *message, const char *const *texts, unsigned text_count);

/*
 * 1 and a checked message, 0 at the end of the connection, -EAGAIN with `block` 0 and nothing there, a negative
 * errno.
 */
int fst_wire_receive(int fd, struct fst_packet *packet, int block);

/* String `index` of a received message, "" when there is none. */
const char *fst_wire_text(const struct fst_packet *packet, unsigned index);

#endif
