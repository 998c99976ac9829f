/* SPDX-License-Identifier: MIT */
/*
 * Socket addresses: where they lie for each call, and what becomes of the paths in them. Decides nothing about
 * families that have no path: those are bytes.
 */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <tracer/call.h>
#include <tracer/paths/paths.h>
#include <tracer/space.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

/* What is done with the path: bind() makes it, the others follow it. */
static const struct fst_path to_bind = { .target = FST_TARGET_NEW,
					 .follow = FST_FOLLOW_NEVER,
					 .dirfd = -1,
					 .flags = -1,
					 .intent = FST_INTENT_CREATES };
static const struct fst_path to_reach = { .target = FST_TARGET_OBJECT,
					  .follow = FST_FOLLOW_ALWAYS,
					  .dirfd = -1,
					  .flags = -1,
					  .intent = FST_INTENT_WRITES };

static int no_address(struct fst_gathered *g, unsigned argument)
{
	g->facts.args[argument] = (struct flagstop_fact){ 1, "", 0 };
	return 0;
}

static void note_bytes(struct fst_gathered *g, unsigned argument)
{
	g->facts.args[argument] = (struct flagstop_fact){ 1, (const char *)&g->address, g->address_bytes };
}

/*
 * A name that is made where it says, whatever anybody does meanwhile: then the socket can be called so. In a directory
 * that cannot be exchanged (kept.h), or in a working directory that nobody else can change.
 */
static bool stands(struct fst_paths *paths, const struct fst_paths_thread *thread, const struct fst_gathered_path *p)
{
	const char *path = p->walk.path;

	if (p->path->target != FST_TARGET_NEW || p->found.kind != FST_FOUND_ENTRY)
		return false;
	if (*path == '/')
		return !strcmp(path, p->found.canonical) &&
			fst_kept_has_directory(paths->kept, path, fst_walk_now_ns());
	return !strchr(path, '/') && fst_paths_is_alone(paths, thread);
}

/* A name that was cut would be another one. */
static int check_room(const struct fst_paths *paths, struct fst_gathered *g, const struct fst_gathered_path *p)
{
	if (p->found.kind != FST_FOUND_ENTRY || g->address_stands ||
	    fst_commit_name_entry(paths, &p->found, NULL, 0) < (int)(sizeof(struct sockaddr_un) - PATH_AT))
		return 0;
	g->reason = "in an address there is no room for its name beside a handle of its directory";
	return -EACCES;
}

/* The family, and behind it the name that the path has. */
static int note_path(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		     unsigned argument)
{
	char path[sizeof(struct sockaddr_un) + 1] = "";
	struct fst_path *how = &g->address_path;
	int r;

	memcpy(path, (const char *)&g->address + PATH_AT, g->address_bytes - PATH_AT);
	*how = strcmp(flagstop_call_name(g->index), "bind") ? to_reach : to_bind;
	how->argument = (uint8_t)argument;
	g->paths[0].path = how;
	r = fst_gather_path(paths, thread, g, 0, 1, path);
	g->address_stands = !r && stands(paths, thread, &g->paths[0]);
	if (!r)
		r = check_room(paths, g, &g->paths[0]);
	if (r) {
		note_bytes(g, argument);
		return r;
	}
	/* What bind() says of a name that is taken. */
	if (how->target == FST_TARGET_NEW && g->error == -EEXIST)
		g->error = -EADDRINUSE;
	const struct flagstop_fact *name = &g->facts.args[argument];
	memcpy(g->judged_address, &g->address, sizeof(sa_family_t));
	memcpy(g->judged_address + sizeof(sa_family_t), name->bytes, name->count);
	g->facts.args[argument] =
		(struct flagstop_fact){ 1, g->judged_address, sizeof(sa_family_t) + name->count };
	return 0;
}

/* move_addr_to_kernel of net/socket.c, 6.18. */
static int read_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			unsigned argument, uint64_t address, int64_t bytes)
{
	int r;

	if (bytes < 0 || bytes > (int64_t)sizeof(g->address))
		return -EINVAL;
	memset(&g->address, 0, sizeof(g->address));
	g->address_stands = false;
	r = bytes ? fst_memory_copy(paths->setup.reader, thread->tid, address, &g->address, (size_t)bytes) : 0;
	if (r < 0) {
		if (r == -ETIMEDOUT || r == -EACCES)
			g->reason = "its memory cannot be read in time";
		return r;
	}
	g->has_address = true;
	g->address_bytes = (unsigned)bytes;
	note_bytes(g, argument);
	if (g->address_bytes <= PATH_AT || g->address.ss_family != AF_UNIX ||
	    !((const char *)&g->address)[PATH_AT] || g->address_bytes > sizeof(struct sockaddr_un))
		return 0; /* no path: abstract, unnamed, or what unix sockets refuse by themselves */
	return note_path(paths, thread, g, argument);
}

/* struct msghdr, and compat_msghdr of 32-bit programs: first a word, the name, then 32 bits, how long that is. */
static unsigned word_bytes_of(enum flagstop_abi abi)
{
	return flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) / 8;
}

static unsigned message_bytes_of(enum flagstop_abi abi)
{
	return word_bytes_of(abi) == 8 ? 56 : 28;
}
_Static_assert(sizeof(struct msghdr) == (sizeof(void *) == 8 ? 56 : 28), "the kernel's layout");
_Static_assert(offsetof(struct msghdr, msg_namelen) == sizeof(void *), "the kernel's layout");

static uint64_t get_name(const struct fst_gathered *g, uint32_t *ret_bytes)
{
	unsigned word_bytes = word_bytes_of(g->abi);
	uint64_t wide;
	uint32_t narrow;

	memcpy(ret_bytes, g->message + word_bytes, sizeof(*ret_bytes));
	memcpy(&wide, g->message, sizeof(wide));
	memcpy(&narrow, g->message, sizeof(narrow));
	return word_bytes == sizeof(wide) ? wide : narrow;
}

static void set_name(struct fst_gathered *g, uint64_t name, uint32_t bytes)
{
	unsigned word_bytes = word_bytes_of(g->abi);
	uint32_t narrow = (uint32_t)name;

	if (word_bytes == sizeof(name))
		memcpy(g->message, &name, sizeof(name));
	else
		memcpy(g->message, &narrow, sizeof(narrow));
	memcpy(g->message + word_bytes, &bytes, sizeof(bytes));
}

static int read_message(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			unsigned argument)
{
	uint64_t name;
	uint32_t name_bytes;
	int r;

	g->message_bytes = message_bytes_of(g->abi);
	r = fst_memory_copy(paths->setup.reader, thread->tid, g->call.args[argument], g->message, g->message_bytes);

	if (r < 0) {
		if (r == -ETIMEDOUT || r == -EACCES)
			g->reason = "its memory cannot be read in time";
		return r;
	}
	g->has_address = true;
	g->address_bytes = 0;
	/* copy_msghdr_from_user: net/socket.c, 6.18 */
	name = get_name(g, &name_bytes);
	if ((int)name_bytes < 0)
		return -EINVAL;
	if (!name || !name_bytes)
		return no_address(g, argument);
	int64_t bytes = name_bytes;
	if (bytes > (int64_t)sizeof(g->address))
		bytes = sizeof(g->address);
	return read_address(paths, thread, g, argument, name, bytes);
}

/*
 * The kernel writes into the row how much of each message was sent, so it cannot lie where only we write. The first
 * message is sent by itself, as sendmmsg(2) may always do; the program calls again for the rest, which is judged then.
 */
static int read_first(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		      unsigned argument)
{
	if (!(uint32_t)g->call.args[2])
		return no_address(g, argument);
	if (!(paths->setup.may_sendmsg >> g->abi & 1) || !paths->sendmsg_nr[g->abi] || g->pin.thread->space->filtered) {
		g->reason = "its messages are sent by sendmsg, one by one, which another filter might not let pass";
		return -EACCES;
	}
	g->is_row = true;
	return read_message(paths, thread, g, argument);
}

int fst_gather_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		       const struct fst_read *read)
{
	uint64_t address = g->call.args[read->argument];
	int64_t bytes = read->size < 0 ? 0 : (int32_t)g->call.args[read->size];

	g->address_argument = read->argument;
	g->size_argument = read->size;
	switch ((enum fst_read_kind)read->kind) {
	case FST_READ_MSGHDR:
		return read_message(paths, thread, g, read->argument);
	case FST_READ_SOCKADDR:
		/* sendto(2) may have none; the others fail by themselves. */
		if (!address && !strcmp(flagstop_call_name(g->index), "sendto"))
			return no_address(g, read->argument);
		return read_address(paths, thread, g, read->argument, address, bytes);
	default:
		return read_first(paths, thread, g, read->argument);
	}
}

/* The address as the kernel gets it; returns its bytes. */
static unsigned write_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			      char *to)
{
	memcpy(to, &g->address, g->address_bytes);
	if (!g->path_count || !g->paths[0].path || g->address_stands)
		return g->address_bytes;
	memset(to + PATH_AT, 0, sizeof(struct sockaddr_un) - PATH_AT);
	fst_commit_path(paths, thread, g, 0, to + PATH_AT, sizeof(struct sockaddr_un) - PATH_AT);
	return (unsigned)(PATH_AT + strlen(to + PATH_AT) + 1);
}

static void send_first(const struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g)
{
	thread->counts_at = g->call.args[g->address_argument] + g->message_bytes; /* msg_len of struct mmsghdr */
	fst_pin_number(&g->pin, paths->sendmsg_nr[g->abi]);
	fst_pin_set(&g->pin, 2, g->call.args[3]);
	fst_pin_to_exit(&g->pin);
}

int fst_commit_address(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g)
{
	bool in_message = g->size_argument < 0;
	char *area = fst_pin_struct(&g->pin, g->address_argument);
	char *at = in_message ? area + sizeof(g->message) : area;
	unsigned bytes = write_address(paths, thread, g, at);

	if (!in_message) {
		fst_pin_set(&g->pin, (unsigned)g->size_argument, bytes);
		return 0;
	}
	uint32_t given;
	get_name(g, &given);
	set_name(g, bytes ? fst_pin_address(&g->pin, at) : 0, bytes ? bytes : given);
	memcpy(area, g->message, g->message_bytes);
	if (g->is_row)
		send_first(paths, thread, g);
	return 0;
}

void fst_paths_exit(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	uint64_t counts_at = thread->counts_at;
	int64_t result;
	uint32_t bytes;

	thread->counts_at = 0;
	if (!counts_at || fst_call_result(thread->tid, &result) || result < 0)
		return;
	bytes = (uint32_t)result;
	/* What cannot be written is a fault though the message was sent: ___sys_sendmmsg, net/socket.c, 6.18. */
	int r = fst_memory_put(paths->setup.reader, thread->tid, counts_at, &bytes, sizeof(bytes));
	fst_call_set_result(thread->tid, r ? -EFAULT : 1);
}
