// SPDX-License-Identifier: GPL-2.0-only
/*
 * Encoder and decoder of the handover format.
 *
 * No kernel state, no allocation, no logging: the same file is built in
 * userspace. What is read may have been written by anybody.
 */

#include <crypto/sha2.h>
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "codec.h"

#define RECORD_ALIGN	8

static size_t padded(size_t len)
{
	return ALIGN(len, RECORD_ALIGN);
}

/**
 * kexec_keys_record_len - space that a key takes in a slot
 * @rec: the key
 *
 * Return: bytes, a multiple of 8; 0 if the format cannot carry the key.
 */
size_t kexec_keys_record_len(const struct kexec_keys_record *rec)
{
	if (!rec->type_len || rec->type_len > KEXEC_KEYS_TYPE_MAX ||
	    !rec->desc_len || rec->desc_len > KEXEC_KEYS_DESC_MAX ||
	    !rec->payload_len || rec->payload_len > KEXEC_KEYS_PAYLOAD_MAX)
		return 0;

	return sizeof(struct kexec_keys_record_header) +
	       padded(rec->type_len) + padded(rec->desc_len) +
	       padded(rec->payload_len);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_record_len);

/**
 * kexec_keys_slot_len - space that a set takes in a slot
 * @records_len: sum of kexec_keys_record_len() of its keys
 *
 * Return: bytes.
 */
size_t kexec_keys_slot_len(size_t records_len)
{
	return sizeof(struct kexec_keys_header) + records_len +
	       KEXEC_KEYS_DIGEST_LEN;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_slot_len);

/**
 * kexec_keys_encode_start - begin a set
 * @enc: encoder, need not be initialised
 * @slot: where the set is to be, 8-aligned, with no valid set in it
 * @size: bytes there, at least half of KEXEC_KEYS_BUFFER_MIN
 */
void kexec_keys_encode_start(struct kexec_keys_encoder *enc, void *slot,
			     size_t size)
{
	enc->slot = slot;
	enc->size = size;
	enc->used = sizeof(struct kexec_keys_header);
	enc->count = 0;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_encode_start);

static void *put_padded(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
	memset(to + len, 0, padded(len) - len);
	return to + padded(len);
}

/**
 * kexec_keys_encode_add - add a key to the set
 * @enc: encoder
 * @rec: the key, copied
 *
 * Return: false if the key does not fit, or cannot be carried; the set is then
 * as it was.
 */
bool kexec_keys_encode_add(struct kexec_keys_encoder *enc,
			   const struct kexec_keys_record *rec)
{
	size_t len = kexec_keys_record_len(rec);
	struct kexec_keys_record_header *hdr = enc->slot + enc->used;
	void *to = hdr + 1;

	if (!len || len > enc->size - KEXEC_KEYS_DIGEST_LEN - enc->used)
		return false;

	*hdr = (struct kexec_keys_record_header) {
		.len		= cpu_to_le32(len),
		.header_len	= cpu_to_le16(sizeof(*hdr)),
		.type_len	= cpu_to_le16(rec->type_len),
		.desc_len	= cpu_to_le16(rec->desc_len),
		.payload_len	= cpu_to_le32(rec->payload_len),
		.uid		= cpu_to_le32(rec->uid),
		.gid		= cpu_to_le32(rec->gid),
		.perm		= cpu_to_le32(rec->perm),
		.expiry		= cpu_to_le64(rec->expiry),
	};
	to = put_padded(to, rec->type, rec->type_len);
	to = put_padded(to, rec->desc, rec->desc_len);
	put_padded(to, rec->payload, rec->payload_len);

	enc->used += len;
	enc->count++;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_encode_add);

/**
 * kexec_keys_encode_finish - make the set valid
 * @enc: encoder, must be started again before another use
 * @seq: sequence number, greater than that of the other slot
 * @source: image that the slot belongs to
 * @release: release of this kernel, cut to KEXEC_KEYS_RELEASE_LEN bytes
 *
 * Return: bytes used in the slot, digest included.
 */
size_t kexec_keys_encode_finish(struct kexec_keys_encoder *enc, u64 seq,
				enum kexec_keys_source source,
				const char *release)
{
	struct kexec_keys_header *hdr = enc->slot;

	*hdr = (struct kexec_keys_header) {
		.magic		= cpu_to_le64(KEXEC_KEYS_MAGIC),
		.version_major	= cpu_to_le16(KEXEC_KEYS_VERSION_MAJOR),
		.version_minor	= cpu_to_le16(KEXEC_KEYS_VERSION_MINOR),
		.header_len	= cpu_to_le32(sizeof(*hdr)),
		.seq		= cpu_to_le64(seq),
		.total_len	= cpu_to_le32(enc->used),
		.count		= cpu_to_le32(enc->count),
		.source		= cpu_to_le32(source),
	};
	memcpy(hdr->release, release,
	       strnlen(release, KEXEC_KEYS_RELEASE_LEN));
	sha256(enc->slot, enc->used, enc->slot + enc->used);

	return enc->used + KEXEC_KEYS_DIGEST_LEN;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_encode_finish);

/*
 * Take the record at set->next apart. False if it is not wholly before set->end
 * or its lengths contradict each other; then nothing has been read beyond.
 */
static bool get_record(struct kexec_keys_set *set,
		       struct kexec_keys_record *rec)
{
	const struct kexec_keys_record_header *hdr = set->slot + set->next;
	size_t room = set->end - set->next;
	size_t len, header_len, need;
	const void *from;

	if (room < sizeof(*hdr))
		return false;

	len = le32_to_cpu(hdr->len);
	header_len = le16_to_cpu(hdr->header_len);
	if (len > room || len % RECORD_ALIGN ||
	    header_len < sizeof(*hdr) || header_len % RECORD_ALIGN)
		return false;

	*rec = (struct kexec_keys_record) {
		.type_len	= le16_to_cpu(hdr->type_len),
		.desc_len	= le16_to_cpu(hdr->desc_len),
		.payload_len	= le32_to_cpu(hdr->payload_len),
		.uid		= le32_to_cpu(hdr->uid),
		.gid		= le32_to_cpu(hdr->gid),
		.perm		= le32_to_cpu(hdr->perm),
		.expiry		= le64_to_cpu(hdr->expiry),
	};
	need = kexec_keys_record_len(rec);
	if (!need || need - sizeof(*hdr) + header_len > len)
		return false;

	from = (const void *)hdr + header_len;
	rec->type = from;
	from += padded(rec->type_len);
	rec->desc = from;
	from += padded(rec->desc_len);
	rec->payload = from;

	set->next += len;
	return true;
}

static bool is_zero(const void *from, size_t len)
{
	return !memchr_inv(from, 0, len);
}

/* The records must fill the space between header and digest, to the byte. */
static bool check_records(const struct kexec_keys_set *set)
{
	struct kexec_keys_set walk = *set;
	struct kexec_keys_record rec;
	u32 i;

	for (i = 0; i < set->count; i++)
		if (!get_record(&walk, &rec))
			return false;

	return walk.next == walk.end;
}

/**
 * kexec_keys_decode_slot - judge one slot
 * @slot: start of the slot, 8-aligned
 * @size: bytes there
 * @set: filled in when the slot is valid, else undefined
 *
 * Return: KEXEC_KEYS_OK, and then every record is well formed, or why not.
 */
enum kexec_keys_status kexec_keys_decode_slot(const void *slot, size_t size,
					      struct kexec_keys_set *set)
{
	const struct kexec_keys_header *hdr = slot;
	size_t total_len, header_len;
	u8 digest[KEXEC_KEYS_DIGEST_LEN];

	if (size < sizeof(*hdr) + KEXEC_KEYS_DIGEST_LEN)
		return KEXEC_KEYS_SHORT;
	if (le64_to_cpu(hdr->magic) != KEXEC_KEYS_MAGIC)
		return is_zero(hdr, sizeof(*hdr)) ? KEXEC_KEYS_EMPTY :
						    KEXEC_KEYS_BAD_MAGIC;
	if (le16_to_cpu(hdr->version_major) != KEXEC_KEYS_VERSION_MAJOR)
		return KEXEC_KEYS_BAD_VERSION;

	total_len = le32_to_cpu(hdr->total_len);
	header_len = le32_to_cpu(hdr->header_len);
	if (total_len > size - KEXEC_KEYS_DIGEST_LEN || total_len < header_len)
		return KEXEC_KEYS_SHORT;

	sha256(slot, total_len, digest);
	if (memcmp(digest, slot + total_len, sizeof(digest)))
		return KEXEC_KEYS_BAD_DIGEST;
	if (header_len < sizeof(*hdr) || header_len % RECORD_ALIGN)
		return KEXEC_KEYS_BAD_RECORD;

	*set = (struct kexec_keys_set) {
		.slot	= slot,
		.end	= total_len,
		.next	= header_len,
		.seq	= le64_to_cpu(hdr->seq),
		.count	= le32_to_cpu(hdr->count),
		.source	= le32_to_cpu(hdr->source),
	};
	memcpy(set->release, hdr->release, sizeof(hdr->release));

	return check_records(set) ? KEXEC_KEYS_OK : KEXEC_KEYS_BAD_RECORD;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_decode_slot);

/**
 * kexec_keys_decode - find the set that counts
 * @buf: handover buffer, 8-aligned
 * @size: its size in bytes
 * @set: filled in when there is a valid set, else undefined
 *
 * Return: KEXEC_KEYS_OK, or what is wrong with the slot that says more:
 * a torn slot beside an empty one is reported as torn.
 */
enum kexec_keys_status kexec_keys_decode(const void *buf, size_t size,
					 struct kexec_keys_set *set)
{
	size_t half = size / KEXEC_KEYS_SLOTS;
	enum kexec_keys_status first, second;
	struct kexec_keys_set found;

	first = kexec_keys_decode_slot(buf, size, set);
	if (first == KEXEC_KEYS_OK && set->end + KEXEC_KEYS_DIGEST_LEN > half)
		return first;

	second = kexec_keys_decode_slot(buf + half, size - half, &found);
	if (second == KEXEC_KEYS_OK &&
	    (first != KEXEC_KEYS_OK || found.seq > set->seq))
		*set = found;
	if (first == KEXEC_KEYS_OK || second == KEXEC_KEYS_OK)
		return KEXEC_KEYS_OK;

	return first == KEXEC_KEYS_EMPTY ? second : first;
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_decode);

/**
 * kexec_keys_next - step through a set
 * @set: filled in by a decoder that returned KEXEC_KEYS_OK
 * @rec: the next key; its pointers lead into the slot
 *
 * Return: false at the end.
 */
bool kexec_keys_next(struct kexec_keys_set *set, struct kexec_keys_record *rec)
{
	return get_record(set, rec);
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_next);

static const char * const status_names[] = {
	[KEXEC_KEYS_OK]			= "ok",
	[KEXEC_KEYS_EMPTY]		= "empty",
	[KEXEC_KEYS_SHORT]		= "short",
	[KEXEC_KEYS_BAD_MAGIC]		= "magic",
	[KEXEC_KEYS_BAD_VERSION]	= "version",
	[KEXEC_KEYS_BAD_DIGEST]		= "digest",
	[KEXEC_KEYS_BAD_RECORD]		= "record",
};

/**
 * kexec_keys_status_name - one word for a status
 * @status: what a decoder returned
 *
 * Return: the word, as Documentation/ABI/testing/sysfs-kernel-kexec-keys has it.
 */
const char *kexec_keys_status_name(enum kexec_keys_status status)
{
	return status < ARRAY_SIZE(status_names) ? status_names[status] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(kexec_keys_status_name);
