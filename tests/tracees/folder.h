/* SPDX-License-Identifier: MIT */
/* The number of the call that mkdir(3) makes: newer architectures have mkdirat alone. */
#include <sys/stat.h>
#include <sys/syscall.h>

#ifdef SYS_mkdir
#define FOLDER_CALL SYS_mkdir
#else
#define FOLDER_CALL SYS_mkdirat
#endif
