/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_H
#define FLAGSTOP_H

/*
 * flagstop: system-call policies that the kernel decides where it can, and a tracer where it cannot.
 *
 *     struct flagstop_error error = FLAGSTOP_ERROR_INIT;
 *     struct flagstop_policy *policy = flagstop_policy_new();          construct
 *     flagstop_policy_add_file(policy, "demo.fs", &error);             feed
 *     flagstop_session_start(policy, &options, &session, &error);      run
 *     flagstop_session_wait(session, &error);
 *     flagstop_session_free(session);                                  free
 *     flagstop_policy_free(policy);
 *
 * docs/examples/embed.c is the whole of it, compiled and run by the tests.
 */

#include <flagstop/arch.h>
#include <flagstop/compare.h>
#include <flagstop/convert.h>
#include <flagstop/dump.h>
#include <flagstop/error.h>
#include <flagstop/explain.h>
#include <flagstop/facts.h>
#include <flagstop/lint.h>
#include <flagstop/policy.h>
#include <flagstop/probe.h>
#include <flagstop/program.h>
#include <flagstop/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" */
const char *flagstop_version(void);

#ifdef __cplusplus
}
#endif

#endif
