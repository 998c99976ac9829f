/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_ARCH_H
#define FLAGSTOP_ARCH_H

/*
 * The kernel's system call ABIs as data: names, numbers, arguments, named constants.
 *
 * Everything here is constant data, the same on every host, and may be called from any thread at any time. Nothing is
 * allocated; every returned string lives as long as the program.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum flagstop_abi {
	FLAGSTOP_ABI_X86_64,
	FLAGSTOP_ABI_I386,
	FLAGSTOP_ABI_X32,
	FLAGSTOP_ABI_AARCH64,
	FLAGSTOP_ABI_ARM,
	FLAGSTOP_ABI_RISCV64,
	FLAGSTOP_ABI_PPC64LE,
	FLAGSTOP_ABI_S390X,
	FLAGSTOP_ABI_LOONGARCH64,
};
#define FLAGSTOP_ABI_COUNT 9

/* The name as policies spell it ("x86_64", "i386", …); NULL for a value that is no ABI. */
const char *flagstop_abi_name(enum flagstop_abi abi);

/* The ABI of that name, or -ENOENT. Exact, lower case. */
int flagstop_abi_find(const char *name);

/* AUDIT_ARCH_* as seccomp_data.arch carries it (linux/audit.h). x32 has x86_64's: bit 30 of the number tells it. */
uint32_t flagstop_abi_audit_arch(enum flagstop_abi abi);

/* The ABI that programs built for this host use first. */
enum flagstop_abi flagstop_abi_native(void);

/*
 * The ABI of one call, from seccomp_data.arch and .nr; -EOPNOTSUPP when it is none of ours.
 * (Which ABI a call used is a property of the call, never of the process.)
 */
int flagstop_abi_of_call(uint32_t audit_arch, uint32_t nr);

/* The kernel release that the tables were taken from, as "7.2". */
const char *flagstop_tables_release(void);

/*
 * Calls are numbered 0 … flagstop_call_count() - 1 in the order of their names; this index is the same for all ABIs in
 * one build of the library, and may differ in the next.
 */
unsigned flagstop_call_count(void);
const char *flagstop_call_name(unsigned call);
int flagstop_call_find(const char *name); /* the index, or -ENOENT */

/* The number as it stands in seccomp_data.nr (x32: with bit 30), or -ENOENT where the ABI does not have the call. */
int64_t flagstop_call_number(unsigned call, enum flagstop_abi abi);

/* The call that has this number in this ABI, or -ENOENT. */
int flagstop_call_from_number(enum flagstop_abi abi, uint32_t nr);

/* The kernel release that the call first appeared in ("2.6.39"), or "" when it is older than 2.6. */
const char *flagstop_call_since(unsigned call);

/* The call whose name is nearest to `name` in spelling, or NULL when none is near. For "did you mean". */
const char *flagstop_call_nearest(const char *name);

/* How an argument is read by the kernel. */
enum flagstop_arg_type {
	FLAGSTOP_ARG_S32,   /* int: the low 32 bits, signed */
	FLAGSTOP_ARG_U32,   /* unsigned int: the low 32 bits */
	FLAGSTOP_ARG_SWORD, /* long: the register, signed (64 bits, on 32-bit ABIs 32) */
	FLAGSTOP_ARG_UWORD, /* unsigned long, size_t, a pointer: the register */
	FLAGSTOP_ARG_U16,   /* the user and group ids of i386's and arm's first calls: the low 16 bits */
};

/* What an argument is for. */
enum flagstop_arg_role {
	FLAGSTOP_ROLE_NUMBER,   /* a plain number */
	FLAGSTOP_ROLE_FD,       /* a file descriptor */
	FLAGSTOP_ROLE_DIRFD,    /* a file descriptor or AT_FDCWD */
	FLAGSTOP_ROLE_PATH,     /* pointer to a path */
	FLAGSTOP_ROLE_STRING,   /* pointer to another string */
	FLAGSTOP_ROLE_SOCKADDR, /* pointer to struct sockaddr */
	FLAGSTOP_ROLE_POINTER,  /* pointer to anything else; see pointee */
	FLAGSTOP_ROLE_FLAGS,    /* bits of a named set */
	FLAGSTOP_ROLE_ENUM,     /* one value of a named set */
	FLAGSTOP_ROLE_MODE,     /* file mode bits, octal */
	FLAGSTOP_ROLE_SIZE,     /* bytes */
	FLAGSTOP_ROLE_OFFSET,   /* a file offset, or one half of it */
	FLAGSTOP_ROLE_ADDRESS,  /* an address that is not read through (mmap, brk, …) */
	FLAGSTOP_ROLE_PID,
	FLAGSTOP_ROLE_UID,
	FLAGSTOP_ROLE_GID,
	FLAGSTOP_ROLE_SIGNAL,
	FLAGSTOP_ROLE_PAD, /* a register that the kernel skips (arm's even pairs) */
};

struct flagstop_arg {
	const char *name;    /* as section 2 of the manual names it: "flags", "prot", "domain" */
	const char *set;     /* the set of constants that belongs here ("open_flags"), or NULL */
	const char *pointee; /* for ROLE_POINTER: "struct stat", or NULL */
	enum flagstop_arg_type type;
	enum flagstop_arg_role role;
};

/* The arguments of a call in an ABI (their order may differ: clone). 0 … 6. *ret_args is constant data. */
unsigned flagstop_call_args(unsigned call, enum flagstop_abi abi, const struct flagstop_arg **ret_args);

/* How many bits of the register the kernel reads for an argument of this type: 16, 32 or 64. */
unsigned flagstop_arg_bits(enum flagstop_abi abi, enum flagstop_arg_type type);

/*
 * A named constant in an ABI (O_DIRECT differs). 0 and *ret_value (negative ones sign-extended), or -ENOENT.
 * flagstop_constant_in_set: 1 when the set holds that name, 0 when not.
 * Errno names (EPERM, …) are the set "errno", signals the set "signal".
 */
int flagstop_constant_find(const char *name, enum flagstop_abi abi, int64_t *ret_value);
int flagstop_constant_in_set(const char *name, const char *set);
const char *flagstop_constant_nearest(const char *name, const char *set); /* set may be NULL: any */

/* The errno named "EPERM" … as a positive number, or -ENOENT; and back (NULL when there is no such errno). */
int flagstop_errno_find(const char *name);
const char *flagstop_errno_name(int number);

/*
 * Writes one argument's value as people read it: `O_RDONLY|O_CLOEXEC`, `AT_FDCWD`, `0644`, `0x7ffc…`, `-1`.
 * Pointers are not followed. Writes the whole call when `args` is given: `openat(AT_FDCWD, 0x55…, O_RDONLY, 0)`.
 * Both return what snprintf(3) would.
 */
size_t flagstop_arg_format(enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value, char *text,
			   size_t size);
size_t flagstop_call_format(enum flagstop_abi abi, uint32_t nr, const uint64_t args[6], char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
