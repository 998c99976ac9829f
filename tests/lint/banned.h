/* SPDX-License-Identifier: MIT */
#ifndef FST_LINT_BANNED_H
#define FST_LINT_BANNED_H

/*
 * Put before every file by the build: the calls that have no place in a program that reads hostile input. Their headers
 * are included first, so that only uses hit the macros, not declarations.
 */

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FST_BANNED(name) name##_is_a_banned_function

#undef strcpy
#define strcpy(...) FST_BANNED(strcpy)
#undef stpcpy
#define stpcpy(...) FST_BANNED(stpcpy)
#undef strcat
#define strcat(...) FST_BANNED(strcat)
#undef sprintf
#define sprintf(...) FST_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) FST_BANNED(vsprintf)
#undef strtok
#define strtok(...) FST_BANNED(strtok)
#undef system
#define system(...) FST_BANNED(system)
#undef alloca
#define alloca(...) FST_BANNED(alloca)

#endif
