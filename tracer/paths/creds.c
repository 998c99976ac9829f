/* SPDX-License-Identifier: MIT */
/* Reads rights from /proc and takes them over. Decides which of them a walk depends on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include <tracer/paths/creds.h>
#include <tracer/proc.h>

#define STATUS_BYTES 8192
#define BIT(capability) (UINT64_C(1) << (capability))
/* What the walk of a path, and of other processes' links in /proc, may be let through for. */
#define OF_WALKS \
	(BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | BIT(CAP_SYS_PTRACE) | \
	 BIT(CAP_SYS_ADMIN) | BIT(CAP_CHECKPOINT_RESTORE))

/* The fourth of "real effective saved fs". */
static bool read_fourth(const char *at, unsigned *ret_id)
{
	return at && sscanf(at, "%*u %*u %*u %u", ret_id) == 1;
}

static int read_groups(const char *at, struct fst_creds *creds)
{
	char *end;

	creds->group_count = 0;
	while (*at && *at != '\n') {
		unsigned long group = strtoul(at, &end, 10);

		if (end == at || *at == '\n')
			break;
		if (creds->group_count == FST_CREDS_GROUPS_MAX)
			return -E2BIG;
		creds->groups[creds->group_count++] = (gid_t)group;
		at = end + strspn(end, " \t");
	}
	return 0;
}

int fst_creds_read(pid_t tid, struct fst_creds *ret_creds)
{
	char text[STATUS_BYTES];
	int r = fst_proc_text(tid, "status", text, sizeof(text));

	if (r)
		return r;
	const char *tgid = fst_proc_field(text, "Tgid"), *groups = fst_proc_field(text, "Groups");
	const char *capabilities = fst_proc_field(text, "CapEff");
	memset(ret_creds, 0, sizeof(*ret_creds));
	if (!tgid || !groups || !capabilities || !read_fourth(fst_proc_field(text, "Uid"), &ret_creds->fsuid) ||
	    !read_fourth(fst_proc_field(text, "Gid"), &ret_creds->fsgid))
		return -EPROTO;
	ret_creds->tgid = atoi(tgid);
	ret_creds->capabilities = strtoull(capabilities, NULL, 16) & OF_WALKS;
	return read_groups(groups + strspn(groups, " \t"), ret_creds);
}

bool fst_creds_are_same(const struct fst_creds *a, const struct fst_creds *b)
{
	return a->fsuid == b->fsuid && a->fsgid == b->fsgid && a->capabilities == b->capabilities &&
		a->group_count == b->group_count &&
		!memcmp(a->groups, b->groups, a->group_count * sizeof(*a->groups));
}

/* Sets which of the capabilities that we may have are in force: those of walks as given, of the others all. */
static int set_capabilities(uint64_t of_walks)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	uint64_t wanted = ~OF_WALKS | of_walks;

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[0].effective = data[0].permitted & (uint32_t)wanted;
	data[1].effective = data[1].permitted & (uint32_t)(wanted >> 32);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

int fst_creds_take(const struct fst_creds *creds)
{
	struct fst_creds now;
	int r = set_capabilities(OF_WALKS);

	/* Of this thread alone, which glibc's functions do not do; and none of these tells that it failed. */
	if (!r) {
		syscall(SYS_setgroups, creds->group_count, creds->groups);
		syscall(SYS_setfsgid, creds->fsgid);
		syscall(SYS_setfsuid, creds->fsuid);
		r = set_capabilities(creds->capabilities);
	}
	if (!r)
		r = fst_creds_read((pid_t)syscall(SYS_gettid), &now);
	return r ? r : fst_creds_are_same(&now, creds) ? 0 :
							 -EPERM;
}
