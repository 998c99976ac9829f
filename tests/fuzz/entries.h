/* SPDX-License-Identifier: MIT */
#ifndef FST_FUZZ_ENTRIES_H
#define FST_FUZZ_ENTRIES_H

/* All targets by their names, which are also those of their folders in corpus/. */

#include <tests/fuzz/compared.h>
#include <tests/fuzz/compiled.h>
#include <tests/fuzz/formats.h>

static const struct fuzz_entry {
	const char *name;
	fuzz_target *run;
} fuzz_entries[] = {
	{ "policy", fuzz_policy },
	{ "promises", fuzz_promises },
	{ "unveil", fuzz_unveil },
	{ "example", fuzz_example },
	{ "set", fuzz_set },
	{ "readers", fuzz_readers },
	{ "writers", fuzz_writers },
	{ "program", fuzz_program },
	{ "compile", fuzz_compile },
	{ "compare", fuzz_compare },
};
#define FUZZ_ENTRIES (sizeof(fuzz_entries) / sizeof(*fuzz_entries))

#endif
