/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_STACK_CHILD_H
#define FST_TRACER_STACK_CHILD_H

/*
 * What stack.c and its helper say to each other, over a SOCK_SEQPACKET pair: one packet asks, one answers.
 *
 *     question  the struct, and with it two descriptors: /proc/TID/mem and /proc/TID/maps
 *     answer    the head, and text_bytes bytes of text
 *
 * The helper reads hostile input, so what it answers is hostile, too.
 */

#include <stdint.h>
#include <sys/types.h>

#include <tracer/stack.h>

#define FST_STACK_CHILD_REGSET_BYTES 512

struct fst_stack_child_question {
	uint64_t string; /* the address of a string to be read; 0: the stack is wanted */
	uint32_t regset_bytes;
	uint32_t text_size; /* with the terminating zero */
	unsigned char regset[FST_STACK_CHILD_REGSET_BYTES];
};

struct fst_stack_child_answer {
	int32_t result; /* the number of frames (of a string: 1), or a negative errno */
	uint32_t text_bytes;
	char text[FST_STACK_MAX_TEXT_BYTES];
};
#define FST_STACK_CHILD_HEAD_BYTES offsetof(struct fst_stack_child_answer, text)

/* The whole life of the helper, from right behind fork (all signals blocked): answers until the socket ends. */
_Noreturn void fst_stack_child_run(int socket_fd, pid_t parent);

#endif
