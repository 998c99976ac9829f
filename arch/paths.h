/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_PATHS_H
#define FST_ARCH_PATHS_H

/*
 * What system calls do with the paths, strings, addresses and structures that lie in the program's memory: constant
 * data of all ABIs (arch/tables/paths.tbl), for policies on paths and for whoever resolves them.
 */

#include <stdbool.h>
#include <stdint.h>

#include <flagstop/arch.h>

#define FST_CALL_PATHS_MAX 2
#define FST_CALL_READS_MAX 3

/* What is acted on. */
enum fst_path_target {
	FST_TARGET_OBJECT, /* what the path leads to; it must be there */
	FST_TARGET_ENTRY,  /* the name in its directory (removed, moved, replaced) */
	FST_TARGET_NEW,    /* a name that must not be there yet */
	FST_TARGET_OPEN,   /* the object, or with O_CREAT a new name: see fst_open_flags */
};

/* Whether a symbolic link in the last place is followed. Those before always are. */
enum fst_path_follow {
	FST_FOLLOW_ALWAYS,
	FST_FOLLOW_NEVER,
	FST_FOLLOW_UNLESS, /* unless follow_bit is set in the flags argument */
	FST_FOLLOW_IF,     /* only if it is */
	FST_FOLLOW_OPEN,   /* neither with O_NOFOLLOW, which is follow_bit, nor with O_CREAT|O_EXCL */
};

/* Open flags that are the same in all ABIs. */
#define FST_OPEN_WRONLY 0x1
#define FST_OPEN_RDWR 0x2
#define FST_OPEN_ACCMODE 0x3
#define FST_OPEN_CREAT 0x40
#define FST_OPEN_EXCL 0x80
#define FST_OPEN_TRUNC 0x200
#define FST_OPEN_PATH 0x200000

/* When "" names the descriptor itself. */
enum fst_path_empty {
	FST_EMPTY_NEVER,
	FST_EMPTY_BY_BIT, /* when empty_bit is set in the flags argument; NULL does, too, then */
	FST_EMPTY_ALWAYS,
};

/* Bits: what the call may do with what the path names, as unveil(2) has it. */
enum fst_path_intent {
	FST_INTENT_READS = 1,    /* its contents or what is known of it */
	FST_INTENT_WRITES = 2,   /* the same */
	FST_INTENT_CREATES = 4,  /* a name appears, or goes */
	FST_INTENT_EXECUTES = 8, /* it is run */
	FST_INTENT_OPEN = 16,    /* the open flags say which of the first three */
};

struct fst_path {
	uint8_t argument; /* a pointer to the path */
	int8_t dirfd;     /* the argument that a relative path starts from; -1: the working directory */
	int8_t flags;     /* the argument with follow_bit, empty_bit and open flags; -1: none */
	uint8_t target;   /* enum fst_path_target */
	uint8_t follow;   /* enum fst_path_follow */
	uint8_t empty;    /* enum fst_path_empty */
	uint8_t intent;   /* bits of enum fst_path_intent */
	bool null;        /* NULL is no path: it names the descriptor, or nothing */
	uint32_t follow_bit, empty_bit;
};

/* What else the kernel reads. */
enum fst_read_kind {
	FST_READ_STRING,
	FST_READ_SOCKADDR,   /* `size` has its bytes */
	FST_READ_OPEN_HOW,   /* the same */
	FST_READ_CLONE_ARGS, /* the same */
	FST_READ_MSGHDR,     /* with an address behind msg_name */
	FST_READ_MMSGHDR,    /* a row of such */
};

struct fst_read {
	uint8_t argument;
	uint8_t kind; /* enum fst_read_kind */
	int8_t size;  /* the argument with the bytes; -1: none */
};

struct fst_call_memory {
	uint8_t path_count, read_count;
	struct fst_path paths[FST_CALL_PATHS_MAX];
	struct fst_read reads[FST_CALL_READS_MAX];
};

/* NULL where a call has none of these. Constant data, constant time. */
const struct fst_call_memory *fst_paths_of_call(unsigned call, enum flagstop_abi abi);

/*
 * The open flags of one open call: `struct_flags` are those of openat2's structure. creat has those that it stands
 * for.
 */
uint64_t fst_path_open_flags(const struct fst_path *path, const struct fst_call_memory *memory,
			     const uint64_t args[6], uint64_t struct_flags);

/* Whether this very call follows a link in the last place; `open_flags` only matter where `follow` is OPEN. */
bool fst_path_follows(const struct fst_path *path, const uint64_t args[6], uint64_t open_flags);

/* Whether "" names the descriptor in this very call. */
bool fst_path_may_be_empty(const struct fst_path *path, const uint64_t args[6]);

#endif
