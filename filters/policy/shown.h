/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_SHOWN_H
#define FST_FILTERS_SHOWN_H

/*
 * What an argument points to, as reports and explanations show it, and as people may write it (example_memory.c):
 *
 *     "notes" -> "/home/x/notes"                     a path as it was given, and where it leads, if that is elsewhere
 *     {ip = 10.0.0.1, port = 443}                    an address
 *     {path = "s" -> "/run/s"}, {path = "@name"}     others: of a file, abstract
 *     {family = AF_NETLINK}                          and others, of which no more is asked
 *     {flags = O_RDWR, resolve = RESOLVE_BENEATH}    a structure; fields that are not there are 0
 */

#include <stddef.h>

#include <flagstop/arch.h>
#include <flagstop/facts.h>

#define FST_SHOWN_BYTES 704 /* what is longer is cut, with "..." behind it */

/*
 * `given`: a path as the program gave it, where that is known. As snprintf(3); 0: nothing is known, and the argument is
 * shown as a pointer. Nothing that a terminal would take for a command is written.
 */
size_t fst_show_fact(enum flagstop_abi abi, unsigned call, unsigned argument, const struct flagstop_fact *fact,
		     const struct flagstop_fact *given, char *text, size_t size);

#endif
