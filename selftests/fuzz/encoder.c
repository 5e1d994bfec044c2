// SPDX-License-Identifier: GPL-2.0-only
/*
 * The encoder of a handover buffer: it writes the keys that an input describes to a
 * slot with dirt in it, before it and behind it, and the decoder must read the same
 * keys. What fits is computed here independently, from the numbers in format.h.
 *
 * Most slots here are smaller than the kernel's, which are of 64 KiB and more: their
 * ends are then reached with small inputs.
 */
#include <kernel.h>

#include "codec.h"
#include "fuzz.h"

#define HEADER 104
#define DIGEST 32
#define RECORD_HEADER 40
#define GUARD 64
#define MAX_KEYS 40

struct slot {
	u8 *block;	/* a guard, the slot, a guard */
	u8 *bytes;
	size_t size;
	u8 dirt;
};

static void new_slot(struct slot *s, size_t size, u8 dirt)
{
	*s = (struct slot){ .size = size, .dirt = dirt };
	s->block = malloc(GUARD + size + GUARD);
	MUST(s->block);
	memset(s->block, dirt, GUARD + size + GUARD);
	s->bytes = s->block + GUARD;
}

static bool is_dirt(const u8 *bytes, size_t len, u8 dirt)
{
	return bytes[0] == dirt && !memcmp(bytes, bytes + 1, len - 1);
}

/* Nothing was written before the slot, nor behind so many bytes of it. */
static void check_dirt(const struct slot *s, size_t used)
{
	MUST(used <= s->size);
	MUST(is_dirt(s->block, GUARD, s->dirt));
	MUST(is_dirt(s->bytes + used, s->size - used + GUARD, s->dirt));
}

/* Bytes of their own, for AddressSanitizer to see their end. */
static void *make_bytes(size_t len, u8 seed)
{
	u8 *bytes = malloc(len);

	MUST(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = seed = 61 * seed + 13;
	return bytes;
}

/* A payload that is larger than the slot has no bytes: the encoder must not read it. */
static void take_record(struct input *in, struct kexec_keys_record *rec, size_t slot_size)
{
	const u8 seed = take(in, 1);

	*rec = (struct kexec_keys_record) {
		.type_len	= take(in, 1),
		.desc_len	= take(in, 2),
		.payload_len	= take(in, 3),
		.uid		= take(in, 4),
		.gid		= take(in, 4),
		.perm		= take(in, 4),
		.expiry		= take(in, 8),
	};
	/* Most lengths are within what one slot holds. */
	if (seed & 1) {
		rec->type_len %= 33;
		rec->desc_len %= 257;
		rec->payload_len %= 1024;
	}
	rec->type = make_bytes(rec->type_len, seed);
	rec->desc = make_bytes(rec->desc_len, seed + 1);
	rec->payload = make_bytes(rec->payload_len <= slot_size ? rec->payload_len : 0, seed + 2);
}

static void free_record(struct kexec_keys_record *rec)
{
	free((void *)rec->type);
	free((void *)rec->desc);
	free((void *)rec->payload);
}

static size_t up(size_t len)
{
	return (len + 7) / 8 * 8;
}

/* 0: the format cannot carry it. */
static size_t space(const struct kexec_keys_record *rec)
{
	if (rec->type_len < 1 || rec->type_len > 31 || rec->desc_len < 1 || rec->desc_len > 255 ||
	    rec->payload_len < 1 || rec->payload_len > 1048576)
		return 0;
	return RECORD_HEADER + up(rec->type_len) + up(rec->desc_len) + up(rec->payload_len);
}

struct keys {
	struct kexec_keys_record rec[MAX_KEYS];
	unsigned int n;
	u64 seq;
	u32 source;
	char release[100];
};

static void take_keys(struct input *in, struct keys *keys, size_t slot_size)
{
	const size_t len = take(in, 1) % sizeof(keys->release);

	keys->seq = take(in, 8);
	keys->source = take(in, 4);
	memset(keys->release, 'r', len);
	keys->release[len] = '\0';
	for (keys->n = 0; keys->n < MAX_KEYS && in->left; keys->n++)
		take_record(in, &keys->rec[keys->n], slot_size);
}

/* How many keys were taken is returned; which, in @taken. */
static unsigned int encode(const struct keys *keys, struct slot *s, bool *taken, size_t *len)
{
	struct kexec_keys_encoder enc;
	size_t used = HEADER;
	unsigned int n = 0;

	kexec_keys_encode_start(&enc, s->bytes, s->size);
	for (unsigned int i = 0; i < keys->n; i++) {
		const size_t need = space(&keys->rec[i]);

		MUST(kexec_keys_record_len(&keys->rec[i]) == need);
		taken[i] = kexec_keys_encode_add(&enc, &keys->rec[i]);
		MUST(taken[i] == (need && used + need + DIGEST <= s->size));
		used += taken[i] ? need : 0;
		n += taken[i];
		MUST(enc.used == used && enc.count == n);
		check_dirt(s, used);
	}
	*len = kexec_keys_encode_finish(&enc, keys->seq, keys->source, keys->release);
	MUST(*len == used + DIGEST && *len == kexec_keys_slot_len(used - HEADER));
	check_dirt(s, *len);
	return n;
}

static void must_equal(const struct kexec_keys_record *a, const struct kexec_keys_record *b)
{
	MUST(a->type_len == b->type_len && !memcmp(a->type, b->type, a->type_len));
	MUST(a->desc_len == b->desc_len && !memcmp(a->desc, b->desc, a->desc_len));
	MUST(a->payload_len == b->payload_len && !memcmp(a->payload, b->payload, a->payload_len));
	MUST(a->uid == b->uid && a->gid == b->gid && a->perm == b->perm && a->expiry == b->expiry);
}

static void decode(const struct keys *keys, const struct slot *s, const bool *taken,
		   unsigned int n)
{
	struct kexec_keys_record rec;
	struct kexec_keys_set set;

	MUST(kexec_keys_decode_slot(s->bytes, s->size, &set) == KEXEC_KEYS_OK);
	MUST(set.count == n && set.seq == keys->seq && set.source == keys->source);
	MUST(strlen(set.release) == strnlen(keys->release, KEXEC_KEYS_RELEASE_LEN));
	MUST(!strncmp(set.release, keys->release, KEXEC_KEYS_RELEASE_LEN));
	for (unsigned int i = 0; i < keys->n; i++) {
		if (!taken[i])
			continue;
		MUST(kexec_keys_next(&set, &rec));
		must_equal(&rec, &keys->rec[i]);
	}
	MUST(!kexec_keys_next(&set, &rec));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	const size_t slot_size = HEADER + DIGEST + take(&in, 2) % 8192;
	bool taken[MAX_KEYS], taken_again[MAX_KEYS];
	struct slot one, other;
	size_t len, len_again;
	struct keys keys;
	unsigned int n;

	take_keys(&in, &keys, slot_size);
	new_slot(&one, slot_size, 0xa5);
	new_slot(&other, slot_size, 0x3c);
	n = encode(&keys, &one, taken, &len);
	decode(&keys, &one, taken, n);
	/* Nothing of what was there before is in it. */
	MUST(encode(&keys, &other, taken_again, &len_again) == n && len_again == len);
	MUST(!memcmp(one.bytes, other.bytes, len));
	if (n)
		reached();

	for (unsigned int i = 0; i < keys.n; i++)
		free_record(&keys.rec[i]);
	free(one.block);
	free(other.block);
	return 0;
}
