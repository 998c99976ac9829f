/* SPDX-License-Identifier: MIT */
/* libFuzzer's door to one target: FUZZ_NAME says which. Built with clang only, by `scons fuzz`. */
#include <stdio.h>

#include <tests/fuzz/entries.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < FUZZ_ENTRIES; i++) {
		const char *wrong = NULL;

		if (!strcmp(fuzz_entries[i].name, FUZZ_NAME))
			wrong = fuzz_entries[i].run(bytes, count);
		if (!wrong)
			continue;
		fprintf(stderr, "%s: %s\n", FUZZ_NAME, wrong);
		abort();
	}
	return 0;
}
