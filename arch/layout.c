/* SPDX-License-Identifier: MIT */
/* Reads and writes one register of a register set. Knows word sizes, not what the registers mean. */
#include <string.h>

#include <arch/layout.h>

uint64_t fst_layout_get(const struct fst_layout *layout, const void *regset, uint16_t offset)
{
	const char *at = (const char *)regset + offset;
	uint64_t wide;
	uint32_t narrow;

	if (layout->word_bytes == sizeof(wide)) {
		memcpy(&wide, at, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, at, sizeof(narrow));
	return narrow;
}

void fst_layout_set(const struct fst_layout *layout, void *regset, uint16_t offset, uint64_t value)
{
	char *at = (char *)regset + offset;
	uint32_t narrow = (uint32_t)value;

	if (layout->word_bytes == sizeof(value))
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &narrow, sizeof(narrow));
}
