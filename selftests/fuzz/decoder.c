// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder of a handover buffer. The first byte of an input says how the rest is
 * used: bit 0, it is one slot, not a buffer of two; bits 1 and 2, the first or second
 * slot gets its right digest, so that the decoder reads on where the input is changed.
 */
#include <kernel.h>

#include "codec.h"
#include "fuzz.h"
#include "sha256.h"

enum { ONE_SLOT = 1, SEAL_FIRST = 2, SEAL_SECOND = 4 };

/* In a slot's header, see format.h. */
#define TOTAL_LEN 24

static void seal(u8 *slot, size_t size)
{
	u32 total;

	if (size < TOTAL_LEN + sizeof(total) + KEXEC_KEYS_DIGEST_LEN)
		return;
	memcpy(&total, slot + TOTAL_LEN, sizeof(total));
	total = le32_to_cpu(total);
	if (total <= size - KEXEC_KEYS_DIGEST_LEN)
		sha256(slot, total, slot + total);
}

static void check_record(const struct kexec_keys_record *rec, const u8 *slot, size_t size)
{
	MUST(rec->type_len >= 1 && rec->type_len <= 31);
	MUST(rec->desc_len >= 1 && rec->desc_len <= 255);
	MUST(rec->payload_len >= 1 && rec->payload_len <= 1 << 20);
	read_bytes(rec->type, rec->type_len);
	read_bytes(rec->desc, rec->desc_len);
	read_bytes(rec->payload, rec->payload_len);
	MUST((const u8 *)rec->type >= slot + sizeof(struct kexec_keys_header));
	MUST(rec->desc >= rec->type + rec->type_len);
	MUST((const char *)rec->payload >= rec->desc + rec->desc_len);
	MUST((const u8 *)rec->payload + rec->payload_len <= slot + size - KEXEC_KEYS_DIGEST_LEN);
}

/* Every byte of every record, and that they are as many as was said. */
static void check_set(struct kexec_keys_set *set, size_t size)
{
	const u8 *slot = set->slot, *from = slot;
	struct kexec_keys_record rec;
	u32 n = 0;

	MUST(set->release[KEXEC_KEYS_RELEASE_LEN] == '\0');
	while (kexec_keys_next(set, &rec)) {
		check_record(&rec, slot, size);
		MUST((const u8 *)rec.type >= from);
		from = (const u8 *)rec.payload + rec.payload_len;
		n++;
	}
	MUST(n == set->count);
	if (n)
		reached();
}

/* The set is in the buffer of that size, at its beginning or half way. */
static void check(enum kexec_keys_status status, struct kexec_keys_set *set, const u8 *buf, size_t size)
{
	MUST(strcmp(kexec_keys_status_name(status), "?"));
	if (status != KEXEC_KEYS_OK)
		return;
	MUST(set->slot == buf || set->slot == buf + size / 2);
	check_set(set, buf + size - (const u8 *)set->slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kexec_keys_set set;
	u8 *buf, *before, what;
	size_t slot_size;

	if (!size)
		return 0;
	what = data[0];
	slot_size = size - 1;
	/* Both slots begin at a multiple of 8. */
	if (!(what & ONE_SLOT))
		slot_size = slot_size / 2 & ~(size_t)7;
	size = what & ONE_SLOT ? slot_size : 2 * slot_size;
	buf = copy_bytes(data + 1, size);
	/* The first slot may take all of the buffer. */
	if (what & SEAL_FIRST)
		seal(buf, size);
	if (!(what & ONE_SLOT) && what & SEAL_SECOND)
		seal(buf + slot_size, slot_size);

	before = copy_bytes(buf, size);
	if (what & ONE_SLOT)
		check(kexec_keys_decode_slot(buf, size, &set), &set, buf, size);
	else
		check(kexec_keys_decode(buf, size, &set), &set, buf, size);
	MUST(!memcmp(before, buf, size));
	free(before);
	free(buf);
	return 0;
}
