// SPDX-License-Identifier: GPL-2.0-only
/*
 * The codec, bound by bound. Prints TAP. What stands where in a slot is said by numbers,
 * which are those of the format's contract, not by the structures under test.
 */
#include <kernel.h>
#include <stdio.h>
#include <stdlib.h>

#include <crypto/sha2.h>

#include "codec.h"

/* Places in a slot, and in a record. */
enum {
	MAGIC = 0, MAJOR = 8, MINOR = 10, HEADER_LEN = 12, SEQ = 16, TOTAL_LEN = 24, COUNT = 28,
	SOURCE = 32, RESERVED = 36, RELEASE = 40, HEADER = 104,
	LEN = 0, RECORD_HEADER_LEN = 4, TYPE_LEN = 6, DESC_LEN = 8, RESERVED1 = 10,
	PAYLOAD_LEN = 12, UID = 16, GID = 20, PERM = 24, RESERVED2 = 28, EXPIRY = 32,
	RECORD_HEADER = 40,
	DIGEST = 32,
};

static unsigned int bad;
static const char *row;

#define OK(cond) do { \
	if (!(cond)) { \
		printf("# %s:%d%s%s: %s\n", __func__, __LINE__, row ? ", " : "", row ? row : "", #cond); \
		bad++; \
	} \
} while (0)

/* --- a set of two keys ------------------------------------------------------- */

static const struct kexec_keys_record keys[] = {
	{ "logon", 5, "cryptsetup:2f144136-b0de-4b51-b2eb-bd869cc39a6e-d0", 50,
	  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.", 64,
	  0x01020304, 0x05060708, 0x090a0b0c, 0x1122334455667788 },
	{ "user", 4, "d", 1, "p", 1, 0, 0xffffffff, 0x80000000, 0 },
};

#define FIRST HEADER
#define FIRST_LEN (RECORD_HEADER + 8 + 56 + 64)
#define SECOND (FIRST + FIRST_LEN)
#define SECOND_LEN (RECORD_HEADER + 8 + 8 + 8)
#define TOTAL (SECOND + SECOND_LEN)
#define USED (TOTAL + DIGEST)

/* No more than the size, so that AddressSanitizer sees a byte behind it. */
static u8 *alloc(size_t size, int fill)
{
	u8 *slot = malloc(size);

	assert(slot);
	memset(slot, fill, size);
	return slot;
}

static void add_keys(struct kexec_keys_encoder *enc)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		OK(kexec_keys_encode_add(enc, &keys[i]));
}

static void encode(u8 *slot, u64 seq)
{
	struct kexec_keys_encoder enc;

	kexec_keys_encode_start(&enc, slot, USED);
	add_keys(&enc);
	OK(kexec_keys_encode_finish(&enc, seq, KEXEC_KEYS_CRASH, "6.12.0") == USED);
}

/* After a change: the digest is right again, wherever the slot now says it is. */
static void seal(u8 *slot, size_t size)
{
	u32 total;

	memcpy(&total, slot + TOTAL_LEN, 4);
	if (le32toh(total) >= HEADER && le32toh(total) <= size - DIGEST)
		sha256(slot, le32toh(total), slot + le32toh(total));
}

static u64 get(const u8 *at, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void set(u8 *at, unsigned int bytes, u64 value)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = value >> 8 * i;
}

static bool same(const struct kexec_keys_record *a, const struct kexec_keys_record *b)
{
	return a->type_len == b->type_len && !memcmp(a->type, b->type, a->type_len) &&
	       a->desc_len == b->desc_len && !memcmp(a->desc, b->desc, a->desc_len) &&
	       a->payload_len == b->payload_len && !memcmp(a->payload, b->payload, a->payload_len) &&
	       a->uid == b->uid && a->gid == b->gid && a->perm == b->perm && a->expiry == b->expiry;
}

/* Just these keys are in it. */
static void check_set(struct kexec_keys_set *s)
{
	struct kexec_keys_record rec;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		OK(kexec_keys_next(s, &rec) && same(&rec, &keys[i]));
	OK(!kexec_keys_next(s, &rec));
	OK(!kexec_keys_next(s, &rec));
}

/* --- the encoder ---------------------------------------------------------------- */

static const struct { const char *name; size_t type, desc, payload, len; } lengths[] = {
	{ "least", 1, 1, 1, 40 + 8 + 8 + 8 },
	{ "whole words", 8, 8, 8, 40 + 8 + 8 + 8 },
	{ "a byte more than a word", 9, 9, 9, 40 + 16 + 16 + 16 },
	{ "a key of LUKS", 5, 50, 64, 168 },
	{ "greatest", 31, 255, 1 << 20, 40 + 32 + 256 + (1 << 20) },
	{ "no type", 0, 1, 1, 0 },
	{ "no description", 1, 0, 1, 0 },
	{ "no payload", 1, 1, 0, 0 },
	{ "type too long", 32, 1, 1, 0 },
	{ "description too long", 1, 256, 1, 0 },
	{ "payload too long", 1, 1, (1 << 20) + 1, 0 },
	{ "greatest numbers", SIZE_MAX, SIZE_MAX, SIZE_MAX, 0 },
};

static void record_lengths(void)
{
	static char bytes[(1 << 20) + 1];
	u8 *slot = alloc(2 << 20, 0);

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct kexec_keys_record rec = { bytes, lengths[i].type, bytes, lengths[i].desc,
						 bytes, lengths[i].payload, 0, 0, 0, 0 };
		struct kexec_keys_encoder enc;
		struct kexec_keys_set s;

		row = lengths[i].name;
		OK(kexec_keys_record_len(&rec) == lengths[i].len);
		kexec_keys_encode_start(&enc, slot, 2 << 20);
		OK(kexec_keys_encode_add(&enc, &rec) == !!lengths[i].len);
		OK(enc.count == !!lengths[i].len && enc.used == HEADER + lengths[i].len);
		if (!lengths[i].len)
			continue;
		OK(kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_CRASH, "") == HEADER + lengths[i].len + DIGEST);
		OK(kexec_keys_decode_slot(slot, 2 << 20, &s) == KEXEC_KEYS_OK);
		OK(kexec_keys_next(&s, &rec) && rec.type_len == lengths[i].type);
		OK(rec.desc_len == lengths[i].desc && rec.payload_len == lengths[i].payload);
	}
	row = NULL;
	OK(kexec_keys_slot_len(0) == HEADER + DIGEST && kexec_keys_slot_len(168) == 304);
	free(slot);
}

/* Each field at its place, byte by byte, and zeroes between them. */
static void layout(void)
{
	u8 *slot = alloc(USED, 0xff);
	static const u8 zero[64];

	encode(slot, 0x0102030405060708);
	OK(!memcmp(slot, ".KXCKYS0", 8));
	OK(get(slot + MAJOR, 2) == 1 && get(slot + MINOR, 2) == 0 && get(slot + HEADER_LEN, 4) == HEADER);
	OK(get(slot + SEQ, 8) == 0x0102030405060708 && get(slot + TOTAL_LEN, 4) == TOTAL);
	OK(get(slot + COUNT, 4) == 2 && get(slot + SOURCE, 4) == 1 && !get(slot + RESERVED, 4));
	OK(!memcmp(slot + RELEASE, "6.12.0", 6) && !memcmp(slot + RELEASE + 6, zero, 58));
	for (size_t i = 0; i < 2; i++) {
		const u8 *at = slot + (i ? SECOND : FIRST), *body = at + RECORD_HEADER;
		const struct kexec_keys_record *k = &keys[i];
		const size_t words[] = { ALIGN(k->type_len, 8), ALIGN(k->desc_len, 8), ALIGN(k->payload_len, 8) };

		row = i ? "second key" : "first key";
		OK(get(at + LEN, 4) == (i ? SECOND_LEN : FIRST_LEN) && get(at + RECORD_HEADER_LEN, 2) == RECORD_HEADER);
		OK(get(at + TYPE_LEN, 2) == k->type_len && get(at + DESC_LEN, 2) == k->desc_len);
		OK(get(at + PAYLOAD_LEN, 4) == k->payload_len && !get(at + RESERVED1, 2) && !get(at + RESERVED2, 4));
		OK(get(at + UID, 4) == k->uid && get(at + GID, 4) == k->gid && get(at + PERM, 4) == k->perm);
		OK(get(at + EXPIRY, 8) == (u64)k->expiry);
		OK(!memcmp(body, k->type, k->type_len) && !memcmp(body + k->type_len, zero, words[0] - k->type_len));
		body += words[0];
		OK(!memcmp(body, k->desc, k->desc_len) && !memcmp(body + k->desc_len, zero, words[1] - k->desc_len));
		body += words[1];
		OK(!memcmp(body, k->payload, k->payload_len) &&
		   !memcmp(body + k->payload_len, zero, words[2] - k->payload_len));
	}
	free(slot);
}

/* Whatever was in the slot: the same bytes, and no other one is written. */
static void dirty_slots(void)
{
	static const int fills[] = { 0x00, 0xff, 0xa5, '.' };
	u8 *clean = alloc(USED, 0), *slot = alloc(USED + 64, 0);
	struct kexec_keys_set s;

	encode(clean, 7);
	for (size_t i = 0; i < ARRAY_SIZE(fills); i++) {
		struct kexec_keys_encoder enc;

		memset(slot, fills[i], USED + 64);
		memset(&enc, fills[i], sizeof(enc));
		kexec_keys_encode_start(&enc, slot, USED + 64);
		add_keys(&enc);
		OK(kexec_keys_encode_finish(&enc, 7, KEXEC_KEYS_CRASH, "6.12.0") == USED);
		OK(!memcmp(slot, clean, USED));
		for (size_t j = USED; j < USED + 64; j++)
			OK(slot[j] == (u8)fills[i]);
		memset(&s, fills[i], sizeof(s));
		OK(kexec_keys_decode_slot(slot, USED + 64, &s) == KEXEC_KEYS_OK);
		OK(s.seq == 7 && s.count == 2 && s.source == KEXEC_KEYS_CRASH && !strcmp(s.release, "6.12.0"));
		check_set(&s);
	}
	free(clean);
	free(slot);
}

/* Room for both keys to the byte, and each size around it. */
static void exact_fit(void)
{
	static char names[96][16];

	for (size_t size = USED - 48; size < USED + 48; size++) {
		u8 *slot = alloc(size, 0xa5), *before = alloc(size, 0);
		struct kexec_keys_encoder enc;
		struct kexec_keys_set s;
		const bool fits = size >= USED;

		row = names[size - (USED - 48)];
		snprintf(names[size - (USED - 48)], sizeof(names[0]), "%zu bytes", size);
		kexec_keys_encode_start(&enc, slot, size);
		OK(kexec_keys_encode_add(&enc, &keys[0]));
		memcpy(before, slot, size);
		OK(kexec_keys_encode_add(&enc, &keys[1]) == fits);
		OK(enc.count == 1u + fits && enc.used == (fits ? TOTAL : SECOND));
		/* A key that does not fit leaves no byte. */
		OK(fits || !memcmp(slot, before, size));
		OK(!kexec_keys_encode_add(&enc, &keys[0]));
		OK(kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_CRASH, "x") == (fits ? USED : SECOND + DIGEST));
		OK(kexec_keys_decode_slot(slot, size, &s) == KEXEC_KEYS_OK && s.count == 1u + fits);
		free(slot);
		free(before);
	}
}

static const char release64[] = "0123456789012345678901234567890123456789012345678901234567890123";

static void releases(void)
{
	static const char *const given[] = { "", "6", release64 + 1, release64, "0123456789012345678901234567890123456789012345678901234567890123x" };

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		u8 *slot = alloc(HEADER + DIGEST, 0xff);
		struct kexec_keys_encoder enc;
		struct kexec_keys_set s;

		row = given[i];
		memset(&s, 0xff, sizeof(s));
		kexec_keys_encode_start(&enc, slot, HEADER + DIGEST);
		OK(kexec_keys_encode_finish(&enc, ~0ULL - i, KEXEC_KEYS_REBOOT, given[i]) == HEADER + DIGEST);
		OK(kexec_keys_decode_slot(slot, HEADER + DIGEST, &s) == KEXEC_KEYS_OK);
		OK(!strcmp(s.release, i < 4 ? given[i] : release64));
		OK(s.source == KEXEC_KEYS_REBOOT && s.seq == ~0ULL - i && !s.count && s.slot == slot);
		OK(s.next == HEADER && s.end == HEADER);
		free(slot);
	}
}

/* --- the decoder of a slot ------------------------------------------------------- */

/* A digest that does not match, or a field that is looked at before it. */
static enum kexec_keys_status status_of_flip(size_t at)
{
	if (at < MAJOR)
		return KEXEC_KEYS_BAD_MAGIC;
	if (at < MINOR)
		return KEXEC_KEYS_BAD_VERSION;
	return KEXEC_KEYS_BAD_DIGEST;
}

static void each_bit(void)
{
	u8 *slot = alloc(USED, 0);
	struct kexec_keys_set s;
	char name[32];

	row = name;
	encode(slot, 1);
	for (size_t bit = 0; bit < 8 * USED; bit++) {
		const size_t at = bit / 8;
		const bool is_length = (at >= HEADER_LEN && at < SEQ) || (at >= TOTAL_LEN && at < COUNT);
		enum kexec_keys_status status;

		snprintf(name, sizeof(name), "bit %zu of byte %zu", bit % 8, at);
		slot[at] ^= 1 << bit % 8;
		status = kexec_keys_decode_slot(slot, USED, &s);
		OK(status == status_of_flip(at) || (is_length && status == KEXEC_KEYS_SHORT));
		slot[at] ^= 1 << bit % 8;
	}
	OK(kexec_keys_decode_slot(slot, USED, &s) == KEXEC_KEYS_OK);
	row = NULL;
	free(slot);
}

/* One number is another, under a digest that is right. */
static const struct {
	const char *name;
	size_t at;
	unsigned int bytes;
	u64 value;
	enum kexec_keys_status status;
} changes[] = {
	{ "nothing", SEQ, 8, 1, KEXEC_KEYS_OK },
	{ "major version 0", MAJOR, 2, 0, KEXEC_KEYS_BAD_VERSION },
	{ "major version 2", MAJOR, 2, 2, KEXEC_KEYS_BAD_VERSION },
	{ "major version 257", MAJOR, 2, 257, KEXEC_KEYS_BAD_VERSION },
	{ "major version in the other order", MAJOR, 2, 256, KEXEC_KEYS_BAD_VERSION },
	{ "minor version 1", MINOR, 2, 1, KEXEC_KEYS_OK },
	{ "greatest minor version", MINOR, 2, 0xffff, KEXEC_KEYS_OK },
	{ "unknown source", SOURCE, 4, 3, KEXEC_KEYS_OK },
	{ "reserved field of the header", RESERVED, 4, ~0, KEXEC_KEYS_OK },

	{ "header of no length", HEADER_LEN, 4, 0, KEXEC_KEYS_BAD_RECORD },
	{ "header, a word less", HEADER_LEN, 4, HEADER - 8, KEXEC_KEYS_BAD_RECORD },
	{ "header, a byte less", HEADER_LEN, 4, HEADER - 1, KEXEC_KEYS_BAD_RECORD },
	{ "header, a byte more", HEADER_LEN, 4, HEADER + 1, KEXEC_KEYS_BAD_RECORD },
	{ "header, a word more", HEADER_LEN, 4, HEADER + 8, KEXEC_KEYS_BAD_RECORD },
	{ "header up to the second key", HEADER_LEN, 4, SECOND, KEXEC_KEYS_BAD_RECORD },
	{ "header up to the end", HEADER_LEN, 4, TOTAL, KEXEC_KEYS_BAD_RECORD },
	{ "header beyond the end", HEADER_LEN, 4, TOTAL + 8, KEXEC_KEYS_SHORT },
	{ "longest header", HEADER_LEN, 4, ~0, KEXEC_KEYS_SHORT },

	{ "total of no length", TOTAL_LEN, 4, 0, KEXEC_KEYS_SHORT },
	{ "total, less than the header", TOTAL_LEN, 4, HEADER - 1, KEXEC_KEYS_SHORT },
	{ "total, the header alone", TOTAL_LEN, 4, HEADER, KEXEC_KEYS_BAD_RECORD },
	{ "total, the first key alone", TOTAL_LEN, 4, SECOND, KEXEC_KEYS_BAD_RECORD },
	{ "total, a word less", TOTAL_LEN, 4, TOTAL - 8, KEXEC_KEYS_BAD_RECORD },
	{ "total, a byte less", TOTAL_LEN, 4, TOTAL - 1, KEXEC_KEYS_BAD_RECORD },
	{ "total, a byte more", TOTAL_LEN, 4, TOTAL + 1, KEXEC_KEYS_SHORT },
	{ "greatest total", TOTAL_LEN, 4, ~0, KEXEC_KEYS_SHORT },

	{ "no key", COUNT, 4, 0, KEXEC_KEYS_BAD_RECORD },
	{ "one key less", COUNT, 4, 1, KEXEC_KEYS_BAD_RECORD },
	{ "one key more", COUNT, 4, 3, KEXEC_KEYS_BAD_RECORD },
	{ "2^32 - 1 keys", COUNT, 4, ~0, KEXEC_KEYS_BAD_RECORD },

	{ "record of no length", FIRST + LEN, 4, 0, KEXEC_KEYS_BAD_RECORD },
	{ "record, a word less", FIRST + LEN, 4, FIRST_LEN - 8, KEXEC_KEYS_BAD_RECORD },
	{ "record, a byte less", FIRST + LEN, 4, FIRST_LEN - 1, KEXEC_KEYS_BAD_RECORD },
	{ "record, a byte more", FIRST + LEN, 4, FIRST_LEN + 1, KEXEC_KEYS_BAD_RECORD },
	{ "record, a word more", FIRST + LEN, 4, FIRST_LEN + 8, KEXEC_KEYS_BAD_RECORD },
	{ "record up to the end", FIRST + LEN, 4, FIRST_LEN + SECOND_LEN, KEXEC_KEYS_BAD_RECORD },
	{ "longest record", FIRST + LEN, 4, ~0, KEXEC_KEYS_BAD_RECORD },
	{ "last record, a word less", SECOND + LEN, 4, SECOND_LEN - 8, KEXEC_KEYS_BAD_RECORD },
	{ "last record, a byte less", SECOND + LEN, 4, SECOND_LEN - 1, KEXEC_KEYS_BAD_RECORD },
	{ "last record, a byte more", SECOND + LEN, 4, SECOND_LEN + 1, KEXEC_KEYS_BAD_RECORD },
	{ "last record, a word more", SECOND + LEN, 4, SECOND_LEN + 8, KEXEC_KEYS_BAD_RECORD },

	{ "header of a record, of no length", FIRST + RECORD_HEADER_LEN, 2, 0, KEXEC_KEYS_BAD_RECORD },
	{ "header of a record, a word less", FIRST + RECORD_HEADER_LEN, 2, RECORD_HEADER - 8, KEXEC_KEYS_BAD_RECORD },
	{ "header of a record, a byte less", FIRST + RECORD_HEADER_LEN, 2, RECORD_HEADER - 1, KEXEC_KEYS_BAD_RECORD },
	{ "header of a record, a byte more", FIRST + RECORD_HEADER_LEN, 2, RECORD_HEADER + 1, KEXEC_KEYS_BAD_RECORD },
	{ "header of a record, four bytes more", FIRST + RECORD_HEADER_LEN, 2, RECORD_HEADER + 4, KEXEC_KEYS_BAD_RECORD },
	{ "header of a record, a word more", FIRST + RECORD_HEADER_LEN, 2, RECORD_HEADER + 8, KEXEC_KEYS_BAD_RECORD },
	{ "longest header of a record", FIRST + RECORD_HEADER_LEN, 2, 0xfff8, KEXEC_KEYS_BAD_RECORD },
	{ "header of the last record, a word more", SECOND + RECORD_HEADER_LEN, 2, RECORD_HEADER + 8, KEXEC_KEYS_BAD_RECORD },

	{ "no type", FIRST + TYPE_LEN, 2, 0, KEXEC_KEYS_BAD_RECORD },
	{ "type, a byte less", FIRST + TYPE_LEN, 2, 4, KEXEC_KEYS_OK },
	{ "type up to the end of its padding", FIRST + TYPE_LEN, 2, 8, KEXEC_KEYS_OK },
	{ "type beyond its padding", FIRST + TYPE_LEN, 2, 9, KEXEC_KEYS_BAD_RECORD },
	{ "type too long", FIRST + TYPE_LEN, 2, 32, KEXEC_KEYS_BAD_RECORD },
	{ "longest type", FIRST + TYPE_LEN, 2, ~0, KEXEC_KEYS_BAD_RECORD },
	{ "no description", FIRST + DESC_LEN, 2, 0, KEXEC_KEYS_BAD_RECORD },
	{ "description, a byte less", FIRST + DESC_LEN, 2, 49, KEXEC_KEYS_OK },
	{ "description up to the end of its padding", FIRST + DESC_LEN, 2, 56, KEXEC_KEYS_OK },
	{ "description beyond its padding", FIRST + DESC_LEN, 2, 57, KEXEC_KEYS_BAD_RECORD },
	{ "description too long", FIRST + DESC_LEN, 2, 256, KEXEC_KEYS_BAD_RECORD },
	{ "longest description", FIRST + DESC_LEN, 2, ~0, KEXEC_KEYS_BAD_RECORD },
	{ "no payload", FIRST + PAYLOAD_LEN, 4, 0, KEXEC_KEYS_BAD_RECORD },
	{ "payload, a byte less", FIRST + PAYLOAD_LEN, 4, 63, KEXEC_KEYS_OK },
	{ "payload, a byte more", FIRST + PAYLOAD_LEN, 4, 65, KEXEC_KEYS_BAD_RECORD },
	{ "payload too long", FIRST + PAYLOAD_LEN, 4, (1 << 20) + 1, KEXEC_KEYS_BAD_RECORD },
	{ "longest payload", FIRST + PAYLOAD_LEN, 4, ~0, KEXEC_KEYS_BAD_RECORD },
	{ "payload of the last record up to its padding", SECOND + PAYLOAD_LEN, 4, 8, KEXEC_KEYS_OK },
	{ "payload of the last record beyond its padding", SECOND + PAYLOAD_LEN, 4, 9, KEXEC_KEYS_BAD_RECORD },
	{ "reserved field of a record", FIRST + RESERVED1, 2, ~0, KEXEC_KEYS_OK },
	{ "second reserved field of a record", FIRST + RESERVED2, 4, ~0, KEXEC_KEYS_OK },
	{ "padding that is not zero", FIRST + RECORD_HEADER + 5, 3, ~0, KEXEC_KEYS_OK },
};

static void changed_numbers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		u8 *slot = alloc(USED, 0);
		struct kexec_keys_record rec;
		struct kexec_keys_set s;

		row = changes[i].name;
		encode(slot, 1);
		set(slot + changes[i].at, changes[i].bytes, changes[i].value);
		seal(slot, USED);
		OK(kexec_keys_decode_slot(slot, USED, &s) == changes[i].status);
		if (changes[i].status == KEXEC_KEYS_OK) {
			OK(kexec_keys_next(&s, &rec) && kexec_keys_next(&s, &rec) && !kexec_keys_next(&s, &rec));
			OK(s.next == s.end);
		}
		free(slot);
	}
}

/* Any byte may be anything under a right digest: all that is read is in the slot. */
static void any_byte(void)
{
	static const u8 values[] = { 0x00, 0x01, 0x07, 0x08, 0x20, 0x28, 0x7f, 0x80, 0xff };
	u8 *slot = alloc(USED, 0);

	for (size_t at = MINOR; at < TOTAL; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			struct kexec_keys_record rec;
			struct kexec_keys_set s;

			encode(slot, 1);
			slot[at] = values[i];
			seal(slot, USED);
			if (kexec_keys_decode_slot(slot, USED, &s) != KEXEC_KEYS_OK)
				continue;
			while (kexec_keys_next(&s, &rec)) {
				const u8 *end = (const u8 *)rec.payload + rec.payload_len;

				OK((const u8 *)rec.type >= slot + HEADER && end <= slot + TOTAL);
				OK(rec.desc >= rec.type + rec.type_len);
				OK((const char *)rec.payload >= rec.desc + rec.desc_len);
			}
		}
	}
	free(slot);
}

/*
 * A set that no decoder has judged, with so much room for a record of so many bytes:
 * nothing is read behind the room, and what contradicts itself is no record.
 */
static void read_record(size_t room, u32 len, u16 header_len, u16 type_len, bool is)
{
	u8 record[RECORD_HEADER + 24] = { 0 }, *slot = alloc(HEADER + room, 0xee);
	struct kexec_keys_set s = { .slot = slot, .next = HEADER, .end = HEADER + room, .count = 1 };
	struct kexec_keys_record rec;

	set(record + LEN, 4, len);
	set(record + RECORD_HEADER_LEN, 2, header_len);
	set(record + TYPE_LEN, 2, type_len);
	set(record + DESC_LEN, 2, 1);
	set(record + PAYLOAD_LEN, 4, 1);
	memcpy(slot + HEADER, record, room < sizeof(record) ? room : sizeof(record));
	OK(kexec_keys_next(&s, &rec) == is);
	OK(s.next == HEADER + (is ? len : 0));
	free(slot);
}

static void unjudged_records(void)
{
	char name[32];

	row = name;
	for (size_t room = 0; room <= RECORD_HEADER + 32; room++) {
		snprintf(name, sizeof(name), "room of %zu bytes", room);
		read_record(room, 0, RECORD_HEADER, 1, false);
		read_record(room, 32, RECORD_HEADER, 1, false);
		read_record(room, RECORD_HEADER + 24, RECORD_HEADER, 1, room >= RECORD_HEADER + 24);
	}
	row = "record without a type";
	read_record(RECORD_HEADER + 24, RECORD_HEADER + 24, RECORD_HEADER, 0, false);
	row = "record with a header that is too long";
	read_record(RECORD_HEADER + 24, RECORD_HEADER + 24, RECORD_HEADER + 8, 1, false);
	row = "record with a header that is too short";
	read_record(RECORD_HEADER + 24, RECORD_HEADER + 24, RECORD_HEADER - 8, 1, false);
	row = NULL;
}

/*
 * What a later minor version has: longer headers, and more behind the payload, as long
 * as all is aligned.
 */
static const struct {
	const char *name;
	size_t header, record_header, behind;
	enum kexec_keys_status status;
} later[] = {
	{ "nothing", 0, 0, 0, KEXEC_KEYS_OK },
	{ "a longer header", 8, 0, 0, KEXEC_KEYS_OK },
	{ "a much longer header", 800, 0, 0, KEXEC_KEYS_OK },
	{ "a longer header of a record", 0, 8, 0, KEXEC_KEYS_OK },
	{ "more behind the payload", 0, 0, 8, KEXEC_KEYS_OK },
	{ "all of them", 16, 24, 32, KEXEC_KEYS_OK },
	{ "a header of half a word more", 4, 0, 0, KEXEC_KEYS_BAD_RECORD },
	{ "a header of a byte more", 1, 0, 0, KEXEC_KEYS_BAD_RECORD },
	{ "half a word more in front of the type", 0, 4, 4, KEXEC_KEYS_BAD_RECORD },
	{ "a byte more in front of the type", 0, 1, 7, KEXEC_KEYS_BAD_RECORD },
	{ "half a word more behind the payload", 0, 0, 4, KEXEC_KEYS_BAD_RECORD },
	{ "a byte more behind the payload", 0, 0, 1, KEXEC_KEYS_BAD_RECORD },
};

static void unknown_fields(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(later); i++) {
		const size_t h = later[i].header, r = later[i].record_header, b = later[i].behind;
		const size_t total = TOTAL + h + r + b, first = FIRST + h;
		u8 *slot = alloc(total + DIGEST, 0xee), *from = alloc(USED, 0);
		struct kexec_keys_set s;

		row = later[i].name;
		encode(from, 1);
		memcpy(slot, from, HEADER);
		memcpy(slot + first, from + FIRST, RECORD_HEADER);
		memcpy(slot + first + RECORD_HEADER + r, from + FIRST + RECORD_HEADER, FIRST_LEN - RECORD_HEADER);
		memcpy(slot + first + FIRST_LEN + r + b, from + SECOND, SECOND_LEN);
		set(slot + MINOR, 2, 1);
		set(slot + HEADER_LEN, 4, HEADER + h);
		set(slot + TOTAL_LEN, 4, total);
		set(slot + first + LEN, 4, FIRST_LEN + r + b);
		set(slot + first + RECORD_HEADER_LEN, 2, RECORD_HEADER + r);
		seal(slot, total + DIGEST);
		OK(kexec_keys_decode_slot(slot, total + DIGEST, &s) == later[i].status);
		if (later[i].status == KEXEC_KEYS_OK)
			check_set(&s);
		free(slot);
		free(from);
	}
}

static void sizes(void)
{
	struct kexec_keys_encoder enc;
	struct kexec_keys_set s;
	char name[24];

	row = name;
	/* Of an empty set, and of one with keys: as much as they use, and each byte less. */
	for (int with_keys = 0; with_keys < 2; with_keys++) {
		const size_t used = with_keys ? USED : HEADER + DIGEST;

		for (size_t size = 0; size <= used; size++) {
			u8 *slot = alloc(used, 0);
			u8 *exact = malloc(size + 1);

			snprintf(name, sizeof(name), "%zu of %zu bytes", size, used);
			kexec_keys_encode_start(&enc, slot, used);
			if (with_keys)
				add_keys(&enc);
			kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_CRASH, "");
			memcpy(exact, slot, size);
			OK(kexec_keys_decode_slot(exact, size, &s) == (size < used ? KEXEC_KEYS_SHORT : KEXEC_KEYS_OK));
			free(exact);
			free(slot);
		}
	}
	row = NULL;
}

/* Zeroes where a header would be are an empty slot, whatever is behind them. */
static void empty_slots(void)
{
	struct kexec_keys_set s;
	u8 *slot = alloc(HEADER + DIGEST, 0);
	char name[24];

	row = name;
	OK(kexec_keys_decode_slot(slot, HEADER + DIGEST, &s) == KEXEC_KEYS_EMPTY);
	/* Less than the least slot is none, whatever is in it. */
	for (size_t size = 0; size < HEADER + DIGEST; size++) {
		u8 *exact = calloc(1, size + !size);

		snprintf(name, sizeof(name), "%zu bytes", size);
		OK(kexec_keys_decode_slot(exact, size, &s) == KEXEC_KEYS_SHORT);
		free(exact);
	}
	for (size_t at = 0; at < HEADER + DIGEST; at++) {
		snprintf(name, sizeof(name), "byte %zu", at);
		slot[at] = 1;
		OK(kexec_keys_decode_slot(slot, HEADER + DIGEST, &s) ==
		   (at < HEADER ? KEXEC_KEYS_BAD_MAGIC : KEXEC_KEYS_EMPTY));
		slot[at] = 0;
	}
	row = NULL;
	free(slot);
}

/* --- the decoder of both slots ------------------------------------------------------ */

enum content { EMPTY, OLD, NEW, LAST, TORN, VERSION, OTHER, RECORD };

static const struct {
	const char *name;
	enum content slots[2];
	enum kexec_keys_status status;
	u64 seq;
} pairs[] = {
	{ "both empty", { EMPTY, EMPTY }, KEXEC_KEYS_EMPTY, 0 },
	{ "the first one", { OLD, EMPTY }, KEXEC_KEYS_OK, 1 },
	{ "the second one", { EMPTY, OLD }, KEXEC_KEYS_OK, 1 },
	{ "the newer first", { NEW, OLD }, KEXEC_KEYS_OK, 2 },
	{ "the newer second", { OLD, NEW }, KEXEC_KEYS_OK, 2 },
	{ "the greatest number first", { LAST, NEW }, KEXEC_KEYS_OK, ~0ULL },
	{ "the greatest number second", { NEW, LAST }, KEXEC_KEYS_OK, ~0ULL },
	{ "the newer one is torn", { OLD, TORN }, KEXEC_KEYS_OK, 1 },
	{ "the newer one is torn, the other way round", { TORN, OLD }, KEXEC_KEYS_OK, 1 },
	{ "the other one is of another version", { OLD, VERSION }, KEXEC_KEYS_OK, 1 },
	{ "the other one is something else", { OTHER, OLD }, KEXEC_KEYS_OK, 1 },
	{ "torn, and empty", { TORN, EMPTY }, KEXEC_KEYS_BAD_DIGEST, 0 },
	{ "empty, and torn", { EMPTY, TORN }, KEXEC_KEYS_BAD_DIGEST, 0 },
	{ "another version, and empty", { VERSION, EMPTY }, KEXEC_KEYS_BAD_VERSION, 0 },
	{ "empty, and another version", { EMPTY, VERSION }, KEXEC_KEYS_BAD_VERSION, 0 },
	{ "something else twice", { OTHER, OTHER }, KEXEC_KEYS_BAD_MAGIC, 0 },
	{ "torn, and something else", { TORN, OTHER }, KEXEC_KEYS_BAD_DIGEST, 0 },
	{ "something else, and torn", { OTHER, TORN }, KEXEC_KEYS_BAD_MAGIC, 0 },
	{ "a lying record, and empty", { RECORD, EMPTY }, KEXEC_KEYS_BAD_RECORD, 0 },
};

static void fill(u8 *slot, enum content content)
{
	memset(slot, 0, USED);
	if (content == EMPTY)
		return;
	encode(slot, content == LAST ? ~0ULL : content == NEW ? 2 : 1);
	if (content == TORN)
		slot[TOTAL - 1] ^= 1;
	if (content == VERSION)
		slot[MAJOR] = 9;
	if (content == OTHER)
		slot[0] = 'x';
	if (content == RECORD) {
		slot[COUNT] = 3;
		seal(slot, USED);
	}
}

static void both_slots(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		u8 *buf = alloc(2 * USED, 0);
		struct kexec_keys_set s;

		row = pairs[i].name;
		memset(&s, 0xff, sizeof(s));
		fill(buf, pairs[i].slots[0]);
		fill(buf + USED, pairs[i].slots[1]);
		OK(kexec_keys_decode(buf, 2 * USED, &s) == pairs[i].status);
		if (pairs[i].status == KEXEC_KEYS_OK) {
			OK(s.seq == pairs[i].seq);
			check_set(&s);
		}
		free(buf);
	}
	/* Of two with one number the first counts; they differ in what they hold. */
	row = "the same number";
	for (int i = 0; i < 2; i++) {
		u8 *buf = alloc(2 * USED, 0);
		struct kexec_keys_encoder enc;
		struct kexec_keys_set s;

		encode(buf + (i ? USED : 0), 5);
		kexec_keys_encode_start(&enc, buf + (i ? 0 : USED), USED);
		kexec_keys_encode_finish(&enc, 5, KEXEC_KEYS_CRASH, "");
		OK(kexec_keys_decode(buf, 2 * USED, &s) == KEXEC_KEYS_OK && s.count == (i ? 0 : 2));
		free(buf);
	}
	row = "no buffer";
	OK(kexec_keys_decode(NULL, 0, &(struct kexec_keys_set){ 0 }) == KEXEC_KEYS_SHORT);
}

/* What is in front of the payload of a set of one key whose names are short, and that with the digest. */
enum { BEFORE_PAYLOAD = HEADER + RECORD_HEADER + 8 + 8, AROUND_PAYLOAD = BEFORE_PAYLOAD + DIGEST };

/* In a buffer of two halves as large as this. */
enum { HALF = AROUND_PAYLOAD + USED };

static void encode_one_key(u8 *slot, size_t size, const void *payload, size_t payload_len)
{
	const struct kexec_keys_record rec = {
		.type = "logon", .type_len = 5, .desc = "d", .desc_len = 1,
		.payload = payload, .payload_len = payload_len,
	};
	struct kexec_keys_encoder enc;

	kexec_keys_encode_start(&enc, slot, size);
	OK(kexec_keys_encode_add(&enc, &rec));
	OK(kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_REBOOT, "") == payload_len + AROUND_PAYLOAD);
}

/* One set may take more than a half; what begins half way is then a part of it. */
static void one_slot(void)
{
	/* Bytes that the set in the first slot takes, and the number of the set that counts. */
	static const struct { const char *name; size_t used; u64 seq; } sets[] = {
		{ "less than a half", HALF - 8, 2 },
		{ "a half", HALF, 2 },
		{ "more than a half", HALF + 8, 1 },
		{ "so much that its digest lies in the header of the other", HALF + 64, 1 },
		{ "all but 8 bytes", 2 * HALF - 8, 1 },
		{ "all", 2 * HALF, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		u8 *buf = alloc(2 * HALF, 0xee), *payload = alloc(2 * HALF, 0xdd);
		struct kexec_keys_set s;

		row = sets[i].name;
		/* A newer set, as a payload or behind the first slot. */
		encode(payload + HALF - BEFORE_PAYLOAD, 2);
		encode(buf + HALF, 2);
		encode_one_key(buf, 2 * HALF, payload, sets[i].used - AROUND_PAYLOAD);
		seal(buf + HALF, USED);
		OK(kexec_keys_decode(buf, 2 * HALF, &s) == KEXEC_KEYS_OK);
		OK(s.seq == sets[i].seq);
		if (s.seq == 1)
			OK(s.count == 1 && s.slot == buf);
		else
			check_set(&s);
		free(payload);
		free(buf);
	}
	row = NULL;
}

static void beyond_the_buffer(void)
{
	u8 *buf = alloc(2 * USED, 0);
	struct kexec_keys_set s;

	encode(buf + USED, 1);
	set(buf + USED + TOTAL_LEN, 4, USED);
	OK(kexec_keys_decode(buf, 2 * USED, &s) == KEXEC_KEYS_SHORT);
	free(buf);
}

static void status_names(void)
{
	static const char *const names[] = { "ok", "empty", "short", "magic", "version", "digest", "record", "?", "?" };

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		row = names[i];
		OK(!strcmp(kexec_keys_status_name(i), names[i]));
	}
	OK(!strcmp(kexec_keys_status_name(-1), "?"));
}

static const struct { const char *name; void (*fn)(void); } tests[] = {
	{ "lengths of records, from both sides of each bound", record_lengths },
	{ "each field is at its place", layout },
	{ "dirty slots, and no byte beyond the set", dirty_slots },
	{ "an exact fit, and each size around it", exact_fit },
	{ "releases, and the longest", releases },
	{ "each bit of a slot", each_bit },
	{ "numbers that lie under a right digest", changed_numbers },
	{ "any byte under a right digest", any_byte },
	{ "records that no decoder has judged", unjudged_records },
	{ "unknown fields of a later minor version are skipped", unknown_fields },
	{ "each size that is too small", sizes },
	{ "empty slots, and nearly empty ones", empty_slots },
	{ "which of two slots counts", both_slots },
	{ "a set that takes more than its half", one_slot },
	{ "a set that would end behind the buffer", beyond_the_buffer },
	{ "names of what is wrong", status_names },
};

int main(void)
{
	unsigned int failed = 0;

	printf("TAP version 13\n1..%zu\n", ARRAY_SIZE(tests));
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		bad = 0;
		row = NULL;
		tests[i].fn();
		failed += !!bad;
		printf("%sok %zu - %s\n", bad ? "not " : "", i + 1, tests[i].name);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}
