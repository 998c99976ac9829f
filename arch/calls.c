/* SPDX-License-Identifier: MIT */
/*
 * Answers what the tables say about calls: names, numbers, arguments. Decides nothing about them; does not know
 * which of them are dangerous, new or the same thing under another name.
 */

#include <errno.h>
#include <string.h>

#include <arch/near.h>
#include <arch/tables.h>

const char *flagstop_tables_release(void)
{
	return fst_table_release;
}

unsigned flagstop_call_count(void)
{
	return fst_table_call_count;
}

const char *flagstop_call_name(unsigned call)
{
	return call < fst_table_call_count ? fst_table_calls[call].name : NULL;
}

const char *flagstop_call_since(unsigned call)
{
	return call < fst_table_call_count ? fst_table_calls[call].since : "";
}

static int find_alias(const char *name)
{
	for (unsigned i = 0; i < fst_table_alias_count; i++) {
		if (!strcmp(fst_table_aliases[i].name, name))
			return fst_table_aliases[i].call;
	}
	return -ENOENT;
}

int flagstop_call_find(const char *name)
{
	unsigned low = 0, high = fst_table_call_count;

	if (!name)
		return -ENOENT;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(name, fst_table_calls[middle].name);

		if (!order)
			return (int)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return find_alias(name);
}

int64_t flagstop_call_number(unsigned call, enum flagstop_abi abi)
{
	int32_t number;

	if (call >= fst_table_call_count || (unsigned)abi >= FLAGSTOP_ABI_COUNT)
		return -ENOENT;
	number = fst_table_numbers[call][abi];
	if (number < 0)
		return -ENOENT;
	return abi == FLAGSTOP_ABI_X32 ? (int64_t)number | FST_X32_BIT : number;
}

int flagstop_call_from_number(enum flagstop_abi abi, uint32_t nr)
{
	const struct fst_table_reverse *reverse;
	int call = -1;

	if ((unsigned)abi >= FLAGSTOP_ABI_COUNT)
		return -ENOENT;
	reverse = &fst_table_reverse[abi];
	if (abi == FLAGSTOP_ABI_X32) {
		if (!(nr & FST_X32_BIT))
			return -ENOENT;
		nr &= ~FST_X32_BIT;
	}
	if (nr < reverse->low_count)
		call = reverse->low[nr];
	else if (nr >= FST_PRIVATE_BASE && nr - FST_PRIVATE_BASE < reverse->private_count)
		call = reverse->private[nr - FST_PRIVATE_BASE];
	return call < 0 ? -ENOENT : call;
}

unsigned flagstop_call_args(unsigned call, enum flagstop_abi abi, const struct flagstop_arg **ret_args)
{
	const struct fst_table_signature *signature;

	if (call >= fst_table_call_count || (unsigned)abi >= FLAGSTOP_ABI_COUNT)
		return 0;
	signature = &fst_table_signatures[fst_table_signature_of[call][abi]];
	*ret_args = &fst_table_args[signature->first];
	return signature->count;
}

const char *flagstop_call_nearest(const char *name)
{
	struct fst_near near = fst_near_init(name);

	for (unsigned i = 0; i < fst_table_call_count; i++)
		fst_near_offer(&near, fst_table_calls[i].name);
	return near.best;
}
