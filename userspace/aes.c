// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "aes.h"

/* Those of 13 round keys. */
#define MASKS_MAX (13 * KK_AES_MASKS_MIN)

static uint8_t sbox[256];

static uint8_t times_x(uint8_t a)
{
	return a << 1 ^ (a & 0x80 ? 0x1b : 0);
}

static uint8_t rotate(uint8_t a, unsigned int bits)
{
	return a << bits | a >> (8 - bits);
}

/* By logarithms to the base x + 1, which generates the field. */
static void make_sbox(void)
{
	uint8_t power[256], log[256] = { 0 }, a = 1;

	for (unsigned int i = 0; i < 255; i++) {
		power[i] = a;
		log[a] = i;
		a ^= times_x(a);
	}
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t inverse = i ? power[(255 - log[i]) % 255] : 0;

		sbox[i] = 0x63 ^ inverse ^ rotate(inverse, 1) ^ rotate(inverse, 2) ^
			  rotate(inverse, 3) ^ rotate(inverse, 4);
	}
}

static uint32_t word(const uint8_t *p, unsigned int i)
{
	uint32_t w;

	memcpy(&w, p + 4 * i, sizeof(w));
	return le32toh(w);
}

static uint32_t substitute(uint32_t w)
{
	return sbox[w & 0xff] | sbox[w >> 8 & 0xff] << 8 | sbox[w >> 16 & 0xff] << 16 |
	       (uint32_t)sbox[w >> 24] << 24;
}

/* What word @i differs by from the word a key's length before it. */
static uint32_t step(uint32_t previous, unsigned int i, unsigned int key_words)
{
	static const uint8_t rcon[] = { 0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36 };

	if (i % key_words == 0)
		return substitute(previous >> 8 | previous << 24) ^ rcon[i / key_words];
	if (key_words > 6 && i % key_words == 4)
		return substitute(previous);
	return previous;
}

size_t kk_aes_schedule_len(size_t key_len)
{
	return 16 * (key_len / 4 + 7);
}

static bool is_schedule(const uint8_t *p, unsigned int key_words)
{
	const unsigned int words = kk_aes_schedule_len(4 * key_words) / 4;

	/* Nearly all memory fails here, and what is zero in the loop. */
	if (word(p, key_words + 1) != (word(p, key_words) ^ word(p, 1)))
		return false;
	for (unsigned int i = key_words; i < words; i++)
		if (word(p, i) != (word(p, i - key_words) ^ step(word(p, i - 1), i, key_words)))
			return false;
	return true;
}

size_t kk_aes_find(const uint8_t *p, size_t len, size_t from, size_t *key_len)
{
	if (!sbox[0])
		make_sbox();
	for (size_t at = from; at + kk_aes_schedule_len(16) <= len; at += 4) {
		for (*key_len = 16; *key_len <= KK_AES_KEY_MAX; *key_len += 8)
			if (at + kk_aes_schedule_len(*key_len) <= len &&
			    is_schedule(p + at, *key_len / 4))
				return at;
	}
	return len;
}

void kk_aes_expand(const uint8_t *key, size_t key_len, uint8_t *schedule)
{
	const unsigned int key_words = key_len / 4, words = kk_aes_schedule_len(key_len) / 4;

	if (!sbox[0])
		make_sbox();
	memcpy(schedule, key, key_len);
	for (unsigned int i = key_words; i < words; i++) {
		uint32_t w = word(schedule, i - key_words) ^
			     step(word(schedule, i - 1), i, key_words);

		w = htole32(w);
		memcpy(schedule + 4 * i, &w, sizeof(w));
	}
}

/* 14 a + 11 b + 13 c + 9 d */
static uint8_t inverse_mix(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	uint8_t eight = times_x(times_x(times_x(a ^ b ^ c ^ d)));

	return eight ^ times_x(times_x(a ^ c)) ^ times_x(a ^ b) ^ b ^ c ^ d;
}

void kk_aes_invert(const uint8_t *schedule, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len; i++) {
		const uint8_t *column = schedule + (i & ~(size_t)3);

		out[i] = inverse_mix(column[i & 3], column[(i + 1) & 3], column[(i + 2) & 3],
				     column[(i + 3) & 3]);
	}
}

size_t kk_aes_masks(const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && n < MASKS_MAX && (p[n] == 0x00 || p[n] == 0xff))
		n++;
	return n;
}
