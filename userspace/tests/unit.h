/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of unit tests share.
 */
#ifndef KK_UNIT_H
#define KK_UNIT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The directory with images that tests/run has made, and what failed in this test. */
extern const char *unit_dir;
extern unsigned int unit_bad;

/* Name of the row of a table that is being tested; printed with what fails. */
extern const char *unit_row;

/* Its name is made. */
void name_row(const char *format, ...) __attribute__((format(printf, 1, 2)));

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

extern const struct unit_module unit_afalg, unit_base64, unit_crypttab, unit_digest, unit_header,
	unit_json, unit_keydesc, unit_luks1, unit_luks2, unit_mapping, unit_options, unit_scrub, unit_strings,
	unit_table, unit_vmcore, unit_volumes, unit_words;

/* Valid until the next. */
const char *in_dir(const char *name);

/* Runs the program; what it wrote to both outputs is in @out. */
int run(char *out, size_t size, char **argv);

#define RUN(out, ...) run(out, sizeof(out), (char *[]){ "kexec-keys", ##__VA_ARGS__, NULL })

/* A line of text as a file below @dir, which put_below() makes the directories of. */
void put(const char *dir, const char *file, const char *text);
void put_below(const char *dir, const char *file, const char *text);

/* kk_header_load() of an image. */
struct crypt_device;
struct kk_header;
int load_image(const char *image, struct kk_header *h, struct crypt_device **cd);

/* For struct kk_hmac: what AF_ALG does in the kernel, with the key in @ctx. */
struct kk_hmac;
struct libcrypto_key {
	const struct evp_md_st *md;
	const void *key;
	size_t len;
	unsigned int calls;
};

int libcrypto_hmac(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out);

/* The next file descriptor: the same before and after, if all are closed. */
int next_fd(void);

/* In between, what is written to both outputs goes to @out. */
void capture(void);
void end_capture(char *out, size_t size);

#endif
