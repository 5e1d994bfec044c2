/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expanded AES keys as memory holds them. A key schedule proves itself: each of
 * its words follows from others (FIPS 197), so one that is found is no accident.
 */
#ifndef KK_AES_H
#define KK_AES_H

#include <stddef.h>
#include <stdint.h>

#define KK_AES_KEY_MAX 32
#define KK_AES_SCHEDULE_MAX 240

/* Bytes of the schedule of a key of @key_len bytes: 16, 24 or 32. */
size_t kk_aes_schedule_len(size_t key_len);

/*
 * The first schedule for encryption at or after @from, at a multiple of 4 bytes:
 * its place in @p, and the length of the key that it begins with. @len when
 * there is none.
 */
size_t kk_aes_find(const uint8_t *p, size_t len, size_t from, size_t *key_len);

void kk_aes_expand(const uint8_t *key, size_t key_len, uint8_t *schedule);

/*
 * What the equivalent inverse cipher makes of each round key, in the order of the
 * schedule for encryption: InvMixColumns of it.
 */
void kk_aes_invert(const uint8_t *schedule, size_t len, uint8_t *out);

/*
 * A bit-sliced schedule (NEON's, on arm64) is the first round key, masks of 0x00 and
 * 0xff for each bit of the next ones, and the last round key. How many bytes at @p may be
 * masks.
 */
#define KK_AES_MASKS_MIN (8 * 16)
size_t kk_aes_masks(const uint8_t *p, size_t len);

#endif
