/* SPDX-License-Identifier: MIT */
/*
 * Policy files of minijail: those of minijail0(5), and of its offline compiler, whose grammar is wider. Decides
 * which of the two a statement is of, where they differ: `EXPRESSION; return ERRNO` outside of braces allows what
 * the expression says, as minijail0 does; inside braces, which only the compiler takes, an action belongs to its
 * expression.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/formats/lists.h>

#define INCLUDES_MAX 256 /* over the whole policy */
#define CALLS_MAX 1024   /* of one statement */

struct jail {
	struct fst_reading *reading; /* of the file that is being read */
	struct fst_profile *profile;
	enum flagstop_abi abi;
	struct flagstop_verdict kill;
	struct fst_slice rest; /* of the logical line */
	unsigned depth, includes, nesting;
};

struct calls {
	unsigned list[CALLS_MAX];
	unsigned count;
};

/* ---- words ------------------------------------------------------------------------------------------------------ */

static int fail_at(struct jail *jail, struct fst_slice slice, const char *expected)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, slice);

	if (!slice.bytes)
		return fst_read_fail(jail->reading, &spot, -EBADMSG, "expected %s, but the line ends", expected);
	return fst_read_fail(jail->reading, &spot, -EBADMSG, "expected %s, not '%.40s'", expected,
			     fst_slice_copy(jail->reading, slice));
}

static void skip(struct jail *jail)
{
	while (jail->rest.bytes && strchr(FST_SLICE_BLANKS, jail->rest.text[0])) {
		jail->rest.text++;
		jail->rest.bytes--;
	}
	if (jail->rest.bytes && jail->rest.text[0] == '#')
		jail->rest.bytes = 0;
}

static struct fst_slice take(struct jail *jail, size_t bytes)
{
	struct fst_slice taken = { jail->rest.text, bytes };

	jail->rest.text += bytes;
	jail->rest.bytes -= bytes;
	return taken;
}

/* What an error is about: the word or the byte that stands here. */
static struct fst_slice here(struct jail *jail)
{
	size_t bytes = 0;

	skip(jail);
	while (bytes < jail->rest.bytes && !strchr(FST_SLICE_BLANKS ":;,{}()[]", jail->rest.text[bytes]))
		bytes++;
	return (struct fst_slice){ jail->rest.text, jail->rest.bytes && !bytes ? 1 : bytes };
}

static bool sees(struct jail *jail, const char *text)
{
	skip(jail);
	return fst_slice_begins(jail->rest, text);
}

static bool accept(struct jail *jail, const char *text)
{
	if (!sees(jail, text))
		return false;
	take(jail, strlen(text));
	return true;
}

static int expect(struct jail *jail, const char *text, const char *name)
{
	return accept(jail, text) ? 0 : fail_at(jail, here(jail), name);
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* A word of letters, digits and _; actions have hyphens. */
static struct fst_slice take_word(struct jail *jail)
{
	size_t bytes = 0;

	skip(jail);
	while (bytes < jail->rest.bytes &&
	       (is_word_byte(jail->rest.text[bytes]) ||
		(bytes && jail->rest.text[bytes] == '-' && bytes + 1 < jail->rest.bytes &&
		 is_word_byte(jail->rest.text[bytes + 1]))))
		bytes++;
	return take(jail, bytes);
}

/* ---- constants -------------------------------------------------------------------------------------------------- */

static int read_value(struct jail *jail, uint64_t *ret_value);

static int read_number(struct jail *jail, struct fst_slice word, bool negative, uint64_t *ret_value)
{
	const char *text = fst_slice_copy(jail->reading, word);
	char *end;

	errno = 0;
	*ret_value = strtoull(text, &end, 0);
	if (*end || errno)
		return fail_at(jail, word, "a number of 64 bits");
	if (negative)
		*ret_value = -*ret_value;
	return 0;
}

static int read_single(struct jail *jail, uint64_t *ret_value)
{
	bool negative = accept(jail, "-");
	struct fst_slice before = here(jail), word = take_word(jail);
	int64_t value;

	if (!word.bytes)
		return fail_at(jail, before, "a constant");
	if (word.text[0] >= '0' && word.text[0] <= '9')
		return read_number(jail, word, negative, ret_value);
	if (negative || flagstop_constant_find(fst_slice_copy(jail->reading, word), jail->abi, &value))
		return fail_at(jail, word, "a constant that the tables have");
	*ret_value = (uint64_t)value;
	return 0;
}

static int read_constant(struct jail *jail, uint64_t *ret_value)
{
	bool inverted = accept(jail, "~");
	int r;

	if (accept(jail, "(")) {
		if (jail->nesting == FLAGSTOP_CONVERT_MAX_NESTING) {
			struct fst_spot spot = fst_slice_spot(jail->reading, here(jail));

			return fst_read_fail(jail->reading, &spot, -E2BIG, "nested deeper than %d levels",
					     FLAGSTOP_CONVERT_MAX_NESTING);
		}
		jail->nesting++;
		r = read_value(jail, ret_value);
		jail->nesting--;
		if (!r)
			r = expect(jail, ")", "')'");
	} else {
		r = read_single(jail, ret_value);
	}
	if (inverted)
		*ret_value = ~*ret_value;
	return r;
}

static int read_value(struct jail *jail, uint64_t *ret_value)
{
	uint64_t part;
	int r;

	*ret_value = 0;
	do {
		r = read_constant(jail, &part);
		*ret_value |= r ? 0 : part;
	} while (!r && !sees(jail, "||") && accept(jail, "|"));
	return r;
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *text;
	enum fst_compare compare;
} operators[] = {
	{ "==", FST_COMPARE_EQ },
	{ "!=", FST_COMPARE_NE },
	{ "<=", FST_COMPARE_LE },
	{ ">=", FST_COMPARE_GE },
	{ "<", FST_COMPARE_LT },
	{ ">", FST_COMPARE_GT },
};

struct atom {
	unsigned argument;
	enum fst_compare compare;
	uint64_t value, mask;
	bool negated;
};

#define ATOMS_MAX 16384 /* of one expression */

/* What is read once is meant for each call of a statement, whose arguments may differ in width. */
struct expression {
	struct {
		struct atom atom;
		bool begins_clause;
	} parts[ATOMS_MAX];
	unsigned count;
};

static int read_operator(struct jail *jail, struct atom *atom)
{
	int r;

	for (unsigned i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (!accept(jail, operators[i].text))
			continue;
		atom->compare = operators[i].compare;
		return read_value(jail, &atom->value);
	}
	atom->compare = FST_COMPARE_MASKED;
	if (!sees(jail, "&&") && accept(jail, "&")) {
		atom->negated = true; /* any of the bits: not none of them */
		return read_value(jail, &atom->mask);
	}
	struct fst_slice before = here(jail), word = take_word(jail);
	if (!fst_slice_is(word, "in"))
		return fail_at(jail, before, "an operator (==, !=, <, <=, >, >=, &, in)");
	r = read_value(jail, &atom->mask);
	atom->mask = ~atom->mask;
	return r;
}

static int read_atom(struct jail *jail, struct atom *ret_atom)
{
	struct fst_slice before = here(jail), word = take_word(jail);
	const char *name = fst_slice_copy(jail->reading, word);

	*ret_atom = (struct atom){ 0 };
	if (strncmp(name, "arg", 3) || name[3] < '0' || name[3] > '5' || name[4])
		return fail_at(jail, before, "an argument as arg0 to arg5");
	ret_atom->argument = (unsigned)(name[3] - '0');
	return read_operator(jail, ret_atom);
}

static int read_expression(struct jail *jail, struct expression *e)
{
	bool begins = true;
	int r = 0;

	e->count = 0;
	do {
		if (e->count == ATOMS_MAX) {
			struct fst_spot spot = fst_slice_spot(jail->reading, here(jail));

			return fst_read_fail(jail->reading, &spot, -E2BIG, "more than %d comparisons in one expression",
					     ATOMS_MAX);
		}
		e->parts[e->count].begins_clause = begins;
		r = read_atom(jail, &e->parts[e->count].atom);
		e->count++;
		begins = false;
		if (!r && accept(jail, "||"))
			begins = true;
	} while (!r && (begins || accept(jail, "&&")));
	return r;
}

static const struct fst_cond *cond_of(struct jail *jail, unsigned call, const struct atom *atom)
{
	bool narrowed = false;
	const struct fst_cond *cond = fst_cond_compare(jail->profile, jail->abi, call, atom->argument, atom->compare,
						       atom->value, atom->mask, &narrowed);

	if (narrowed)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_NOTE, "upper-half", NULL,
			       "32-bit arguments are compared in the 32 bits that the kernel reads");
	return atom->negated ? fst_cond_not(jail->profile, cond) : cond;
}

/* The clause that begins with part `first`; *ret_next is where the next one does. */
static const struct fst_cond *meaning(struct jail *jail, unsigned call, const struct expression *e, unsigned first,
				      unsigned *ret_next)
{
	const struct fst_cond *all = &fst_always;
	unsigned i = first;

	do
		all = fst_cond_and(jail->profile, all, cond_of(jail, call, &e->parts[i].atom));
	while (++i < e->count && !e->parts[i].begins_clause);
	*ret_next = i;
	return all;
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

static int read_return(struct jail *jail, struct flagstop_verdict *ret_verdict)
{
	struct fst_slice before = here(jail);
	uint64_t number;
	int r;

	skip(jail);
	if (!before.bytes) { /* minijail0 kills then */
		*ret_verdict = jail->kill;
		return 0;
	}
	r = read_single(jail, &number);
	if (!r && number > 65535)
		r = fail_at(jail, before, "an errno");
	*ret_verdict = r ? jail->kill : fst_verdict_errno((int64_t)number);
	return r;
}

static int read_action(struct jail *jail, struct flagstop_verdict *ret_verdict)
{
	struct fst_slice before = here(jail), word = take_word(jail);
	struct fst_spot spot = fst_slice_spot(jail->reading, before);

	if (fst_slice_is(word, "1") || fst_slice_is(word, "allow"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
	else if (fst_slice_is(word, "return"))
		return read_return(jail, ret_verdict);
	else if (fst_slice_is(word, "kill"))
		*ret_verdict = jail->kill;
	else if (fst_slice_is(word, "kill-process"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_KILL_PROCESS, 0);
	else if (fst_slice_is(word, "kill-thread"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_KILL_THREAD, 0);
	else if (fst_slice_is(word, "trap"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_TRAP, 0);
	else if (fst_slice_is(word, "log"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_LOG, 0);
	else if (fst_slice_is(word, "trace"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_TRACE, 0);
	else if (fst_slice_is(word, "user-notify"))
		*ret_verdict = fst_verdict(FLAGSTOP_ACTION_ASK, 0);
	else
		return fail_at(jail, before, "an action (1, allow, return, kill, trap, log, trace, user-notify)");
	if (ret_verdict->action == FLAGSTOP_ACTION_TRACE)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "trace", &spot,
			       "'trace' leaves the call to a tracer: here it is recorded and allowed");
	if (ret_verdict->action == FLAGSTOP_ACTION_ASK)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "notify", &spot,
			       "'user-notify' leaves the call to an agent: here somebody is asked, and where there is "
			       "nobody it is denied");
	return 0;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

static int add_name(struct jail *jail, struct fst_slice word, bool here_too, struct calls *calls)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, word);
	const char *name = fst_slice_copy(jail->reading, word);
	bool numeric = *name >= '0' && *name <= '9';
	int call;

	if (!here_too)
		return 0;
	call = numeric ? flagstop_call_from_number(jail->abi, (uint32_t)strtoul(name, NULL, 0)) :
			 fst_read_call(jail->reading, name, &spot);
	if (numeric && call < 0)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-call", &spot,
			       "%s has no call of the number %.20s: left out", flagstop_abi_name(jail->abi), name);
	if (call < 0)
		return 0;
	if (calls->count == CALLS_MAX)
		return fst_read_fail(jail->reading, &spot, -E2BIG, "more than %d calls in one statement", CALLS_MAX);
	calls->list[calls->count++] = (unsigned)call;
	return 0;
}

/* minijail's names of ABIs. */
static bool is_this_abi(const struct jail *jail, struct fst_slice word)
{
	static const struct {
		const char *name;
		enum flagstop_abi abi;
	} names[] = {
		{ "x86_64", FLAGSTOP_ABI_X86_64 },
		{ "i386", FLAGSTOP_ABI_I386 },
		{ "x86", FLAGSTOP_ABI_I386 },
		{ "arm", FLAGSTOP_ABI_ARM },
		{ "arm64", FLAGSTOP_ABI_AARCH64 },
		{ "aarch64", FLAGSTOP_ABI_AARCH64 },
		{ "riscv64", FLAGSTOP_ABI_RISCV64 },
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (fst_slice_is(word, names[i].name) && names[i].abi == jail->abi)
			return true;
	return false;
}

/* [arch=x86_64,arm] behind a name: whether it counts here. */
static int read_metadata(struct jail *jail, bool *ret_here)
{
	int r;

	*ret_here = true;
	if (!accept(jail, "["))
		return 0;
	*ret_here = false;
	struct fst_slice before = here(jail), key = take_word(jail);
	if (!fst_slice_is(key, "arch"))
		return fail_at(jail, before, "arch=");
	r = expect(jail, "=", "'='");
	do
		*ret_here |= is_this_abi(jail, take_word(jail));
	while (!r && accept(jail, ","));
	return r ? r : expect(jail, "]", "']'");
}

static int read_descriptor(struct jail *jail, struct calls *calls)
{
	struct fst_slice before = here(jail), word = take_word(jail);
	bool here_too;
	int r;

	if (!word.bytes)
		return fail_at(jail, before, "a call");
	if (sees(jail, "@")) {
		struct fst_spot spot = fst_slice_spot(jail->reading, word);

		take(jail, 1);
		take_word(jail);
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-group", &spot,
			       "minijail's groups stand in a file of their own: '%.60s' is left out",
			       fst_slice_copy(jail->reading, word));
		return 0;
	}
	r = read_metadata(jail, &here_too);
	return r ? r : add_name(jail, word, here_too, calls);
}

static int read_descriptors(struct jail *jail, struct calls *calls)
{
	int r;

	if (!accept(jail, "{"))
		return read_descriptor(jail, calls);
	do
		r = read_descriptor(jail, calls);
	while (!r && accept(jail, ","));
	return r ? r : expect(jail, "}", "',' or '}'");
}

static int add_clauses(struct jail *jail, unsigned call, const struct expression *e, struct flagstop_verdict verdict)
{
	unsigned next;
	int r = 0;

	if (!e)
		return fst_profile_add(jail->profile, jail->abi, call, NULL, verdict);
	for (unsigned i = 0; i < e->count && !r; i = next) {
		const struct fst_cond *when = meaning(jail, call, e, i, &next);

		r = when ? fst_profile_add(jail->profile, jail->abi, call, when, verdict) : -ENOMEM;
	}
	return r;
}

static int add(struct jail *jail, const struct calls *calls, const struct expression *e,
	       struct flagstop_verdict verdict)
{
	int r = 0;

	for (unsigned i = 0; i < calls->count && !r; i++)
		r = add_clauses(jail, calls->list[i], e, verdict);
	return r ? fst_read_no_memory(jail->reading) : 0;
}

static int read_single_filter(struct jail *jail, const struct calls *calls, bool in_braces)
{
	struct flagstop_verdict verdict, allow = fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
	struct expression *e;
	bool is_return;
	int r;

	if (!sees(jail, "arg")) {
		r = read_action(jail, &verdict);
		return r ? r : add(jail, calls, NULL, verdict);
	}
	e = talloc(jail->reading->scratch, struct expression);
	r = e ? read_expression(jail, e) : fst_read_no_memory(jail->reading);
	if (r || !accept(jail, ";")) {
		if (!r)
			r = add(jail, calls, e, allow);
		talloc_free(e);
		return r;
	}
	is_return = sees(jail, "return");
	r = read_action(jail, &verdict);
	if (!r && is_return && !in_braces) {
		r = add(jail, calls, e, allow);
		if (!r)
			r = add(jail, calls, NULL, verdict);
	} else if (!r) {
		r = add(jail, calls, e, verdict);
	}
	talloc_free(e);
	return r;
}

static int read_filter(struct jail *jail, const struct calls *calls)
{
	int r;

	if (!accept(jail, "{"))
		return read_single_filter(jail, calls, false);
	do
		r = read_single_filter(jail, calls, true);
	while (!r && accept(jail, ","));
	return r ? r : expect(jail, "}", "',' or '}'");
}

static void note_repeated(struct jail *jail, struct fst_slice start, const struct calls *calls)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, start);

	for (unsigned i = 0; i < calls->count; i++) {
		const struct fst_profile_case *c = &jail->profile->by_abi[jail->abi][calls->list[i]];

		if (c->count && !c->steps[c->count - 1].when)
			fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "repeated", &spot,
				       "minijail refuses a second statement for %s: the first one counts",
				       flagstop_call_name(calls->list[i]));
	}
}

static int read_statement(struct jail *jail)
{
	struct calls *calls = talloc_zero(jail->reading->scratch, struct calls);
	struct fst_slice start = here(jail);
	int r = calls ? read_descriptors(jail, calls) : fst_read_no_memory(jail->reading);

	if (!r)
		r = expect(jail, ":", "':' behind the call");
	if (!r) {
		note_repeated(jail, start, calls);
		r = read_filter(jail, calls);
	}
	talloc_free(calls);
	return r;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static int read_file(struct jail *jail);

static int load(struct jail *jail, const struct fst_spot *spot, const char *path, struct fst_reading *inner)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = fd < 0 ? NULL : talloc_array(jail->reading->scratch, char, FLAGSTOP_CONVERT_MAX_BYTES + 2);
	size_t bytes = 0;
	ssize_t got = fd < 0 ? -1 : 1;

	while (text && got > 0 && bytes <= FLAGSTOP_CONVERT_MAX_BYTES) {
		got = read(fd, text + bytes, FLAGSTOP_CONVERT_MAX_BYTES + 1 - bytes);
		bytes += got > 0 ? (size_t)got : 0;
	}
	int error = errno;
	if (fd >= 0)
		close(fd);
	if (got < 0)
		return fst_read_fail(jail->reading, spot, -EBADMSG, "%.100s: %s", path, strerror(error));
	if (!text)
		return fst_read_no_memory(jail->reading);
	if (bytes > FLAGSTOP_CONVERT_MAX_BYTES)
		return fst_read_fail(jail->reading, spot, -E2BIG, "%.100s is larger than %d bytes", path,
				     FLAGSTOP_CONVERT_MAX_BYTES);
	text[bytes] = '\0';
	*inner = *jail->reading;
	inner->name = path;
	inner->text = talloc_realloc(jail->reading->scratch, text, char, bytes + 1);
	inner->bytes = bytes;
	if (memchr(inner->text, '\0', bytes))
		return fst_read_fail(jail->reading, spot, -EBADMSG, "%.100s is not a text file", path);
	return 0;
}

static int include(struct jail *jail)
{
	struct fst_slice word;
	struct fst_reading inner, *outer = jail->reading;
	const char *slash = strrchr(outer->name, '/');
	char *path;
	int r;

	fst_slice_word(&jail->rest, FST_SLICE_BLANKS, &word);
	struct fst_spot spot = fst_slice_spot(outer, word);
	if (!fst_slice_begins(word, "/") && !fst_slice_begins(word, "./"))
		return fail_at(jail, word, "a path that begins with / or ./");
	if (jail->depth == FLAGSTOP_CONVERT_MAX_INCLUDE_DEPTH)
		return fst_read_fail(outer, &spot, -E2BIG, "includes are nested deeper than %d files",
				     FLAGSTOP_CONVERT_MAX_INCLUDE_DEPTH);
	if (jail->includes++ == INCLUDES_MAX)
		return fst_read_fail(outer, &spot, -E2BIG, "more than %d includes", INCLUDES_MAX);
	if (word.text[0] == '/' || !slash)
		path = talloc_strndup(outer->scratch, word.text, word.bytes);
	else
		path = talloc_asprintf(outer->scratch, "%.*s%.*s", (int)(slash - outer->name + 1), outer->name,
				       (int)word.bytes - 2, word.text + 2);
	if (!path)
		return fst_read_no_memory(outer);
	r = load(jail, &spot, path, &inner);
	if (r)
		return r;
	struct fst_slice rest = jail->rest;
	jail->reading = &inner;
	jail->depth++;
	r = read_file(jail);
	jail->depth--;
	jail->reading = outer;
	jail->rest = rest;
	return r;
}

static int read_default(struct jail *jail)
{
	struct fst_slice before = here(jail);
	struct flagstop_verdict verdict;
	int r = read_action(jail, &verdict);

	if (!r && verdict.action < FLAGSTOP_ACTION_ASK)
		return fail_at(jail, before, "kill, kill-process, kill-thread, trap or user-notify");
	if (!r)
		jail->profile->fallback = jail->profile->unknown = verdict;
	return r;
}

static int read_directive(struct jail *jail)
{
	struct fst_slice word, start = here(jail);
	struct fst_spot spot = fst_slice_spot(jail->reading, start);

	fst_slice_word(&jail->rest, FST_SLICE_BLANKS, &word);
	if (fst_slice_is(word, "@include"))
		return include(jail);
	if (fst_slice_is(word, "@default"))
		return read_default(jail);
	if (fst_slice_is(word, "@denylist")) {
		jail->profile->fallback = jail->profile->unknown = fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
		return 0;
	}
	if (!fst_slice_is(word, "@frequency"))
		return fail_at(jail, word, "@include, @frequency, @default or @denylist");
	jail->rest.bytes = 0;
	fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_NOTE, "frequency", &spot,
		       "@frequency is for who compiles: give that file to compile --frequencies");
	return 0;
}

static int read_file(struct jail *jail)
{
	size_t at = 0;
	int r = 0;

	while (!r && fst_slice_line(jail->reading, &at, true, &jail->rest)) {
		skip(jail);
		if (!jail->rest.bytes)
			continue;
		r = jail->rest.text[0] == '@' ? read_directive(jail) : read_statement(jail);
		skip(jail);
		if (!r && jail->rest.bytes)
			r = fail_at(jail, here(jail), "the end of the line");
	}
	return r;
}

int fst_minijail_read(struct fst_reading *reading)
{
	struct jail jail = {
		.reading = reading,
		.abi = reading->options.native,
		.kill = fst_verdict(FLAGSTOP_ACTION_KILL_THREAD, 0),
	};

	reading->profile = jail.profile = fst_profile_new(reading->scratch, 1u << jail.abi);
	if (!jail.profile)
		return fst_read_no_memory(reading);
	jail.profile->fallback = jail.profile->unknown = jail.kill;
	return read_file(&jail);
}
