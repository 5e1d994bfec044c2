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

#define OK(cond) do { \
	if (!(cond)) { \
		printf("# %s:%d: %s\n", __func__, __LINE__, #cond); \
		unit_bad++; \
	} \
} while (0)

#define STR(a, b) do { \
	if (strcmp(a, b)) { \
		printf("# %s:%d: \"%s\", not \"%s\"\n", __func__, __LINE__, a, b); \
		unit_bad++; \
	} \
} while (0)

/* Valid until the next. */
const char *in_dir(const char *name);

/* Runs the program; what it wrote to both outputs is in @out. */
int run(char *out, size_t size, char **argv);

#define RUN(out, ...) run(out, sizeof(out), (char *[]){ "kexec-keys", ##__VA_ARGS__, NULL })

/* In between, what is written to both outputs goes to @out. */
void capture(void);
void end_capture(char *out, size_t size);

void test_strings(void);
void test_string_json(void);
void test_string_words(void);
void test_crypttab_lines(void);
void test_crypttab_file(void);
void test_crypttab_named(void);
void test_crypttab_replaced(void);
void test_crypttab_kept(void);

/* unit_scrub.c */
void test_aes_known(void);
void test_aes_find(void);
void test_needles(void);
void test_payloads(void);
void test_scrub(void);
void test_scrub_check(void);
void test_scrub_refused(void);
void test_scrub_damaged(void);

#endif
