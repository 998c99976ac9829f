/* SPDX-License-Identifier: MIT */
/* Every input that is kept in tests/fuzz/corpus, taken by the target that it is for: what was mended stays mended. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <stdio.h>

#include <cmocka.h>

#include <tests/fuzz/entries.h>

#define INPUT_MAX_BYTES (1 << 16)
#define CORPUS FLAGSTOP_BUILD_DIR "/../../tests/fuzz/corpus"

static const char *run_file(const struct fuzz_entry *entry, const char *path)
{
	static uint8_t bytes[INPUT_MAX_BYTES];
	FILE *stream = fopen(path, "rbe");
	const char *wrong;
	uint8_t *exact;
	size_t count;

	if (!stream)
		return "it cannot be read";
	count = fread(bytes, 1, sizeof(bytes), stream);
	fclose(stream);
	exact = malloc(count + 1);
	if (!exact)
		return "no memory";
	memcpy(exact, bytes, count);
	wrong = entry->run(exact, count);
	free(exact);
	return wrong;
}

static void replay(void **state)
{
	const struct fuzz_entry *entry = *state;
	char folder[512], path[1024];
	unsigned files = 0, failed = 0;
	struct dirent *each;
	DIR *listing;

	snprintf(folder, sizeof(folder), "%s/%s", CORPUS, entry->name);
	listing = opendir(folder);
	assert_non_null(listing);
	while ((each = readdir(listing))) {
		const char *wrong;

		if (each->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, each->d_name);
		wrong = run_file(entry, path);
		files++;
		failed += wrong != NULL;
		if (wrong)
			print_error("%s: %s\n", path, wrong);
	}
	closedir(listing);
	assert_int_equal(failed, 0);
	assert_true(files > 0);
}

int main(void)
{
	static struct CMUnitTest tests[FUZZ_ENTRIES];
	static char names[FUZZ_ENTRIES][64];

	for (size_t i = 0; i < FUZZ_ENTRIES; i++) {
		snprintf(names[i], sizeof(names[i]), "corpus__of_%s_is_taken", fuzz_entries[i].name);
		tests[i] = (struct CMUnitTest){ names[i], replay, NULL, NULL, (void *)&fuzz_entries[i] };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
