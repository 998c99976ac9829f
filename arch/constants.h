/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_CONSTANTS_H
#define FST_ARCH_CONSTANTS_H

/* Sets of named constants, read the other way: from values to names. Private to arch/. */

#include <arch/tables.h>

/* The set of that name, or NULL. */
const struct fst_table_set *fst_constants_set(const char *name);

/* The constant's value in the ABI: true and *ret_value, or false where the ABI does not have it. */
bool fst_constants_value(const struct fst_table_constant *constant, enum flagstop_abi abi, int64_t *ret_value);

/* The first name that the set shows for a value, or NULL. */
const char *fst_constants_name(const struct fst_table_set *set, enum flagstop_abi abi, int64_t value);

#endif
