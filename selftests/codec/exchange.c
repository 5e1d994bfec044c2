// SPDX-License-Identifier: GPL-2.0-only
/*
 * exchange write: a handover buffer with a set of keys, to standard output.
 * exchange read: what is in the one on standard input, as a line of text.
 *
 * For the comparison of two byte orders. Every number in the set tells its bytes apart.
 */
#include <kernel.h>
#include <stdio.h>
#include <unistd.h>

#include "codec.h"

#define SLOT_SIZE	SZ_64K
#define SEQ		0x0102030405060708ull

void describe(const void *buf, size_t size, char *out, size_t out_size);

static u8 buffer[2 * SLOT_SIZE] __attribute__((aligned(8)));

static const struct kexec_keys_record keys[] = {
	{ "logon", 5, "cryptsetup:some-d0", 18, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8,
	  0x01020304, 0x05060708, 0x090a0b0c, 0x11223344 },
	{ "logon", 5, "other:key", 9, "payload", 7, 0, 0, 0x3f010000, 0 },
};

static int write_buffer(void)
{
	struct kexec_keys_encoder enc;
	size_t i;

	kexec_keys_encode_start(&enc, buffer + SLOT_SIZE, SLOT_SIZE);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!kexec_keys_encode_add(&enc, &keys[i]))
			return 1;
	if (!kexec_keys_encode_finish(&enc, SEQ, KEXEC_KEYS_CRASH, "6.12.0-exchange"))
		return 1;
	return fwrite(buffer, sizeof(buffer), 1, stdout) != 1;
}

static int read_buffer(void)
{
	char text[1024];

	if (fread(buffer, sizeof(buffer), 1, stdin) != 1)
		return 1;
	describe(buffer, sizeof(buffer), text, sizeof(text));
	return puts(text) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "write"))
		return write_buffer();
	if (argc == 2 && !strcmp(argv[1], "read"))
		return read_buffer();
	fputs("usage: exchange write|read\n", stderr);
	return 2;
}
