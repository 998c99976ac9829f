/* SPDX-License-Identifier: MIT */
/*
 * `reads`, `writes`, `creates` and `executes`: what a call may do with what a path names. Most calls do one thing
 * whatever their arguments are; calls that open are asked for their flags.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <arch/paths.h>
#include <filters/error.h>
#include <filters/policy/fact.h>

static const struct {
	const char *word;
	unsigned intent;
} words[] = {
	{ "reads", FST_INTENT_READS },
	{ "writes", FST_INTENT_WRITES },
	{ "creates", FST_INTENT_CREATES },
	{ "executes", FST_INTENT_EXECUTES },
};

static unsigned find(const struct fst_expr *test)
{
	if (test->relation != FST_RELATION_TRUE || test->masked || test->part)
		return 0;
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].word, test->argument))
			return words[i].intent;
	return 0;
}

bool fst_fact_is_intent(const struct fst_expr *test)
{
	return find(test);
}

/* ---- calls that open --------------------------------------------------------------------------------------------- */

#define TMPFILE 0x400000 /* __O_TMPFILE (asm-generic/fcntl.h): without O_DIRECTORY, which differs between ABIs */

/* The access mode 3 asks for both and gives neither (open(2)); O_PATH looks at the file. */
static const struct fst_range reading[] = { { 0, 0 }, { 2, 3 } };
static const struct fst_range writing[] = { { 1, 3 } };
static const struct fst_range any_bit[] = { { 1, UINT64_MAX } };

/* One test of the open flags, which are an argument or a word in memory. */
static const struct fst_cond *test_flags(const struct fst_path *path, const struct fst_call_memory *memory,
					 const struct fst_expr *test, void *parent, uint64_t mask,
					 const struct fst_range *ranges, unsigned range_count)
{
	struct fst_cond *cond = talloc_zero(parent, struct fst_cond);
	struct fst_field field = { .subject = FST_SUBJECT_WORD };

	if (!cond)
		return NULL;
	*cond = (struct fst_cond){
		.op = FST_EXPR_TEST,
		.bits = path->flags < 0 ? 64 : 32,
		.mask = mask,
		.ranges = ranges,
		.range_count = range_count,
		.index = test->index,
	};
	if (path->flags >= 0) {
		cond->argument = (unsigned)path->flags;
		return cond;
	}
	cond->argument = memory->reads[0].argument;
	return fst_fact_set_field(cond, &field) ? NULL : cond;
}

static const struct fst_cond *either(void *parent, const struct fst_cond *a, const struct fst_cond *b)
{
	return fst_cond_join(parent, FST_EXPR_OR, a, b);
}

static const struct fst_cond *open_intent(const struct fst_path *path, const struct fst_call_memory *memory,
					  const struct fst_expr *test, void *parent, unsigned intent)
{
	bool has_flags = path->flags >= 0 || memory->read_count;

	if (!has_flags) /* creat(2) */
		return intent & (FST_INTENT_WRITES | FST_INTENT_CREATES) ? &fst_always : &fst_never;
	switch (intent) {
	case FST_INTENT_READS:
		return either(parent, test_flags(path, memory, test, parent, FST_OPEN_ACCMODE, reading, 2),
			      test_flags(path, memory, test, parent, FST_OPEN_PATH, any_bit, 1));
	case FST_INTENT_WRITES:
		return either(parent, test_flags(path, memory, test, parent, FST_OPEN_ACCMODE, writing, 1),
			      test_flags(path, memory, test, parent, FST_OPEN_TRUNC, any_bit, 1));
	case FST_INTENT_CREATES:
		return test_flags(path, memory, test, parent, FST_OPEN_CREAT | TMPFILE, any_bit, 1);
	default:
		return &fst_never;
	}
}

/* ---- all calls -------------------------------------------------------------------------------------------------- */

static const struct fst_cond *intent_of(const struct fst_asked *asked, const struct fst_call_memory *memory,
					const struct fst_expr *test, void *parent, unsigned intent)
{
	const struct fst_cond *all = &fst_never;

	/* Of the path that is asked about, or else of any. */
	for (unsigned i = 0; i < memory->path_count && all; i++) {
		const struct fst_path *path = &memory->paths[i];
		const struct fst_cond *one = path->intent & intent ? &fst_always : &fst_never;

		if (asked->path >= 0 && asked->path != path->argument)
			continue;
		if (path->intent & FST_INTENT_OPEN)
			one = open_intent(path, memory, test, parent, intent);
		all = either(parent, all, one);
	}
	return all;
}

int fst_fact_intent(const struct fst_asked *asked, const struct fst_expr *test, void *parent,
		    const struct fst_cond **ret_cond, struct flagstop_error *error)
{
	const struct fst_call_memory *memory = fst_paths_of_call(asked->call, asked->abi);
	const struct fst_place *place = &test->argument_place;
	unsigned intent = find(test);

	if (!intent)
		return 0;
	if (!memory || !memory->path_count) {
		fst_error_set(error, -EBADMSG, "%s takes no path in %s", flagstop_call_name(asked->call),
			      flagstop_abi_name(asked->abi));
		fst_error_hint(error, "'%s' is what calls do with paths", test->argument);
		fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
				place->source_bytes);
		return -EBADMSG;
	}
	*ret_cond = intent_of(asked, memory, test, parent, intent);
	return *ret_cond ? 1 : fst_error_set(error, -ENOMEM, "no memory");
}
