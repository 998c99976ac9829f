/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_SYMBOLS_H
#define FST_TRACER_SYMBOLS_H

/* Names of code addresses, out of ELF files. For the helper process only: a crafted file can crash it. */

#include <stdbool.h>
#include <stdint.h>

#include "tracer/image.h"

#define FST_SYMBOLS_MAX_FILE_BYTES (INT64_C(1) << 30)
#define FST_SYMBOLS_MAX_VDSO_BYTES (64U << 10)
#define FST_SYMBOLS_MODULES 32 /* files that are kept open */

struct fst_symbols;

struct fst_symbols *fst_symbols_new(void);
void fst_symbols_free(struct fst_symbols *symbols);

/* Files are looked at anew, once each, after this. To be called before the frames of a stack are named. */
void fst_symbols_begin(struct fst_symbols *symbols);

/*
 * The function that holds the address `address` of the mapping `map`; *ret_name lives until the next call,
 * *ret_start is the address at which the function begins. False where there is no name: the file is not where its name
 * says (deleted, another root), it is no ELF file, or no function symbol covers the address.
 */
bool fst_symbols_find(struct fst_symbols *symbols, struct fst_memory *memory, const struct fst_map *map,
		      uint64_t address, const char **ret_name, uint64_t *ret_start);

#endif
