/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_LISTENER_H
#define FST_TRACER_LISTENER_H

/* 0 when a user-notification listener could be had (or the kernel knows none), -EBUSY when a filter above us has it,
 * another negative errno when it could not be tried. The caller's own state is untouched. */
int fst_listener_probe(void);

#endif
