/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_OCI_H
#define FST_FORMATS_OCI_H

/* The words of OCI seccomp profiles, for reading and writing; each table ends with a NULL. */

#include <filters/formats/profile.h>

struct fst_oci_action {
	const char *name; /* of two names for one action the first is written */
	enum flagstop_action action;
};
extern const struct fst_oci_action fst_oci_actions[];

struct fst_oci_arch {
	const char *name;
	const char *go_name; /* as "arches" spells it */
	enum flagstop_abi abi;
};
extern const struct fst_oci_arch fst_oci_archs[];

struct fst_oci_operator {
	const char *name;
	enum fst_compare compare;
};
extern const struct fst_oci_operator fst_oci_operators[];

#endif
