// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the handover format.
 */

#include <crypto/sha2.h>
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "codec.h"

#define BUFFER	KEXEC_KEYS_BUFFER_MIN
#define SLOT	(BUFFER / KEXEC_KEYS_SLOTS)

static const u8 payload[64] = { 0x11, 0x22, 0x33, [63] = 0x44 };

static const struct kexec_keys_record luks = {
	.type		= "logon",
	.type_len	= 5,
	.desc		= "cryptsetup:00112233-4455-6677-8899-aabbccddeeff-d0",
	.desc_len	= 50,
	.payload	= payload,
	.payload_len	= sizeof(payload),
	.uid		= 1000,
	.gid		= 77,
	.perm		= 0x3f030303,
	.expiry		= 0x123456789aLL,
};

static u8 *alloc_buffer(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, BUFFER, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	return buf;
}

static size_t encode(void *slot, u64 seq, unsigned int count)
{
	struct kexec_keys_encoder enc;

	kexec_keys_encode_start(&enc, slot, SLOT);
	while (count--)
		kexec_keys_encode_add(&enc, &luks);

	return kexec_keys_encode_finish(&enc, seq, KEXEC_KEYS_CRASH, "6.12.0");
}

/* After a deliberate change: the digest is right again. */
static void seal(u8 *slot)
{
	struct kexec_keys_header *hdr = (void *)slot;
	u32 len = le32_to_cpu(hdr->total_len);

	sha256(slot, len, slot + len);
}

static void round_trip(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_record rec;
	struct kexec_keys_set set;
	size_t used = encode(buf, 7, 2);
	int i;

	KUNIT_EXPECT_EQ(test, used,
			kexec_keys_slot_len(2 * kexec_keys_record_len(&luks)));
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.seq, 7);
	KUNIT_EXPECT_EQ(test, set.count, 2);
	KUNIT_EXPECT_EQ(test, set.source, KEXEC_KEYS_CRASH);
	KUNIT_EXPECT_STREQ(test, set.release, "6.12.0");

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_TRUE(test, kexec_keys_next(&set, &rec));
		KUNIT_ASSERT_EQ(test, rec.type_len, luks.type_len);
		KUNIT_EXPECT_MEMEQ(test, rec.type, luks.type, luks.type_len);
		KUNIT_ASSERT_EQ(test, rec.desc_len, luks.desc_len);
		KUNIT_EXPECT_MEMEQ(test, rec.desc, luks.desc, luks.desc_len);
		KUNIT_ASSERT_EQ(test, rec.payload_len, luks.payload_len);
		KUNIT_EXPECT_TRUE(test, !memcmp(rec.payload, luks.payload,
						luks.payload_len));
		KUNIT_EXPECT_EQ(test, rec.uid, luks.uid);
		KUNIT_EXPECT_EQ(test, rec.gid, luks.gid);
		KUNIT_EXPECT_EQ(test, rec.perm, luks.perm);
		KUNIT_EXPECT_EQ(test, rec.expiry, luks.expiry);
	}
	KUNIT_EXPECT_FALSE(test, kexec_keys_next(&set, &rec));
}

/* Byte by byte, so that a big-endian machine has to agree. */
static void wire_layout(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	u8 *rec = buf + sizeof(struct kexec_keys_header);

	encode(buf, 0x0102030405060708ULL, 1);

	KUNIT_EXPECT_MEMEQ(test, buf, ".KXCKYS0", 8);
	KUNIT_EXPECT_EQ(test, buf[8], 1);
	KUNIT_EXPECT_EQ(test, buf[9], 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(buf + 12), 104);
	KUNIT_EXPECT_EQ(test, buf[16], 0x08);
	KUNIT_EXPECT_EQ(test, buf[23], 0x01);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(buf + 24), 104 + 168);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(rec), 168);
	KUNIT_EXPECT_EQ(test, get_unaligned_le16(rec + 4), 40);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(rec + 16), 1000);
	KUNIT_EXPECT_EQ(test, rec[32], 0x9a);
	KUNIT_EXPECT_EQ(test, rec[36], 0x12);
	KUNIT_EXPECT_MEMEQ(test, rec + 40, "logon\0\0", 8);
}

static void empty_set_is_valid(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_record rec;
	struct kexec_keys_set set;

	encode(buf, 1, 0);
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.count, 0);
	KUNIT_EXPECT_FALSE(test, kexec_keys_next(&set, &rec));
}

static void zeroes_are_empty(struct kunit *test)
{
	struct kexec_keys_set set;

	KUNIT_EXPECT_EQ(test, kexec_keys_decode(alloc_buffer(test), BUFFER, &set),
			KEXEC_KEYS_EMPTY);
}

static void newest_valid_slot_counts(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_set set;

	encode(buf, 2, 1);
	encode(buf + SLOT, 3, 2);
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.seq, 3);

	encode(buf, 4, 1);
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.seq, 4);

	buf[0]++;
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.seq, 3);
}

/* Even where the second half of it looks like a slot, and like a newer one. */
static void first_slot_may_take_all(struct kunit *test)
{
	u8 *buf = alloc_buffer(test), *content = alloc_buffer(test);
	struct kexec_keys_record rec = luks;
	struct kexec_keys_encoder enc;
	struct kexec_keys_set set;

	rec.payload = content;
	rec.payload_len = BUFFER - 1024;
	kexec_keys_encode_start(&enc, buf, BUFFER);
	KUNIT_ASSERT_TRUE(test, kexec_keys_encode_add(&enc, &rec));
	kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_REBOOT, "6.12.0");
	encode(buf + SLOT, 2, 2);
	seal(buf);

	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.seq, 1);
	KUNIT_EXPECT_EQ(test, set.count, 1);
	KUNIT_ASSERT_TRUE(test, kexec_keys_next(&set, &rec));
	KUNIT_EXPECT_EQ(test, rec.payload_len, BUFFER - 1024);
}

static void every_changed_byte_is_seen(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	size_t used = encode(buf, 1, 1), i;
	struct kexec_keys_set set;

	for (i = 0; i < used; i++) {
		buf[i] ^= 0x40;
		KUNIT_EXPECT_NE_MSG(test, kexec_keys_decode(buf, BUFFER, &set),
				    KEXEC_KEYS_OK, "byte %zu", i);
		buf[i] ^= 0x40;
	}
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
}

static void reasons(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_header *hdr = (void *)buf;
	struct kexec_keys_set set;

	encode(buf, 1, 1);
	KUNIT_EXPECT_EQ(test, kexec_keys_decode_slot(buf, 64, &set),
			KEXEC_KEYS_SHORT);

	hdr->total_len = cpu_to_le32(BUFFER);
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_SHORT);

	encode(buf, 1, 1);
	hdr->magic ^= cpu_to_le64(1);
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_BAD_MAGIC);

	encode(buf, 1, 1);
	hdr->version_major = cpu_to_le16(2);
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_BAD_VERSION);

	encode(buf, 1, 1);
	buf[200]++;
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_BAD_DIGEST);

	encode(buf, 1, 1);
	hdr->count = cpu_to_le32(2);
	seal(buf);
	KUNIT_EXPECT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_BAD_RECORD);
}

/* Lengths of a record that lie, under a digest that is right. */
static void hostile_records(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_header *hdr = (void *)buf;
	struct kexec_keys_record_header *rec = (void *)(hdr + 1);
	struct kexec_keys_set set;

#define EXPECT_REFUSED(_change) do {					\
	encode(buf, 1, 1);						\
	_change;							\
	seal(buf);							\
	KUNIT_EXPECT_EQ_MSG(test, kexec_keys_decode(buf, BUFFER, &set),	\
			    KEXEC_KEYS_BAD_RECORD, #_change);		\
} while (0)

	EXPECT_REFUSED(rec->len = 0);
	EXPECT_REFUSED(rec->len = cpu_to_le32(160));
	EXPECT_REFUSED(rec->len = cpu_to_le32(176));
	EXPECT_REFUSED(rec->len = cpu_to_le32(U32_MAX));
	EXPECT_REFUSED(rec->len = cpu_to_le32(167));
	EXPECT_REFUSED(rec->header_len = cpu_to_le16(32));
	EXPECT_REFUSED(rec->header_len = cpu_to_le16(44));
	EXPECT_REFUSED(rec->header_len = cpu_to_le16(48));
	EXPECT_REFUSED(rec->type_len = 0);
	EXPECT_REFUSED(rec->type_len = cpu_to_le16(32));
	EXPECT_REFUSED(rec->desc_len = 0);
	EXPECT_REFUSED(rec->desc_len = cpu_to_le16(256));
	EXPECT_REFUSED(rec->desc_len = cpu_to_le16(U16_MAX));
	EXPECT_REFUSED(rec->payload_len = 0);
	EXPECT_REFUSED(rec->payload_len = cpu_to_le32(72));
	EXPECT_REFUSED(rec->payload_len = cpu_to_le32(U32_MAX));
	EXPECT_REFUSED(hdr->header_len = cpu_to_le32(96));
	EXPECT_REFUSED(hdr->header_len = cpu_to_le32(112));
}

/* A later minor version has longer headers and more behind the payload. */
static void unknown_fields_are_skipped(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	struct kexec_keys_header *hdr = (void *)buf;
	struct kexec_keys_record_header *rec = (void *)(hdr + 1);
	struct kexec_keys_record out;
	struct kexec_keys_set set;
	u8 *body = (u8 *)(rec + 1);

	encode(buf, 1, 1);
	memmove(body + 16, body, 128);
	rec->header_len = cpu_to_le16(56);
	rec->len = cpu_to_le32(168 + 16 + 24);
	hdr->total_len = cpu_to_le32(104 + 168 + 16 + 24);
	hdr->version_minor = cpu_to_le16(9);
	seal(buf);

	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_ASSERT_TRUE(test, kexec_keys_next(&set, &out));
	KUNIT_EXPECT_MEMEQ(test, out.desc, luks.desc, luks.desc_len);
	KUNIT_EXPECT_TRUE(test, !memcmp(out.payload, payload, sizeof(payload)));
	KUNIT_EXPECT_FALSE(test, kexec_keys_next(&set, &out));
}

static void what_cannot_be_carried(struct kunit *test)
{
	struct kexec_keys_encoder enc;
	struct kexec_keys_record rec = luks;

	kexec_keys_encode_start(&enc, alloc_buffer(test), SLOT);

	rec.desc_len = KEXEC_KEYS_DESC_MAX + 1;
	KUNIT_EXPECT_FALSE(test, kexec_keys_encode_add(&enc, &rec));
	rec = luks;
	rec.payload_len = 0;
	KUNIT_EXPECT_FALSE(test, kexec_keys_encode_add(&enc, &rec));
	rec = luks;
	rec.type_len = KEXEC_KEYS_TYPE_MAX + 1;
	KUNIT_EXPECT_FALSE(test, kexec_keys_encode_add(&enc, &rec));
	KUNIT_EXPECT_EQ(test, enc.count, 0);
}

static void full_slot(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	unsigned int fit = (SLOT - kexec_keys_slot_len(0)) /
			   kexec_keys_record_len(&luks);
	struct kexec_keys_encoder enc;
	struct kexec_keys_set set;
	unsigned int i;

	kexec_keys_encode_start(&enc, buf, SLOT);
	for (i = 0; i < fit; i++)
		KUNIT_ASSERT_TRUE(test, kexec_keys_encode_add(&enc, &luks));
	KUNIT_EXPECT_FALSE(test, kexec_keys_encode_add(&enc, &luks));

	KUNIT_EXPECT_LE(test, kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_CRASH, ""),
			SLOT);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(buf + SLOT, 0, SLOT), NULL);
	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, set.count, fit);
	/* What cryptsetup's keys take, and how many volumes must fit. */
	KUNIT_EXPECT_EQ(test, kexec_keys_record_len(&luks), 168);
	KUNIT_EXPECT_GE(test, fit, 256);
}

static void long_release_is_cut(struct kunit *test)
{
	u8 *buf = alloc_buffer(test);
	char release[KEXEC_KEYS_RELEASE_LEN + 8];
	struct kexec_keys_encoder enc;
	struct kexec_keys_set set;

	memset(release, 'x', sizeof(release));
	release[sizeof(release) - 1] = '\0';
	kexec_keys_encode_start(&enc, buf, SLOT);
	kexec_keys_encode_finish(&enc, 1, KEXEC_KEYS_REBOOT, release);

	KUNIT_ASSERT_EQ(test, kexec_keys_decode(buf, BUFFER, &set),
			KEXEC_KEYS_OK);
	KUNIT_EXPECT_EQ(test, strlen(set.release), KEXEC_KEYS_RELEASE_LEN);
	KUNIT_EXPECT_EQ(test, set.source, KEXEC_KEYS_REBOOT);
}

static struct kunit_case codec_cases[] = {
	KUNIT_CASE(round_trip),
	KUNIT_CASE(wire_layout),
	KUNIT_CASE(empty_set_is_valid),
	KUNIT_CASE(zeroes_are_empty),
	KUNIT_CASE(newest_valid_slot_counts),
	KUNIT_CASE(first_slot_may_take_all),
	KUNIT_CASE(every_changed_byte_is_seen),
	KUNIT_CASE(reasons),
	KUNIT_CASE(hostile_records),
	KUNIT_CASE(unknown_fields_are_skipped),
	KUNIT_CASE(what_cannot_be_carried),
	KUNIT_CASE(full_slot),
	KUNIT_CASE(long_release_is_cut),
	{}
};

static struct kunit_suite codec_suite = {
	.name		= "keys_kexec_codec",
	.test_cases	= codec_cases,
};

kunit_test_suite(codec_suite);

MODULE_DESCRIPTION("KUnit tests of the format that carries keys over kexec");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
