/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_FACTS_H
#define FLAGSTOP_FACTS_H

/*
 * What a call's arguments point to. The evaluator reads no memory: whoever asks brings along what it found, and vouches
 * for it. Bytes that the program could still change are no facts.
 *
 *     role of the argument (flagstop_arg.role)   `bytes`
 *     PATH       the canonical absolute path of what the kernel will act on: no link, no "." or "..", no "//", no
 *                slash at the end but in "/". Calls that act on the name itself (unlink, mkdir, rename, lstat of a
 *                link, what O_CREAT makes, …): the canonical parent, "/", and the last name. Nothing (count 0): the
 *                call names the descriptor beside it (AT_EMPTY_PATH with "").
 *     STRING     the string without its end
 *     SOCKADDR   the address, as long as the call says; nothing (count 0): none was given. The path of an AF_UNIX
 *                address is canonical, too, and may be longer than one in sun_path. sendmsg and sendmmsg: at argument
 *                1, the address that the (first) message has as its name.
 *     POINTER    to open_how or clone_args: the struct, as long as the call says
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flagstop_fact {
	int known; /* 0: nobody looked, or nobody can */
	const char *bytes;
	size_t count;
};

struct flagstop_facts {
	size_t struct_bytes;
	struct flagstop_fact args[6];
	/* Which layers that an `on exec` added are in force (flagstop_policy_after_exec). */
	int layers_known; /* 0: nobody knows */
	uint32_t layers;
};
#define FLAGSTOP_FACTS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_facts) \
	}

#ifdef __cplusplus
}
#endif

#endif
