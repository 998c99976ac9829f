/* SPDX-License-Identifier: MIT */
/* Decides how figures look, for people and for programs. Refuses to know how they came about. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define COUNTS 0.01 /* of calls a call; what is rarer is done now and then */

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

/* ---- for people ------------------------------------------------------------------------------ */

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
	const char *value = json_string_value(json_object_get(object, name));

	return value ? value : "?";
}

static void print_machine(const json_t *machine)
{
	printf("flagstop-bench %s, %s\n", text(machine, "flagstop"), text(machine, "date"));
	printf("%s, %.0f CPUs; Linux %s %s; clock %s, BPF JIT %s\n", text(machine, "processor"),
	       number(machine, "cpus"), text(machine, "kernel"), text(machine, "architecture"),
	       text(machine, "clock"), text(machine, "bpf_jit"));
	printf("meltdown: %s; speculative store bypass: %s, this thread: %s\n",
	       text(json_object_get(machine, "mitigations"), "meltdown"),
	       text(json_object_get(machine, "mitigations"), "spec_store_bypass"),
	       text(machine, "speculation"));
	printf("load when it began %s; \"same\": tracer and tracee on CPU %.0f, \"other\": tracee on %.0f\n",
	       text(machine, "load"), number(machine, "cpu"), number(machine, "other_cpu"));
	printf("rows taken in turns for %.0f s; ratios are medians of those within a round\n",
	       number(machine, "seconds"));
}

static void print_ratio(const json_t *row, const char *name)
{
	if (json_object_get(row, name))
		printf(" %9.2f", number(row, name));
	else
		printf(" %9s", "");
}

static void print_rows(const json_t *report)
{
	const json_t *row, *out;

	printf("\n%-43s %-8s %5s %10s %10s %10s %10s %9s %9s %9s\n", "ns a call", "where", "with",
	       "p50", "p90", "p99", "min", "× native", "× kernel", "× least");
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "rows"), i)); i++) {
		printf("  %-41s %-8s %5.0f", text(row, "title"), text(row, "where"),
		       number(row, "tracees"));
		for (const char *const *name = (const char *const[]){ "p50_ns", "p90_ns", "p99_ns",
								      "min_ns", NULL };
		     *name; name++)
			printf(" %10.*f", number(row, *name) < 1000 ? 1 : 0, number(row, *name));
		print_ratio(row, "vs_native");
		print_ratio(row, "vs_kernel");
		print_ratio(row, "vs_reference");
		putchar('\n');
	}
	for (size_t i = 0; (out = json_array_get(json_object_get(report, "left_out"), i)); i++)
		printf("  %-41s %s\n", text(out, "name"), text(out, "why"));
	printf("  least: the hand-written loop, or filter, that does as much, in the same place\n");
}

static void print_account(const json_t *report)
{
	const json_t *row;

	printf("\n%-43s %8s %9s %9s %9s %9s\n", "of each call, counted", "enters", "switches", "tracee\'s", "tracer ns",
	       "tracee ns");
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "account"), i)); i++) {
		json_t *calls = json_object_get(row, "calls"), *count;
		const char *name;

		printf("  %-41s %8.2f %9.2f %9.2f %9.0f %9.0f\n   ", text(row, "title"), number(row, "system_calls"),
		       number(row, "tracer_switches"), number(row, "worker_switches"), number(row, "tracer_ns"),
		       number(row, "worker_ns"));
		json_object_foreach(calls, name, count) if (json_number_value(count) >= COUNTS)
			printf(" %s %.4g", name, json_number_value(count));
		putchar('\n');
	}
}

static void print_starts(const json_t *report)
{
	const json_t *row;

	if (!json_object_get(report, "start_ms"))
		return;
	printf("\n%-43s %9s %9s %9s %9s\n", "from spawn to end, ms", "p50", "p90", "min", "added");
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "start_ms"), i)); i++)
		printf("  %-41s %9.2f %9.2f %9.2f %+9.2f\n", text(row, "title"), number(row, "p50"),
		       number(row, "p90"), number(row, "min"), number(row, "added"));
}

static void print_memory(const json_t *report)
{
	const json_t *rss = json_object_get(report, "rss_bytes");

	if (!rss)
		return;
	printf("\nresident memory, KiB\n");
	printf("  %-41s %9.0f\n", "the tracer with one tracee", number(rss, "tracer") / 1024);
	printf("  the tracer with %-22.0f %9.0f\n", number(rss, "many"),
	       number(rss, "tracer_of_many") / 1024);
	printf("  %-41s %9.2f\n", "for each tracee (anonymous)", number(rss, "a_tracee") / 1024);
	printf("  %-41s %9.0f\n", "the waiting command", number(rss, "waiting_command") / 1024);
}

static void print_limits(void)
{
	printf("\nWhat the loops do not show: the caches that a stop costs a program which has some; what other\n"
	       "threads do meanwhile; stacks of denials; memory that path rules read. A busy machine shows in p90.\n");
}

/* ---- for programs ---------------------------------------------------------------------------- */

static FILE *open_output(const char *path)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "we") : stdout;

	if (!file)
		perror(path);
	return file;
}

static int close_output(FILE *file)
{
	bool failed = fflush(file) || ferror(file);

	if (file != stdout)
		failed |= fclose(file) != 0;
	return failed ? -1 : 0;
}

static int write_json(const json_t *report, const char *path)
{
	FILE *file = open_output(path);

	if (!file)
		return -1;
	json_dumpf(report, file, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	fputc('\n', file);
	return close_output(file);
}

static int write_csv(const json_t *report, const char *path)
{
	static const char *const numbers[] = { "tracees", "p50_ns", "p90_ns", "p99_ns",
					       "min_ns", "vs_native", "vs_kernel", "vs_reference",
					       "samples", NULL };
	FILE *file = open_output(path);
	const json_t *row;

	if (!file)
		return -1;
	fputs("name,where", file);
	for (const char *const *name = numbers; *name; name++)
		fprintf(file, ",%s", *name);
	fputc('\n', file);
	for (size_t i = 0; (row = json_array_get(json_object_get(report, "rows"), i)); i++) {
		fprintf(file, "%s,%s", text(row, "name"), text(row, "where"));
		for (const char *const *name = numbers; *name; name++)
			fprintf(file, json_object_get(row, *name) ? ",%.6g" : ",", number(row, *name));
		fputc('\n', file);
	}
	return close_output(file);
}

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

int print_report(const json_t *report, const struct settings *settings)
{
	if (!is_stdout(settings->json) && !is_stdout(settings->csv)) {
		print_machine(json_object_get(report, "machine"));
		print_rows(report);
		print_account(report);
		print_starts(report);
		print_memory(report);
		print_limits();
	}
	if (settings->csv && write_csv(report, settings->csv))
		return -1;
	if (settings->json && write_json(report, settings->json))
		return -1;
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
