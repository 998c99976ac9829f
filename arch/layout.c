/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes what a layout describes. Knows word sizes and the quirks that a layout can have, but no
 * architecture.
 */
#include <errno.h>
#include <string.h>

#include <arch/layout.h>

#define MAX_ERRNO 4095 /* include/linux/err.h */

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

int fst_layout_set_argument(const struct fst_layout *layout, void *regset, unsigned argument, uint64_t value)
{
	if (argument >= 6)
		return -EINVAL;
	if (!argument && layout->first_argument_is_hidden)
		return -EOPNOTSUPP;
	fst_layout_set(layout, regset, layout->args[argument], value);
	if (!argument && layout->has_first_copy)
		fst_layout_set(layout, regset, layout->first_copy, value);
	return 0;
}

static uint32_t error_bit_of(const struct fst_layout *layout, const void *regset)
{
	uint64_t gate = layout->has_gate ? fst_layout_get(layout, regset, layout->gate) : 0;

	gate &= ~(uint64_t)layout->gate_flags;
	return layout->has_gate && gate == layout->negative_gate ? 0 : layout->error_bit;
}

int64_t fst_layout_result(const struct fst_layout *layout, const void *regset)
{
	uint64_t result = fst_layout_get(layout, regset, layout->result);

	uint32_t error_bit = error_bit_of(layout, regset);

	if (error_bit && fst_layout_get(layout, regset, layout->error_flags) & error_bit)
		return -(int64_t)result;
	return layout->word_bytes == sizeof(result) ? (int64_t)result : (int32_t)result;
}

void fst_layout_set_result(const struct fst_layout *layout, void *regset, int64_t result)
{
	uint32_t error_bit = error_bit_of(layout, regset);

	if (error_bit) {
		uint64_t flags = fst_layout_get(layout, regset, layout->error_flags) & ~(uint64_t)error_bit;
		bool is_error = result < 0 && result >= -MAX_ERRNO;

		fst_layout_set(layout, regset, layout->error_flags, flags | (is_error ? error_bit : 0));
		result = is_error ? -result : result;
	}
	fst_layout_set(layout, regset, layout->result, (uint64_t)result);
}

unsigned fst_layout_call_bytes(const struct fst_layout *layout, const void *regset)
{
	bool is_short = layout->short_bit && fst_layout_get(layout, regset, layout->short_flags) & layout->short_bit;

	return is_short ? layout->short_call_bytes : layout->call_bytes;
}

uint32_t fst_layout_number(const struct fst_layout *layout, uint32_t nr)
{
	return layout->number_mask ? nr & layout->number_mask : nr;
}

bool fst_layout_forget(const struct fst_layout *layout, void *regset)
{
	for (unsigned i = 0; i < layout->kept_words; i++) {
		uint16_t at = (uint16_t)(layout->kept + i * layout->word_bytes);

		if (at != layout->pc && at != layout->sp)
			fst_layout_set(layout, regset, at, 0);
	}
	return layout->kept_words;
}
