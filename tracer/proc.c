/* SPDX-License-Identifier: MIT */
/* Reads what the kernel says of a thread in /proc. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tracer/proc.h>

#define AUXV_BYTES 1024 /* AT_VECTOR_SIZE is 37 pairs at most (powerpc) */
#define AUXV_TYPES 256  /* types are small numbers, and addresses are not */

static int error_of(int error)
{
	return error == ENOENT || error == ESRCH ? -ESRCH : error == EPERM ? -EACCES :
									     -error;
}

int fst_proc_open(pid_t tid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
	int fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? error_of(errno) : fd;
}

ssize_t fst_proc_read(pid_t tid, const char *name, void *to, size_t size)
{
	int fd = fst_proc_open(tid, name, O_RDONLY);

	if (fd < 0)
		return fd;
	ssize_t bytes = read(fd, to, size);
	int error = errno;
	close(fd);
	return bytes < 0 ? error_of(error) : bytes;
}

int fst_proc_text(pid_t tid, const char *name, char *to, size_t size)
{
	ssize_t bytes = fst_proc_read(tid, name, to, size - 1);

	to[bytes < 0 ? 0 : bytes] = '\0';
	return bytes < 0 ? (int)bytes : 0;
}

const char *fst_proc_field(const char *status, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && line[length] == ':')
			return line + length + 1;
	}
	return NULL;
}

uint64_t fst_proc_number(const char *status, const char *name, int base, uint64_t otherwise)
{
	const char *value = fst_proc_field(status, name);

	return value ? strtoull(value, NULL, base) : otherwise;
}

/* ---- the auxiliary vector ---------------------------------------------------------------------------------------- */

union auxv {
	unsigned char bytes[AUXV_BYTES];
	Elf64_auxv_t wide[AUXV_BYTES / sizeof(Elf64_auxv_t)];
	Elf32_auxv_t narrow[AUXV_BYTES / sizeof(Elf32_auxv_t)];
};

/* Two words of a 32-bit vector, taken for one, are no type unless the values in question are 0: addresses never are. */
static bool is_wide(const union auxv *auxv, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*auxv->wide); i++) {
		if (auxv->wide[i].a_type == AT_NULL)
			return true;
		if (auxv->wide[i].a_type >= AUXV_TYPES)
			return false;
	}
	return false;
}

bool fst_proc_find_auxv(const void *vector, size_t bytes, unsigned long type, uint64_t *ret_value)
{
	union auxv auxv = { 0 };

	bytes = bytes < sizeof(auxv) ? bytes : sizeof(auxv);
	memcpy(auxv.bytes, vector, bytes);
	bool wide = is_wide(&auxv, bytes);
	size_t count = bytes / (wide ? sizeof(*auxv.wide) : sizeof(*auxv.narrow));
	for (size_t i = 0; i < count; i++) {
		uint64_t found = wide ? auxv.wide[i].a_type : auxv.narrow[i].a_type;

		if (found == AT_NULL)
			return false;
		*ret_value = wide ? auxv.wide[i].a_un.a_val : auxv.narrow[i].a_un.a_val;
		if (found == type)
			return true;
	}
	return false;
}

bool fst_proc_auxv(pid_t tid, unsigned long type, uint64_t *ret_value)
{
	unsigned char vector[AUXV_BYTES];
	ssize_t bytes = fst_proc_read(tid, "auxv", vector, sizeof(vector));

	return bytes > 0 && fst_proc_find_auxv(vector, (size_t)bytes, type, ret_value);
}
