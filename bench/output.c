/* SPDX-License-Identifier: MIT */
/* Decides how figures look, for people and for programs. Refuses to know how they came about. */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench.h"

void progress(const char *format, ...)
{
	va_list arguments;

	if (!isatty(STDERR_FILENO))
		return;
	va_start(arguments, format);
	fputs("\r\033[K", stderr);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
}

const char *policy_file(const char *text)
{
	char *path = malloc(64);
	int fd = memfd_create("policy", MFD_CLOEXEC);

	if (!path || fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror("flagstop-bench: a policy cannot be written");
		if (fd >= 0)
			close(fd);
		free(path);
		return NULL;
	}
	snprintf(path, 64, "/proc/%d/fd/%d", (int)getpid(), fd);
	return path;
}

/* ---- the machine ----------------------------------------------------------------------------- */

/* The first line of a file that begins like this, from there on; "?" where there is none. */
static const char *line_of(const char *path, const char *start, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	const char *found = NULL;

	while (file && !found && fgets(line, (int)size, file))
		if (!strncmp(line, start, strlen(start)))
			found = line + strlen(start);
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return found ? found + strspn(found, "\t :") : "?";
}

void add_machine(const struct settings *settings, json_t *report)
{
	char cpu[256] = "", load[64] = "", jit[16] = "", bugs[256] = "";
	struct utsname u;

	uname(&u);
	json_object_set_new(
		report, "machine",
		json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "processor",
			  line_of("/proc/cpuinfo", "model name", cpu, sizeof(cpu)), "cpus",
			  (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "kernel", u.release,
			  "architecture", u.machine, "load",
			  line_of("/proc/loadavg", "", load, sizeof(load)), "bpf_jit",
			  line_of("/proc/sys/net/core/bpf_jit_enable", "", jit, sizeof(jit)),
			  "spec_store_bypass",
			  line_of("/sys/devices/system/cpu/vulnerabilities/spec_store_bypass", "",
				  bugs, sizeof(bugs)),
			  "cpu", settings->cpu, "rounds", (int)settings->rounds));
}

/* ---- figures --------------------------------------------------------------------------------- */

json_t *json_of_summary(const char *name, const char *title, struct summary s)
{
	return json_pack("{s:s, s:s, s:f, s:f, s:f, s:f}", "name", name, "title", title, "median",
			 s.median, "p10", s.p10, "p90", s.p90, "min", s.min);
}

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static void print_machine(const json_t *machine)
{
	printf("flagstop-bench %s\n", flagstop_version());
	printf("%s, %.0f CPUs; Linux %s %s, BPF JIT %s\n", text(machine, "processor"),
	       number(machine, "cpus"), text(machine, "kernel"), text(machine, "architecture"),
	       text(machine, "bpf_jit"));
	printf("speculative store bypass: %s; load when it began %s\n",
	       text(machine, "spec_store_bypass"), text(machine, "load"));
	printf("%.0f rounds, rows taken in turns; ratios are medians of those within a round\n",
	       number(machine, "rounds"));
}

static void print_summary(const json_t *row, int digits)
{
	printf("  %-36s", text(row, "title"));
	for (const char *const *name = (const char *const[]){ "median", "p10", "p90", "min", NULL };
	     *name; name++)
		printf(" %9.*f", digits, number(row, *name));
}

static void print_calls(const json_t *report)
{
	const json_t *row;

	printf("\n%-38s %9s %9s %9s %9s %9s  %s\n", "getppid, ns a call", "median", "p10", "p90",
	       "min", "x native", "x reference");
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "getppid_ns"), i)); i++) {
		print_summary(row, 1);
		printf(" %9.2f", number(row, "to_native"));
		if (text(row, "against"))
			printf("  %.2f %s", number(row, "to_reference"), text(row, "against"));
		putchar('\n');
	}
	printf("  tracer and tracee on CPU %.0f\n",
	       number(json_object_get(report, "machine"), "cpu"));
}

static void print_commands(const json_t *report)
{
	const json_t *row;

	printf("\n%-38s %9s %9s %9s %9s %9s\n", "from spawn to end, ms", "median", "p10", "p90",
	       "min", "added");
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "start_ms"), i)); i++) {
		print_summary(row, 2);
		printf(" %+9.2f\n", number(row, "added"));
	}
}

static void print_memory(const json_t *report)
{
	const json_t *rss = json_object_get(report, "rss_bytes");

	printf("\nresident memory, KiB\n");
	printf("  %-36s %9.0f\n", "the tracer with one tracee", number(rss, "tracer") / 1024);
	printf("  the tracer with %-20.0f %9.0f\n", number(rss, "many"),
	       number(rss, "tracer_of_many") / 1024);
	printf("  %-36s %9.2f\n", "for each tracee (anonymous)", number(rss, "a_tracee") / 1024);
	printf("  %-36s %9.0f\n", "the waiting command", number(rss, "waiting_command") / 1024);
}

int print_report(const json_t *report, bool as_json)
{
	if (as_json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	} else {
		print_machine(json_object_get(report, "machine"));
		print_calls(report);
		print_commands(report);
		print_memory(report);
	}
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
