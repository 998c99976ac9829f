/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_STRACE_H
#define FST_FORMATS_STRACE_H

/* The calls of a class of strace's as one string, with blanks between; NULL when there is no such class. */
const char *fst_strace_class(const char *name);

#endif
