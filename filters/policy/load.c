/* SPDX-License-Identifier: MIT */
/*
 * Policy files: decides which file an include means, what is too big, too deep or a loop, and reads no more than the
 * limits allow. Knows nothing of the language but that it is text.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/parse.h>

#define FIRST_READ_BYTES 8192

static const char *reason_of(int number)
{
	const char *name;

	switch (number) {
	case ENOENT:
		return "there is no such file";
	case EACCES:
		return "permission denied";
	case EISDIR:
		return "it is a directory";
	default:
		name = flagstop_errno_name(number);
		return name ? name : "the system refuses";
	}
}

/* `place` is where an include stands; what a file lacks is then the including policy's mistake. */
static int fail_open(struct fst_parser *parser, const char *path, const struct fst_place *place, int number)
{
	struct fst_quote quote = fst_parse_quote(path, (unsigned)strnlen(path, 4096));
	int code = -EIO;

	if (number == ENOMEM)
		return fst_parse_no_memory(parser);
	if (place)
		code = -EBADMSG;
	else if (number == ENOENT || number == ENOTDIR)
		code = -ENOENT;
	else if (number == EACCES || number == EPERM)
		code = -EPERM;
	fst_parse_fail(parser, place, code, "cannot read '%s': %s", quote.text, reason_of(number));
	if (!place)
		fst_error_place(parser->error, path, 0, 0, 0, "", 0);
	return code;
}

static int fail_size(struct fst_parser *parser, const char *file)
{
	fst_error_set(parser->error, -E2BIG, "the policy is larger than %d bytes", FLAGSTOP_POLICY_MAX_BYTES);
	fst_error_place(parser->error, file, 0, 0, 0, "", 0);
	return -E2BIG;
}

int fst_load_check(struct fst_parser *parser, const char *file, const char *text, size_t bytes)
{
	unsigned line = 1, column = 1;

	if (bytes > FLAGSTOP_POLICY_MAX_BYTES)
		return fail_size(parser, file);
	return fst_lex_check(file, text, 0, bytes, &line, &column, parser->error);
}

struct buffer {
	char *text;
	size_t bytes, size;
};

static int grow(struct fst_parser *parser, struct buffer *buffer)
{
	size_t size = buffer->size ? 4 * buffer->size : FIRST_READ_BYTES;
	char *text;

	if (size > FLAGSTOP_POLICY_MAX_BYTES + 1)
		size = FLAGSTOP_POLICY_MAX_BYTES + 1;
	text = talloc_realloc(parser->layer, buffer->text, char, (unsigned)size);
	if (!text)
		return fst_parse_no_memory(parser);
	buffer->text = text;
	buffer->size = size;
	return 0;
}

/* Each piece is checked before the next is read: a line of 100 MB costs one piece. */
static int read_text(struct fst_parser *parser, int fd, const char *file, const struct fst_place *place,
		     struct buffer *buffer)
{
	unsigned line = 1, column = 1;
	ssize_t got;
	int r;

	for (;;) {
		r = buffer->bytes == buffer->size ? grow(parser, buffer) : 0;
		if (r)
			return r;
		got = read(fd, buffer->text + buffer->bytes, buffer->size - buffer->bytes);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_open(parser, file, place, errno);
		if (!got)
			return 0;
		r = fst_lex_check(file, buffer->text, buffer->bytes, buffer->bytes + (size_t)got, &line, &column,
				  parser->error);
		if (r)
			return r;
		buffer->bytes += (size_t)got;
		if (buffer->bytes > FLAGSTOP_POLICY_MAX_BYTES)
			return fail_size(parser, file);
	}
}

/* The part before the last '/', or NULL for the working directory. */
static int directory_of(struct fst_parser *parser, const char *path, const char **ret_directory)
{
	const char *slash = strrchr(path, '/');

	*ret_directory = NULL;
	if (!slash)
		return 0;
	*ret_directory = talloc_strndup(parser->scratch, path, slash == path ? 1 : (size_t)(slash - path));
	return *ret_directory ? 0 : fst_parse_no_memory(parser);
}

static void identify(struct fst_source *source, int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return;
	source->identified = true;
	source->device = status.st_dev;
	source->inode = status.st_ino;
}

static bool is_same(const struct fst_source *a, const struct fst_source *b)
{
	return a->identified && b->identified && a->device == b->device && a->inode == b->inode;
}

/* Writes "a.fs includes b.fs includes a.fs", from the outermost; what does not fit is cut. */
static size_t write_chain(const struct fst_source *source, char *text, size_t size)
{
	size_t at = source->parent ? write_chain(source->parent, text, size) : 0;
	int wrote = at < size ? snprintf(text + at, size - at, "%s includes ", source->lex.file) : 0;

	return at + (size_t)(wrote > 0 ? wrote : 0);
}

static int check_loop(struct fst_parser *parser, const struct fst_source *source, const char *file,
		      const struct fst_place *place)
{
	const struct fst_source *outer;
	char chain[160];
	size_t at;

	for (outer = parser->source; outer; outer = outer->parent) {
		if (!is_same(outer, source))
			continue;
		at = write_chain(parser->source, chain, sizeof(chain));
		if (at < sizeof(chain))
			snprintf(chain + at, sizeof(chain) - at, "%s", file);
		return fst_parse_fail(parser, place, -EBADMSG, "include loop: %s", chain);
	}
	return 0;
}

/* Reads and parses what is open. */
static int parse_fd(struct fst_parser *parser, int fd, const char *file, const struct fst_place *place,
		    struct fst_source *source)
{
	struct buffer buffer = { 0 };
	int r;

	identify(source, fd);
	r = check_loop(parser, source, file, place);
	if (!r)
		r = read_text(parser, fd, file, place, &buffer);
	if (r)
		return r;
	parser->total_bytes += buffer.bytes;
	if (parser->total_bytes > FST_PARSE_MAX_TOTAL_BYTES)
		return fst_parse_fail(parser, place, -E2BIG, "all files together are larger than %d bytes",
				      FST_PARSE_MAX_TOTAL_BYTES);
	return fst_parse_source(parser, source, file, buffer.text, buffer.bytes, 1);
}

static int parse_path(struct fst_parser *parser, const char *path, const struct fst_place *place,
		      struct fst_source *source)
{
	int fd, r;

	r = directory_of(parser, path, &source->directory);
	if (r)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail_open(parser, path, place, errno);
	r = parse_fd(parser, fd, path, place, source);
	close(fd);
	return r;
}

int fst_load_top(struct fst_parser *parser, const char *path)
{
	struct fst_source source = { 0 };

	if (!strcmp(path, "-"))
		return parse_fd(parser, STDIN_FILENO, parser->layer->name, NULL, &source);
	return parse_path(parser, parser->layer->name, NULL, &source);
}

int fst_load_name(struct fst_parser *parser, const struct fst_token *name, const char **ret_path)
{
	const char *directory = parser->source->directory;

	if (!directory || *name->text == '/')
		*ret_path = fst_parse_keep(parser, name);
	else
		*ret_path = talloc_asprintf(parser->layer, "%s%s%.*s", directory,
					    strcmp(directory, "/") ? "/" : "", (int)name->bytes, name->text);
	return *ret_path ? 0 : fst_parse_no_memory(parser);
}

static int check_include(struct fst_parser *parser, const struct fst_token *name)
{
	if (name->kind != FST_LEX_STRING)
		return fst_parse_unexpected(parser, "a file's name in quotes");
	if (!name->bytes)
		return fst_parse_fail(parser, &name->place, -EBADMSG, "the file's name is empty");
	if (parser->source->includes_deep == FLAGSTOP_POLICY_MAX_INCLUDE_DEPTH)
		return fst_parse_fail(parser, &name->place, -E2BIG, "includes are nested deeper than %d files",
				      FLAGSTOP_POLICY_MAX_INCLUDE_DEPTH);
	if (parser->includes++ == FST_PARSE_MAX_INCLUDES)
		return fst_parse_fail(parser, &name->place, -E2BIG, "more than %d includes",
				      FST_PARSE_MAX_INCLUDES);
	return 0;
}

int fst_load_include(struct fst_parser *parser)
{
	const struct fst_token name = parser->source->token;
	struct fst_source source = { .includes_deep = parser->source->includes_deep + 1 };
	const char *path;
	int r = check_include(parser, &name);

	if (!r)
		r = fst_load_name(parser, &name, &path);
	if (r)
		return r;
	r = parse_path(parser, path, &name.place, &source);
	if (r && r != -ENOMEM && !*parser->error->hint && parser->error->line && parser->error->file[0] &&
	    !strncmp(parser->error->file, path, sizeof(parser->error->file) - 1))
		fst_parse_hint(parser, "included from %s:%u", name.place.file, name.place.line);
	return r ? r : fst_parse_advance(parser);
}
