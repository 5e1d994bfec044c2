// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of scrub.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdlib.h>

#include "aes.h"
#include "kexec-keys.h"
#include "needles.h"
#include "payload.h"
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

void test_needles(void)
{
	struct kk_needles needles;
	uint8_t keys[100][64], memory[256];
	size_t end;

	RAND_bytes(keys[0], sizeof(keys));
	OK(!kk_needles_init(&needles));
	/* More than there is room for at first. */
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(keys); i++)
		OK(!kk_needles_add(&needles, keys[i], sizeof(keys[i])));
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(keys); i++) {
		RAND_bytes(memory, sizeof(memory));
		OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == sizeof(memory));
		memcpy(memory + 33, keys[i] + 20, 30);
		memory[32] = ~keys[i][19];
		memory[63] = ~keys[i][50];
		OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == 33 && end == 63);
		OK(kk_needles_find(&needles, memory, sizeof(memory), 56, &end) == sizeof(memory));
		OK(kk_needles_find(&needles, memory, 40, 0, &end) == 40);
		OK(kk_needles_find(&needles, memory, 41, 0, &end) == 33 && end == 41);
	}
	/* The least piece, and less. */
	RAND_bytes(memory, sizeof(memory));
	memcpy(memory + 100, keys[7] + 3, KK_PIECE - 1);
	memory[107] = ~keys[7][10];
	memcpy(memory + 200, keys[8] + 3, KK_PIECE);
	memory[208] = ~keys[8][11];
	OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == 200 && end == 208);
	kk_needles_free(&needles);

	/* What other memory is full of is no piece of a key. */
	OK(!kk_needles_init(&needles));
	memset(memory, 0x01, sizeof(memory));
	OK(!kk_needles_add(&needles, memory, 64) && !needles.n);
	kk_needles_free(&needles);
}

/* As AF_ALG does it in the kernel. */
static int soft_hmac(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out)
{
	unsigned int n = KK_SHA256;

	OK(fd == 77);
	return HMAC(EVP_sha256(), key, len, (const uint8_t *)text, strlen(text), out, &n) ? 0 : -1;
}

/* struct user_key_payload, but for its first member */
static void put_payload(uint8_t *at, const uint8_t *key, uint16_t len)
{
	at[0] = len & 0xff;
	at[1] = len >> 8;
	memcpy(at + 8, key, len);
}

void test_payloads(void)
{
	static const size_t lens[] = { 16, 32, 64, 512 };
	struct kk_payload one[2] = { 0 };
	struct kk_payloads p = { .keys.n = 2, .payload = one, .fd = 77, .hmac = soft_hmac };
	uint8_t key[512], memory[1024];
	size_t n;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lens); i++) {
		RAND_bytes(key, lens[i]);
		RAND_bytes(memory, sizeof(memory));
		soft_hmac(77, key, lens[i], KK_PAYLOAD_TEXT, one[1].hmac);
		one[1].found = false;
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == sizeof(memory));
		put_payload(memory + 400, key, lens[i]);
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == 408 && n == lens[i]);
		OK(one[1].found && !one[0].found);
		OK(kk_payload_find(&p, memory, sizeof(memory), 401, &n) == sizeof(memory));
		OK(kk_payload_find(&p, memory, 408 + lens[i], 0, &n) == 408);
		OK(kk_payload_find(&p, memory, 407 + lens[i], 0, &n) == 407 + lens[i]);
		memory[408 + lens[i] - 1] ^= 1;
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == sizeof(memory));
	}
	/* One that somebody has made up. */
	put_payload(memory + 40, (const uint8_t *)"a key that one can read and type", 32);
	soft_hmac(77, memory + 48, 32, KK_PAYLOAD_TEXT, one[0].hmac);
	OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == 48 && one[0].found);
}
