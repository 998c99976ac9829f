/* SPDX-License-Identifier: MIT */
/*
 * Answers what a named constant is worth in an ABI and which sets hold it. Does not know which argument takes which
 * set: that is the signatures' business.
 */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <arch/constants.h>
#include <arch/near.h>

static const struct fst_table_constant *find_constant(const char *name)
{
	unsigned low = 0, high = fst_table_constant_count;

	while (name && low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(name, fst_table_constants[middle].name);

		if (!order)
			return &fst_table_constants[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct fst_table_set *fst_constants_set(const char *name)
{
	unsigned low = 0, high = fst_table_set_count;

	while (name && low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(name, fst_table_sets[middle].name);

		if (!order)
			return &fst_table_sets[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool fst_constants_value(const struct fst_table_constant *constant, enum flagstop_abi abi, int64_t *ret_value)
{
	const struct fst_table_varying *varying;

	if (constant->varying < 0) {
		*ret_value = constant->value;
		return true;
	}
	varying = &fst_table_varying[constant->varying];
	if (!(varying->known >> abi & 1))
		return false;
	*ret_value = varying->value[abi];
	return true;
}

const char *fst_constants_name(const struct fst_table_set *set, enum flagstop_abi abi, int64_t value)
{
	for (unsigned i = 0; i < set->member_count; i++) {
		const struct fst_table_member *member = &fst_table_members[set->first_member + i];
		const struct fst_table_constant *constant = &fst_table_constants[member->constant];
		int64_t own;

		if (!member->hidden && fst_constants_value(constant, abi, &own) && own == value)
			return constant->name;
	}
	return NULL;
}

int flagstop_constant_find(const char *name, enum flagstop_abi abi, int64_t *ret_value)
{
	const struct fst_table_constant *constant = find_constant(name);

	if (!constant || (unsigned)abi >= FLAGSTOP_ABI_COUNT)
		return -ENOENT;
	return fst_constants_value(constant, abi, ret_value) ? 0 : -ENOENT;
}

int flagstop_constant_in_set(const char *name, const char *set)
{
	const struct fst_table_set *found = fst_constants_set(set);

	if (!name || !found)
		return 0;
	for (unsigned i = 0; i < found->member_count; i++) {
		const struct fst_table_member *member = &fst_table_members[found->first_member + i];

		if (!strcmp(fst_table_constants[member->constant].name, name))
			return 1;
	}
	/* CLONE_NEWNS | SIGCHLD: the low byte of clone's flags is a signal */
	for (unsigned i = 0; i < found->field_count; i++) {
		int other = fst_table_fields[found->first_field + i].set;

		if (other >= 0 && flagstop_constant_in_set(name, fst_table_sets[other].name))
			return 1;
	}
	return 0;
}

const char *flagstop_constant_nearest(const char *name, const char *set)
{
	const struct fst_table_set *found = fst_constants_set(set);
	struct fst_near near = fst_near_init(name);

	if (set && !found)
		return NULL;
	if (!found) {
		for (unsigned i = 0; i < fst_table_constant_count; i++)
			fst_near_offer(&near, fst_table_constants[i].name);
		return near.best;
	}
	for (unsigned i = 0; i < found->member_count; i++)
		fst_near_offer(&near, fst_table_constants[fst_table_members[found->first_member + i].constant].name);
	return near.best;
}

int flagstop_errno_find(const char *name)
{
	int64_t value;

	if (!flagstop_constant_in_set(name, "errno"))
		return -ENOENT;
	if (flagstop_constant_find(name, flagstop_abi_native(), &value))
		return -ENOENT;
	return (int)value;
}

const char *flagstop_errno_name(int number)
{
	return fst_constants_name(fst_constants_set("errno"), flagstop_abi_native(), number);
}
