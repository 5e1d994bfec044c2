// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of scrub.
 */
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>

#include "aes.h"
#include "unit.h"

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned int byte;

	while (sscanf(hex + 2 * n, "%2x", &byte) == 1)
		out[n++] = byte;
	return n;
}

static void known_schedule(const char *key_hex, const char *last_hex)
{
	uint8_t key[32], last[16], schedule[KK_AES_SCHEDULE_MAX];
	size_t n = from_hex(key_hex, key), found;

	from_hex(last_hex, last);
	kk_aes_expand(key, n, schedule);
	OK(!memcmp(schedule, key, n));
	OK(!memcmp(schedule + kk_aes_schedule_len(n) - 16, last, 16));
	OK(kk_aes_find(schedule, kk_aes_schedule_len(n), 0, &found) == 0 && found == n);
}

static void known_inverse(const char *key_hex, const char *round_key_hex)
{
	uint8_t key[32], expected[16], schedule[KK_AES_SCHEDULE_MAX], inverse[KK_AES_SCHEDULE_MAX];
	size_t n = from_hex(key_hex, key), len = kk_aes_schedule_len(n);

	from_hex(round_key_hex, expected);
	kk_aes_expand(key, n, schedule);
	kk_aes_invert(schedule, len, inverse);
	OK(!memcmp(inverse + len - 32, expected, 16));
}

void test_aes_known(void)
{
	/* Appendix A: the last round key */
	known_schedule("2b7e151628aed2a6abf7158809cf4f3c", "d014f9a8c9ee2589e13f0cc8b6630ca6");
	known_schedule("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		       "e98ba06f448c773c8ecc720401002202");
	known_schedule("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		       "fe4890d1e6188d0b046df344706c631e");
	/* Appendix C: the first but one that decrypts */
	known_inverse("000102030405060708090a0b0c0d0e0f", "13aa29be9c8faff6f770f58000f7bf03");
	known_inverse("000102030405060708090a0b0c0d0e0f1011121314151617",
		      "d6bebd0dc209ea494db073803e021bb9");
	known_inverse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		      "34f1d1ffbfceaa2ffce9e25f2558016e");
}

static void make_schedule(size_t key_len, uint8_t *schedule)
{
	uint8_t key[32];

	for (size_t i = 0; i < key_len; i++)
		key[i] = rand();
	kk_aes_expand(key, key_len, schedule);
}

static bool finds(const uint8_t *p, size_t len)
{
	size_t key_len;

	return kk_aes_find(p, len, 0, &key_len) < len;
}

void test_aes_find(void)
{
	uint8_t memory[1024];
	size_t key_len;

	for (size_t n = 16; n <= 32; n += 8) {
		const size_t len = kk_aes_schedule_len(n);

		RAND_bytes(memory, sizeof(memory));
		OK(!finds(memory, sizeof(memory)));
		make_schedule(n, memory + 100);
		OK(kk_aes_find(memory, sizeof(memory), 0, &key_len) == 100 && key_len == n);
		OK(kk_aes_find(memory, sizeof(memory), 100, &key_len) == 100);
		OK(kk_aes_find(memory, sizeof(memory), 104, &key_len) == sizeof(memory));
		OK(kk_aes_find(memory, 100 + len, 0, &key_len) == 100);
		OK(!finds(memory, 100 + len - 1));
		/* One bit of it is wrong, whichever. */
		for (size_t i = 0; i < len; i++) {
			memory[100 + i] ^= 1 << i % 8;
			OK(!finds(memory, sizeof(memory)));
			memory[100 + i] ^= 1 << i % 8;
		}
	}
	for (int byte = 0; byte < 256; byte++) {
		memset(memory, byte, sizeof(memory));
		OK(!finds(memory, sizeof(memory)));
	}
}
