// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of luks1.c. The places of the fields are those of the specification.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "header.h"
#include "kexec-keys.h"
#include "unit.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"

enum {
	MAGIC = 0, VERSION = 6, CIPHER = 8, MODE = 40, HASH = 72, PAYLOAD_OFFSET = 104,
	KEY_BYTES = 108, DIGEST = 112, SALT = 132, ITERATIONS = 164, UUID_AT = 168,
	SLOTS = 208,
};

static void make_header(uint8_t *raw)
{
	memset(raw, 0, KK_LUKS1_SIZE);
	memcpy(raw + MAGIC, "LUKS\xba\xbe\x00\x01", 8);
	strcpy((char *)raw + CIPHER, "aes");
	strcpy((char *)raw + MODE, "xts-plain64");
	strcpy((char *)raw + HASH, "sha256");
	memcpy(raw + PAYLOAD_OFFSET, "\x01\x02\x03\x04", 4);
	memcpy(raw + KEY_BYTES, "\x00\x00\x00\x40", 4);
	for (unsigned int i = 0; i < 20; i++)
		raw[DIGEST + i] = 0x80 + i;
	for (unsigned int i = 0; i < 32; i++)
		raw[SALT + i] = 0x40 + i;
	memcpy(raw + ITERATIONS, "\x00\x01\x02\x03", 4);
	strcpy((char *)raw + UUID_AT, UUID);
	memset(raw + SLOTS, 0xee, KK_LUKS1_SIZE - SLOTS);
}

static void test_facts(void)
{
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why = "";

	memset(&h, 0xa5, sizeof(h));
	make_header(raw);
	OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == 0 && !why);
	OK(h.luks == 1 && h.key_bytes == 64 && h.sector_size == 512);
	OK(h.offset == 0x01020304 && h.size == 0 && h.flags == 0 && !h.token);
	STR(h.cipher, "aes-xts-plain64");
	STR(h.uuid, UUID);
	STR(h.digest.hash, "sha256");
	OK(h.digest.id == 0 && h.digest.iterations == 0x00010203);
	OK(h.digest.len == 20 && !memcmp(h.digest.value, raw + DIGEST, 20));
	for (unsigned int i = 20; i < sizeof(h.digest.value); i++)
		OK(!h.digest.value[i]);
	OK(h.digest.salt_len == 32 && !memcmp(h.digest.salt, raw + SALT, 32));
}

/* More is there than is needed, and each length that is too short. */
static void test_lengths(void)
{
	uint8_t raw[KK_LUKS1_SIZE + 1] = { 0 };
	struct kk_header h;
	const char *why;

	make_header(raw);
	OK(kk_luks1_parse(raw, KK_LUKS1_SIZE + 1, &h, &why) == 0);
	OK(KK_LUKS1_SIZE == 592);
	for (size_t len = 0; len < KK_LUKS1_SIZE; len++) {
		uint8_t *exact = malloc(len + 1);

		memcpy(exact, raw, len);
		OK(kk_luks1_parse(exact, len, &h, &why) == -EINVAL && why && strstr(why, "cut off"));
		free(exact);
	}
}

#define BYTES(text) text, sizeof(text) - 1
/* 31 bytes, the most that a field of 32 holds */
#define LONG "abcdefghijklmnopqrstuvwxyz01234"

static const struct {
	const char *name;
	unsigned int at;
	const char *bytes;
	size_t len;
	int r;
	const char *why;	/* a part of it; NULL: the header is good */
} rows[] = {
	{ "no magic", MAGIC, BYTES("\0\0\0\0\0\0"), -EINVAL, "no LUKS1" },
	{ "version 0", VERSION, BYTES("\0\0"), -EINVAL, "no LUKS1" },
	{ "version 2", VERSION, BYTES("\0\2"), -EINVAL, "no LUKS1" },
	{ "version in the other order", VERSION, BYTES("\1\0"), -EINVAL, "no LUKS1" },
	{ "version 257", VERSION, BYTES("\1\1"), -EINVAL, "no LUKS1" },
	{ "longest cipher", CIPHER, BYTES(LONG), 0, NULL },
	{ "cipher without its end", CIPHER, BYTES(LONG "5"), -EINVAL, "damaged" },
	{ "no cipher", CIPHER, BYTES("\0"), -EINVAL, "damaged" },
	{ "longest mode", MODE, BYTES(LONG), 0, NULL },
	{ "mode without its end", MODE, BYTES(LONG "5"), -EINVAL, "damaged" },
	{ "no mode", MODE, BYTES("\0"), -EINVAL, "damaged" },
	{ "longest hash", HASH, BYTES(LONG), 0, NULL },
	{ "hash without its end", HASH, BYTES(LONG "5"), -EINVAL, "damaged" },
	{ "no hash", HASH, BYTES("\0"), -EINVAL, "damaged" },
	{ "no key", KEY_BYTES, BYTES("\0\0\0\0"), -EINVAL, "damaged" },
	{ "key of one byte", KEY_BYTES, BYTES("\0\0\0\1"), 0, NULL },
	{ "longest key", KEY_BYTES, BYTES("\0\0\2\0"), 0, NULL },
	{ "key of one byte more", KEY_BYTES, BYTES("\0\0\2\1"), -EINVAL, "damaged" },
	{ "key of 4 GiB", KEY_BYTES, BYTES("\xff\xff\xff\xff"), -EINVAL, "damaged" },
	{ "no iteration", ITERATIONS, BYTES("\0\0\0\0"), -EINVAL, "damaged" },
	{ "one iteration", ITERATIONS, BYTES("\0\0\0\1"), 0, NULL },
	{ "20,000,000 iterations", ITERATIONS, BYTES("\x01\x31\x2d\x00"), 0, NULL },
	{ "one iteration more", ITERATIONS, BYTES("\x01\x31\x2d\x01"), -EINVAL, "damaged" },
	{ "most iterations", ITERATIONS, BYTES("\xff\xff\xff\xff"), -EINVAL, "damaged" },
	{ "no UUID", UUID_AT, BYTES("\0"), -EINVAL, "damaged" },
	{ "UUID too short", UUID_AT + 35, BYTES("\0"), -EINVAL, "damaged" },
	{ "UUID too long", UUID_AT + 36, BYTES("0"), -EINVAL, "damaged" },
	{ "UUID without its end", UUID_AT + 36, BYTES("0000"), -EINVAL, "damaged" },
	{ "no UUID, but of its length", UUID_AT, BYTES(";"), -EINVAL, "damaged" },
	{ "garbage behind the UUID", UUID_AT + 37, BYTES("xyz"), 0, NULL },
	{ "garbage behind the cipher", CIPHER + 4, BYTES(" x\n"), 0, NULL },
	{ "cipher_null", CIPHER, BYTES("cipher_null\0"), -ENOTSUP, "cipher_null" },
	{ "cipher_null within capi:", CIPHER, BYTES("capi:ecb(cipher_null)\0"), -ENOTSUP, "cipher_null" },
	{ "cipher_null in the mode", MODE, BYTES("cipher_null\0"), -ENOTSUP, "cipher_null" },
	{ "digest of zeroes", DIGEST, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), 0, NULL },
	{ "data at the beginning of the device", PAYLOAD_OFFSET, BYTES("\0\0\0\0"), 0, NULL },
	{ "data at the last sector", PAYLOAD_OFFSET, BYTES("\xff\xff\xff\xff"), 0, NULL },
	{ "garbage in the key slots", SLOTS, BYTES("\0\1\2\3\4\5\6\7"), 0, NULL },
};

static void test_bounds(void)
{
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(rows); i++) {
		unit_row = rows[i].name;
		make_header(raw);
		memcpy(raw + rows[i].at, rows[i].bytes, rows[i].len);
		OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == rows[i].r);
		OK(!why == !rows[i].why && (!why || strstr(why, rows[i].why)));
	}
}

static void test_long_names(void)
{
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why;

	make_header(raw);
	strcpy((char *)raw + CIPHER, LONG);
	strcpy((char *)raw + MODE, LONG);
	strcpy((char *)raw + HASH, LONG);
	OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == 0);
	STR(h.cipher, LONG "-" LONG);
	STR(h.digest.hash, LONG);
	memcpy(raw + KEY_BYTES, "\0\0\2\0", 4);
	memcpy(raw + PAYLOAD_OFFSET, "\xff\xff\xff\xff", 4);
	OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == 0);
	OK(h.key_bytes == 512 && h.offset == 0xffffffff);
}

/* Which bytes of the header must be as they are. */
static void test_each_byte(void)
{
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why;

	for (unsigned int at = 0; at < CIPHER; at++) {
		make_header(raw);
		raw[at] ^= 0x80;
		name_row("byte %u", at);
		OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == -EINVAL && strstr(why, "no LUKS1"));
	}
	/* What is taken is taken from its place. */
	for (unsigned int at = DIGEST; at < SALT; at++) {
		make_header(raw);
		raw[at] ^= 0xff;
		name_row("byte %u", at);
		OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == 0);
		OK(h.digest.value[at - DIGEST] == raw[at]);
	}
}

/* A table is split at space, and names go to a terminal. */
static void test_names(void)
{
	static const unsigned int fields[] = { CIPHER, MODE, HASH };
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(fields); i++) {
		for (int c = 1; c < 256; c++) {
			make_header(raw);
			raw[fields[i] + 1] = c;
			name_row("%02x at %u", c, fields[i] + 1);
			OK(kk_luks1_parse(raw, sizeof(raw), &h, &why) == (c > ' ' && c <= '~' ? 0 : -EINVAL));
		}
	}
}

/* Any byte may be anything: no crash, and a field is never overrun. */
static void test_garbage(void)
{
	uint8_t raw[KK_LUKS1_SIZE];
	struct kk_header h;
	const char *why;

	for (size_t i = 0; i < SLOTS; i++) {
		for (int v = 0; v < 256; v += 51) {
			make_header(raw);
			memset(raw + i, v, SLOTS - i < 40 ? SLOTS - i : 40);
			if (!kk_luks1_parse(raw, sizeof(raw), &h, &why))
				OK(strlen(h.cipher) < sizeof(h.cipher));
		}
	}
}

UNIT_MODULE(luks1,
	{ "facts from a header", test_facts },
	{ "each length of a header", test_lengths },
	{ "bounds of each field", test_bounds },
	{ "longest names and greatest numbers", test_long_names },
	{ "each byte of the magic number and of the digest", test_each_byte },
	{ "each character of a name", test_names },
	{ "garbage in a header", test_garbage }
);
