/* SPDX-License-Identifier: MIT */
#ifndef FST_BPF_CHECK_H
#define FST_BPF_CHECK_H

#include <flagstop/program.h>

/*
 * What one thread may carry: over all of its filters the converted instructions and FST_THREAD_FILTER_INSNS for each
 * but the one that is being added (MAX_INSNS_PER_PATH and seccomp_attach_filter in kernel/seccomp.c, 6.18).
 */
#define FST_THREAD_MAX_INSNS 32768
#define FST_THREAD_FILTER_INSNS 4

/*
 * How many instructions the kernel's form of an accepted program has (net/core/filter.c bpf_convert_filter, 6.18).
 * This, not `count`, is what the limit of a thread is measured in; it can be more than twice as much.
 */
size_t fst_check_converted_insns(const struct flagstop_insn *insns, size_t count);

#endif
