/* SPDX-License-Identifier: MIT */
/*
 * Looks for segments that its tracer made, as the one that tracees are parked on, and tries to get at them. Prints how
 * many there are and what worked.
 */
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

static int try_all(int id)
{
	struct shmid_ds what = { .shm_perm = { .mode = 0777, .uid = getuid(), .gid = getgid() } };
	int worked = 0;

	worked += shmat(id, NULL, 0) != (void *)-1;
	worked += shmat(id, NULL, SHM_RDONLY) != (void *)-1;
	worked += !shmctl(id, IPC_SET, &what);
	worked += !shmctl(id, SHM_LOCK, NULL);
	return worked;
}

static int tracer_pid(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	int tracer = 0;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "TracerPid: %d", &tracer);
	return tracer;
}

int main(void)
{
	pid_t tracer = tracer_pid();
	struct shm_info info;
	struct shmid_ds what;
	int found = 0, worked = 0, highest = shmctl(0, SHM_INFO, (struct shmid_ds *)&info);

	for (int i = 0; i <= highest; i++) {
		int id = shmctl(i, SHM_STAT, &what);

		/* Pids come again, and others leave segments behind; nobody else makes one like this. */
		if (id < 0 || what.shm_cpid != tracer || (what.shm_perm.mode & 0777) != 0500)
			continue;
		found++;
		worked += try_all(id);
	}
	printf("found %d, worked %d\n", found, worked);
	return 0;
}
