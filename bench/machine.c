/* SPDX-License-Identifier: MIT */
/* What a run says of the machine that it ran on: figures mean nothing without. */
#include <dirent.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* The first line of a file that begins like this, from there on; "?" where there is none. */
static json_t *line_of(const char *path, const char *start)
{
	FILE *file = fopen(path, "re");
	const char *found = NULL;
	char line[512] = "";

	while (file && !found && fgets(line, sizeof(line), file))
		if (!strncmp(line, start, strlen(start)))
			found = line + strlen(start);
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	json_t *text = json_string(found ? found + strspn(found, "\t :") : "?");
	return text ? text : json_string("?");
}

static json_t *list_mitigations(void)
{
	static const char folder_name[] = "/sys/devices/system/cpu/vulnerabilities";
	DIR *folder = opendir(folder_name);
	json_t *list = json_object();
	struct dirent *entry;
	char path[512];

	while (folder && (entry = readdir(folder))) {
		snprintf(path, sizeof(path), "%s/%s", folder_name, entry->d_name);
		if (*entry->d_name != '.')
			json_object_set_new(list, entry->d_name, line_of(path, ""));
	}
	if (folder)
		closedir(folder);
	return list;
}

static json_t *list_cpus(void)
{
	json_t *list = json_array();
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set))
			json_array_append_new(list, json_integer(cpu));
	return list;
}

json_t *describe_machine(const struct settings *settings)
{
	struct utsname u;
	time_t now = time(NULL);
	char date[32];

	uname(&u);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	json_t *machine = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:i}", "flagstop",
				    flagstop_version(), "date", date, "kernel", u.release,
				    "architecture", u.machine, "cpus",
				    (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "cpu", settings->cpu,
				    "other_cpu", settings->other, "seconds", (int)settings->seconds);
	json_object_set_new(machine, "kernel_version", json_string(u.version));
	json_object_set_new(machine, "processor", line_of("/proc/cpuinfo", "model name"));
	json_object_set_new(machine, "clock",
			    line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource",
				    ""));
	json_object_set_new(machine, "load", line_of("/proc/loadavg", ""));
	json_object_set_new(machine, "bpf_jit", line_of("/proc/sys/net/core/bpf_jit_enable", ""));
	json_object_set_new(machine, "speculation", line_of("/proc/self/status", "Speculation_Store_Bypass:"));
	json_object_set_new(machine, "affinity", list_cpus());
	json_object_set_new(machine, "mitigations", list_mitigations());
	return machine;
}
