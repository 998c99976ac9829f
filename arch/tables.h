/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_TABLES_H
#define FST_ARCH_TABLES_H

/* What tables/generate.py writes. Private to arch/. Names are sorted as strcmp(3) does. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/callset.h>
#include <arch/paths.h>
#include <flagstop/arch.h>

#define FST_PRIVATE_BASE 0xf0000 /* where arm's own calls begin */
#define FST_X32_BIT 0x40000000u

struct fst_table_call {
	const char *name;
	const char *since;
};

struct fst_table_alias {
	const char *name;
	int call;
};

/* Numbers to calls; -1: none. */
struct fst_table_reverse {
	const int16_t *low;     /* by number */
	const int16_t *private; /* by number - FST_PRIVATE_BASE */
	unsigned low_count, private_count;
};

struct fst_table_signature {
	uint16_t first; /* in fst_table_args */
	uint16_t count;
};

struct fst_table_constant {
	const char *name;
	int64_t value;
	int varying; /* a row of fst_table_varying that has the values instead, or -1 */
};

struct fst_table_varying {
	int64_t value[FLAGSTOP_ABI_COUNT];
	unsigned known; /* a bit for each ABI that has it */
};

struct fst_table_member {
	uint16_t constant;
	int16_t field; /* counted from the set's first one; -1: it is bits of its own */
	bool hidden;   /* has a name, but values are not shown by it */
};

struct fst_table_field {
	uint64_t mask;
	int set; /* the set that has the names, or -1: this set's own members */
};

struct fst_table_set {
	const char *name;
	uint16_t first_member, member_count;
	uint16_t first_field, field_count;
};

extern const char fst_table_release[];
extern const struct fst_table_call fst_table_calls[];
extern const unsigned fst_table_call_count;
extern const struct fst_table_alias fst_table_aliases[];
extern const unsigned fst_table_alias_count;
extern const int32_t fst_table_numbers[][FLAGSTOP_ABI_COUNT]; /* x32's without bit 30; -1: none */
extern const struct fst_table_reverse fst_table_reverse[FLAGSTOP_ABI_COUNT];
extern const struct flagstop_arg fst_table_args[];
extern const struct fst_table_signature fst_table_signatures[];
extern const uint16_t fst_table_signature_of[][FLAGSTOP_ABI_COUNT];
extern const struct fst_call_memory fst_table_memory[]; /* row 0: none */
extern const uint8_t fst_table_memory_of[][FLAGSTOP_ABI_COUNT];
extern const struct fst_table_constant fst_table_constants[];
extern const unsigned fst_table_constant_count;
extern const struct fst_table_varying fst_table_varying[];
extern const struct fst_table_member fst_table_members[];
extern const struct fst_table_field fst_table_fields[];
extern const struct fst_table_set fst_table_sets[];
extern const unsigned fst_table_set_count;

#endif
