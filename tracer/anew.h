/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_ANEW_H
#define FST_TRACER_ANEW_H

/*
 * Changed calls where the first argument is hidden (arch/layout.h): it can be changed for another call alone. So the
 * call is skipped, and made anew from the stop of its exit, with what the kernel is to get in the registers.
 *
 *     seccomp stop   _send    number -1                                   FST_PIN_SKIPPED
 *     exit stop      _make    registers as sent, pc at the call           FST_PIN_ANEW
 *     entry stop     _look    is it that call?                            FST_PIN_EXIT, FST_PIN_ATTACH
 *     seccomp stop   if it is flagged: it was judged
 *     exit stop      as of any changed call
 *
 * The program runs nothing in between. A signal that comes first finds the program's own call, which is a new one then.
 * Who changes the code meanwhile, so that the thread does something else, has registers that point into the window, and
 * is judged as ever.
 *
 * All return 0, with the thread resumed, or a negative errno: then it must end.
 */

#include <tracer/pin.h>

/* What is sent: `own`, `sent` and `sent_nr` of the thread. */
int fst_anew_send(struct fst_pin_thread *thread, bool attaches);
int fst_anew_make(struct fst_pin_thread *thread);
int fst_anew_look(struct fst_pin_thread *thread);
bool fst_anew_is_sent(const struct fst_pin_thread *thread, const struct flagstop_data *data);

#endif
