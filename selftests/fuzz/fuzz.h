/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share. Each defines LLVMFuzzerTestOneInput(), and calls
 * reached() for an input that got to what the target is about: a target that
 * refuses every input tests nothing, and selftests/fuzz/check fails it.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the run; libFuzzer then keeps the input that led here. */
#define MUST(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #cond); \
		abort(); \
	} \
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void reached(void);

/* The numbers that an input consists of, one after the other; behind its end are zeroes. */
struct input {
	const uint8_t *at;
	size_t left;
};

/* Of 1 to 8 bytes, the least first. */
uint64_t take(struct input *in, unsigned int bytes);

/* Reads each byte, for AddressSanitizer to see where they are. */
void read_bytes(const void *bytes, size_t len);

/* A copy for free(): of exactly these bytes; as a string, which a NUL in it ends. */
void *copy_bytes(const void *bytes, size_t len);
char *copy_text(const uint8_t *bytes, size_t len);

/* A file in memory with this content, the same one each time, and its path. */
const char *file_with(const void *bytes, size_t len);

/* A field of a structure that is a string. */
#define MUST_END(field) MUST(memchr(field, '\0', sizeof(field)))

#endif
