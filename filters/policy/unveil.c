/* SPDX-License-Identifier: MIT */
/*
 * `r:/usr/lib,rwc:/home/sandbox`: which parts of the file system there are, and what may be done with each, as
 * unveil(2) has it. Decides what such a list means as a policy; the policy's own rules do the rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <arch/paths.h>
#include <filters/error.h>
#include <filters/policy/fact.h>
#include <filters/policy/policy.h>

#define VEILS_MAX 64
#define NAME "<unveil>"

enum {
	READ = 1,
	WRITE = 2,
	CREATE = 4,
	EXECUTE = 8,
};

static const char letters[] = "rwcx"; /* in the order of the bits */

struct veil {
	const char *path;
	unsigned bits;
};

struct unveiling {
	void *parent;
	const char *given;
	struct flagstop_error *error;
	struct veil veils[VEILS_MAX]; /* the longer paths first */
	unsigned count;
	char *text;
};

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static int fail(const struct unveiling *u, const char *at, size_t bytes, const char *message, const char *hint)
{
	fst_error_set(u->error, -EBADMSG, "%s", message);
	fst_error_place(u->error, NAME, 1, (unsigned)(at - u->given) + 1, (unsigned)(bytes ? bytes : 1), u->given,
			strlen(u->given));
	if (hint)
		fst_error_hint(u->error, "%s", hint);
	return -EBADMSG;
}

static int read_bits(const struct unveiling *u, const char *at, size_t bytes, unsigned *ret_bits)
{
	*ret_bits = 0;
	for (size_t i = 0; i < bytes; i++) {
		const char *letter = strchr(letters, at[i]);

		if (!letter)
			return fail(u, at + i, 1, "what is unveiled is said by letters before a ':'",
				    "r: read, w: write, x: execute, c: create and remove");
		*ret_bits |= 1u << (letter - letters);
	}
	return 0;
}

static int read_path(struct unveiling *u, const char *at, size_t bytes, const char **ret_path)
{
	const char *wrong = fst_path_complaint(at, bytes);
	char message[80];

	for (size_t i = 0; i < bytes && !wrong; i++)
		if (at[i] == '"' || (unsigned char)at[i] < 0x20 || at[i] == 0x7f)
			wrong = "has a byte that policies cannot quote";
	if (wrong) {
		snprintf(message, sizeof(message), "the path %s", wrong);
		return fail(u, at, bytes, message,
			    "paths are absolute, without '.', '..', '//' and a slash at the end");
	}
	*ret_path = talloc_strndup(u->parent, at, bytes);
	return *ret_path ? 0 : fst_error_set(u->error, -ENOMEM, "no memory");
}

/* Sorted as they come: what is said of a directory does not count for what is said of one below it. */
static void insert(struct unveiling *u, const char *path, unsigned bits)
{
	unsigned at = u->count++;

	for (; at && strlen(u->veils[at - 1].path) < strlen(path); at--)
		u->veils[at] = u->veils[at - 1];
	u->veils[at] = (struct veil){ path, bits };
}

static int read_veil(struct unveiling *u, const char *at, size_t bytes)
{
	const char *colon = memchr(at, ':', bytes), *path = NULL;
	unsigned bits = 0;
	int r;

	if (!colon)
		return fail(u, at, bytes, "expected letters, ':' and a path", "as in r:/usr/lib,rwc:/home/sandbox");
	if (u->count == VEILS_MAX)
		return fail(u, at, bytes, "more than 64 paths are unveiled", NULL);
	r = read_bits(u, at, (size_t)(colon - at), &bits);
	if (!r)
		r = read_path(u, colon + 1, bytes - (size_t)(colon - at) - 1, &path);
	for (unsigned i = 0; i < u->count && !r; i++)
		if (!strcmp(u->veils[i].path, path))
			r = fail(u, at, bytes, "this path was unveiled before", NULL);
	if (!r)
		insert(u, path, bits);
	return r;
}

static int read_all(struct unveiling *u)
{
	const char *at = u->given;
	int r = 0;

	for (;;) {
		size_t bytes = strcspn(at, ",");

		r = read_veil(u, at, bytes);
		if (r || !at[bytes])
			return r;
		at += bytes + 1;
	}
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void put(struct unveiling *u, const char *text)
{
	if (u->text)
		u->text = talloc_strdup_append_buffer(u->text, text);
}

static void put_path(struct unveiling *u, const char *path)
{
	if (u->text)
		u->text = talloc_asprintf_append_buffer(u->text, " \"%s\"", path);
}

/* All that take a path, but for those which change what paths mean, and which run what is there. */
static void put_calls(struct unveiling *u)
{
	enum flagstop_abi abi = flagstop_abi_native();

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		const struct fst_call_memory *memory = fst_paths_of_call(call, abi);
		const char *name = flagstop_call_name(call);

		if (!memory || !memory->path_count || flagstop_call_number(call, abi) < 0)
			continue;
		if (fst_beside_is_mover(name) || !strcmp(name, "quotactl") || !strncmp(name, "execve", 6))
			continue;
		put(u, " ");
		put(u, name);
	}
}

static bool is_below(const char *path, const char *directory)
{
	size_t bytes = strlen(directory);

	return !strncmp(path, directory, bytes) && (path[bytes] == '/' || directory[bytes - 1] == '/');
}

/* Under this one, and under none that is unveiled below it. */
static void put_place(struct unveiling *u, const struct veil *veil)
{
	put(u, "path under");
	put_path(u, veil->path);
	for (const struct veil *below = u->veils; below < veil; below++) {
		if (!is_below(below->path, veil->path))
			continue;
		put(u, " and not path under");
		put_path(u, below->path);
	}
}

/* A call does what the letters say, and no more. */
static void put_files(struct unveiling *u)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = { { READ, " and not reads" },
		      { WRITE, " and not writes" },
		      { CREATE, " and not creates" },
		      { EXECUTE, " and not executes" } };

	put(u, "allow");
	put_calls(u);
	put(u, " when (path is \"\"");
	for (unsigned i = 0; i < u->count; i++) {
		put(u, "\n\tor ");
		put_place(u, &u->veils[i]);
		for (unsigned k = 0; k < 4; k++)
			if (!(u->veils[i].bits & words[k].bit))
				put(u, words[k].word);
	}
	put(u, ")\n");
}

static void put_programs(struct unveiling *u)
{
	bool any = false;

	for (unsigned i = 0; i < u->count; i++) {
		if (!(u->veils[i].bits & EXECUTE))
			continue;
		put(u, any ? "\n\tor " : "allow execve execveat when (");
		put_place(u, &u->veils[i]);
		any = true;
	}
	put(u, any ? ")\n" : "");
}

static void put_refusals(struct unveiling *u)
{
	bool any = false;

	for (unsigned i = 0; i < u->count; i++)
		any |= u->veils[i].bits != 0;
	if (any) {
		put(u, "deny EACCES execve execveat");
		put_calls(u);
		put(u, " when path under {");
		for (unsigned i = 0; i < u->count; i++) {
			if (!u->veils[i].bits)
				continue;
			put_path(u, u->veils[i].path);
			put(u, ",\n\t");
		}
		put(u, "}\n");
	}
	put(u, "deny ENOENT execve execveat");
	put_calls(u);
	put(u, "\n");
}

int fst_unveil_text(void *parent, const char *unveiled, char **ret_text, struct flagstop_error *error)
{
	struct unveiling u = { .parent = parent, .given = unveiled, .error = error };
	int r = read_all(&u);

	if (r)
		return r;
	u.text = talloc_strdup(parent, "default allow\ndeny EPERM open_by_handle_at\n");
	put_files(&u);
	put_programs(&u);
	put_refusals(&u);
	*ret_text = u.text;
	return u.text ? 0 : fst_error_set(error, -ENOMEM, "no memory");
}

int flagstop_policy_add_unveil(struct flagstop_policy *policy, const char *unveiled,
			       struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct flagstop_error *error = reterr_error ? reterr_error : &unwanted;
	void *scratch;
	char *text;
	int r;

	if (!policy || !unveiled)
		return fst_error_set(error, -EINVAL, "no policy, or nothing to unveil");
	scratch = talloc_new(NULL);
	r = scratch ? fst_unveil_text(scratch, unveiled, &text, error) : fst_error_set(error, -ENOMEM, "no memory");
	if (!r)
		r = flagstop_policy_add_text(policy, NAME, text, strlen(text), error);
	talloc_free(scratch);
	return r;
}
