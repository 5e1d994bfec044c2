/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of unit tests share.
 */
#ifndef KK_UNIT_H
#define KK_UNIT_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The directory with images that tests/run has made, and what failed in this test. */
extern const char *unit_dir;
extern unsigned int unit_bad;

/* Name of the row of a table that is being tested; printed with what fails. */
extern const char *unit_row;

void unit_fail(const char *func, int line, const char *what);

#define OK(cond) do { \
	if (!(cond)) \
		unit_fail(__func__, __LINE__, #cond); \
} while (0)

#define STR(a, b) do { \
	if (strcmp(a, b)) { \
		unit_fail(__func__, __LINE__, #a); \
		printf("#   \"%s\", not \"%s\"\n", a, b); \
	} \
} while (0)

/* Tests of one file or matter; unit.c lists the modules. */
struct unit_test {
	const char *name;
	void (*fn)(void);
};

struct unit_module {
	const char *name;
	const struct unit_test *tests;	/* the last one has no name */
};

#define UNIT_MODULE(name, ...) \
	const struct unit_module unit_##name = { \
		#name, (const struct unit_test []){ __VA_ARGS__, { NULL, NULL } } \
	}

extern const struct unit_module unit_mapping, unit_scrub, unit_crypttab, unit_strings;

/* Valid until the next. */
const char *in_dir(const char *name);

/* Runs the program; what it wrote to both outputs is in @out. */
int run(char *out, size_t size, char **argv);

#define RUN(out, ...) run(out, sizeof(out), (char *[]){ "kexec-keys", ##__VA_ARGS__, NULL })

/* In between, what is written to both outputs goes to @out. */
void capture(void);
void end_capture(char *out, size_t size);

#endif
