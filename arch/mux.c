/* SPDX-License-Identifier: MIT */
/* The parts of socketcall and ipc, as data. Knows where their arguments are, and nothing of what is said of them. */
#include <errno.h>
#include <string.h>

#include <arch/mux.h>

/* net/socket.c (nargs, SYSCALL_DEFINE2(socketcall)); ipc/syscall.c (ksys_ipc). */
const struct fst_mux_part fst_mux_parts[] = {
	{ 1, false, "socket", NULL, 3, NULL },
	{ 2, false, "bind", NULL, 3, NULL },
	{ 3, false, "connect", NULL, 3, NULL },
	{ 4, false, "listen", NULL, 2, NULL },
	{ 5, false, "accept", "accept4", 3, NULL },
	{ 6, false, "getsockname", NULL, 3, NULL },
	{ 7, false, "getpeername", NULL, 3, NULL },
	{ 8, false, "socketpair", NULL, 4, NULL },
	{ 9, false, "send", "sendto", 4, NULL },
	{ 10, false, "recv", "recvfrom", 4, NULL },
	{ 11, false, "sendto", NULL, 6, NULL },
	{ 12, false, "recvfrom", NULL, 6, NULL },
	{ 13, false, "shutdown", NULL, 2, NULL },
	{ 14, false, "setsockopt", NULL, 5, NULL },
	{ 15, false, "getsockopt", NULL, 5, NULL },
	{ 16, false, "sendmsg", NULL, 3, NULL },
	{ 17, false, "recvmsg", NULL, 3, NULL },
	{ 18, false, "accept4", NULL, 4, NULL },
	{ 19, false, "recvmmsg", NULL, 5, NULL },
	{ 20, false, "sendmmsg", NULL, 4, NULL },
	{ 1, true, "semop", NULL, 0, "142" },
	{ 2, true, "semget", NULL, 0, "123" },
	{ 3, true, "semctl", NULL, 0, NULL },     /* has one in memory, and a bit of `cmd` says how */
	{ 4, true, "semtimedop", NULL, 0, NULL }, /* the fourth argument is not everywhere in the same register */
	{ 11, true, "msgsnd", NULL, 0, "1423" },
	{ 12, true, "msgrcv", NULL, 0, NULL }, /* version 0 has two arguments in memory */
	{ 13, true, "msgget", NULL, 0, "12" },
	{ 14, true, "msgctl", NULL, 0, NULL },
	{ 21, true, "shmat", NULL, 0, "142" },
	{ 22, true, "shmdt", NULL, 0, "4" },
	{ 23, true, "shmget", NULL, 0, "123" },
	{ 24, true, "shmctl", NULL, 0, NULL },
};
const unsigned fst_mux_part_count = sizeof(fst_mux_parts) / sizeof(*fst_mux_parts);

static int64_t number_of(enum flagstop_abi abi, bool is_ipc)
{
	return flagstop_call_number((unsigned)flagstop_call_find(is_ipc ? "ipc" : "socketcall"), abi);
}

bool fst_mux_is_in(enum flagstop_abi abi, bool is_ipc)
{
	return number_of(abi, is_ipc) >= 0;
}

int fst_mux_direct(enum flagstop_abi abi, const struct fst_mux_part *part)
{
	const char *const names[] = { part->name, part->instead };

	for (unsigned i = 0; i < 2 && names[i]; i++) {
		int call = flagstop_call_find(names[i]);

		if (call >= 0 && flagstop_call_number((unsigned)call, abi) >= 0)
			return call;
	}
	return -ENOENT;
}

const struct fst_mux_part *fst_mux_carried(enum flagstop_abi abi, uint32_t nr, uint64_t first_argument)
{
	bool is_ipc = (int64_t)nr == number_of(abi, true);
	uint32_t number = (uint32_t)first_argument & (is_ipc ? FST_MUX_IPC_MASK : UINT32_MAX);

	if (!is_ipc && (int64_t)nr != number_of(abi, false))
		return NULL;
	for (unsigned i = 0; i < fst_mux_part_count; i++)
		if (fst_mux_parts[i].is_ipc == is_ipc && fst_mux_parts[i].number == number)
			return &fst_mux_parts[i];
	return NULL;
}

static bool carries(enum flagstop_abi abi)
{
	return abi == FLAGSTOP_ABI_I386 || abi == FLAGSTOP_ABI_PPC64LE || abi == FLAGSTOP_ABI_S390X;
}

static const struct fst_mux_part *part_of(unsigned call)
{
	const char *name = flagstop_call_name(call);

	for (unsigned i = 0; i < fst_mux_part_count; i++)
		if (!strcmp(fst_mux_parts[i].name, name))
			return &fst_mux_parts[i];
	return NULL;
}

/* Names are compared last, and not at all where nothing is carried: it is asked of each call when a policy is bound. */
bool fst_mux_knows(enum flagstop_abi abi, unsigned call)
{
	if (flagstop_call_number(call, abi) >= 0)
		return true;
	const struct fst_mux_part *part = carries(abi) ? part_of(call) : NULL;
	return part && fst_mux_is_in(abi, part->is_ipc);
}

void fst_mux_add(struct fst_callset *set, unsigned call)
{
	unsigned lacking = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (flagstop_call_number(call, abi) >= 0)
			fst_callset_add(set, abi, call);
		else if (carries(abi))
			lacking |= 1u << abi;
	}
	const struct fst_mux_part *part = lacking ? part_of(call) : NULL;
	for (unsigned abi = 0; part && abi < FLAGSTOP_ABI_COUNT; abi++)
		if (lacking >> abi & 1 && fst_mux_is_in(abi, part->is_ipc))
			fst_callset_add(set, abi, call);
}
