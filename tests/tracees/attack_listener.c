/* SPDX-License-Identifier: MIT */
/*
 * attack_listener FOLDER: answers its own notification of a mkdir with "continue", which outranks any flag; then makes
 * the folder. Says what the listener and the mkdir came to.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "folder.h"

static int listener;

static void *let_all_pass(void *unused)
{
	for (;;) {
		struct seccomp_notif call;

		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
			return unused;
		struct seccomp_notif_resp pass = { .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &pass);
	}
}

int main(int argc, char **argv)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FOLDER_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, insns };
	pthread_t thread;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	printf("listener %s\n", listener < 0 ? strerror(errno) : "had");
	if (listener >= 0)
		pthread_create(&thread, NULL, let_all_pass, NULL);
	printf("mkdir %s\n", mkdir(argc > 1 ? argv[1] : "", 0700) ? strerror(errno) : "done");
	return 0;
}
