/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Format of the buffer in which one kernel hands designated keys to the next.
 */
#ifndef _SECURITY_KEYS_KEXEC_FORMAT_H
#define _SECURITY_KEYS_KEXEC_FORMAT_H

#include <linux/build_bug.h>
#include <linux/sizes.h>
#include <linux/types.h>

/**
 * DOC: Handover format
 *
 * This header is a contract between two kernels that may be of different
 * versions, and nothing else. The handover buffer is physically contiguous,
 * and its address and size are multiples of 64 KiB on every architecture. The
 * first slot begins where the buffer does, the second half way. A slot is::
 *
 *	struct kexec_keys_header	header_len bytes
 *	records				each a multiple of 8 bytes long
 *	SHA-256				of the total_len bytes before it
 *
 * and a record is::
 *
 *	struct kexec_keys_record_header	header_len bytes
 *	type name, description, payload	each padded with zeroes to 8 bytes
 *	anything else			up to the record's length
 *
 * A slot is valid if its digest matches; of two valid slots the one with the
 * greater sequence number counts. The writer fills the slot that does not
 * count, and wipes the other only after the digest is in place: whenever it is
 * interrupted, one complete set can be found. While both are valid, a key that
 * was taken out of the ring a moment ago may still be in the older one. A buffer
 * that is written once has its set in the first slot, which may then take all of
 * the buffer: what lies in its second half is no slot.
 *
 * All numbers are little-endian. Both header_len fields and the record's length
 * let a later minor version append fields, which an older reader skips. A change
 * that an older reader must not skip takes a new KEXEC_KEYS_VERSION_MAJOR, which
 * it refuses.
 */

#define KEXEC_KEYS_MAGIC		0x3053594b43584b2eULL	/* ".KXCKYS0" */
#define KEXEC_KEYS_VERSION_MAJOR	1
#define KEXEC_KEYS_VERSION_MINOR	0

/* One for every architecture: page sizes of the two kernels may differ. */
#define KEXEC_KEYS_ALIGN		SZ_64K
#define KEXEC_KEYS_SLOTS		2
#define KEXEC_KEYS_BUFFER_MIN		SZ_128K
/* Thousands of the largest logon keys do not fit, a thousand volumes do. */
#define KEXEC_KEYS_BUFFER_MAX		SZ_32M

#define KEXEC_KEYS_RELEASE_LEN		64
#define KEXEC_KEYS_TYPE_MAX		31
/* keyutils and libcryptsetup give up on longer lines of /proc/keys. */
#define KEXEC_KEYS_DESC_MAX		255
#define KEXEC_KEYS_PAYLOAD_MAX		SZ_1M
#define KEXEC_KEYS_DIGEST_LEN		32

/**
 * enum kexec_keys_source - which image the writer filled
 * @KEXEC_KEYS_CRASH: a crash image, entered on a panic
 * @KEXEC_KEYS_REBOOT: a reboot image, entered by an ordinary kexec
 */
enum kexec_keys_source {
	KEXEC_KEYS_CRASH	= 1,
	KEXEC_KEYS_REBOOT	= 2,
};

/**
 * struct kexec_keys_header - start of a slot
 * @magic: KEXEC_KEYS_MAGIC
 * @version_major: readers refuse what they do not know
 * @version_minor: readers ignore what they do not know
 * @header_len: length of this structure, and offset of the first record
 * @seq: number of the update, greater than in the slot that it replaces
 * @total_len: length of header and records, and offset of the digest
 * @count: number of records
 * @source: enum kexec_keys_source
 * @reserved: zero
 * @release: release of the writer, padded with NUL bytes, not always terminated
 */
struct kexec_keys_header {
	__le64	magic;
	__le16	version_major;
	__le16	version_minor;
	__le32	header_len;
	__le64	seq;
	__le32	total_len;
	__le32	count;
	__le32	source;
	__le32	reserved;
	__u8	release[KEXEC_KEYS_RELEASE_LEN];
};

static_assert(sizeof(struct kexec_keys_header) == 104);

/**
 * struct kexec_keys_record_header - start of a record
 * @len: length of the whole record, a multiple of 8
 * @header_len: length of this structure
 * @type_len: length of the key type's name, 1 to KEXEC_KEYS_TYPE_MAX
 * @desc_len: length of the description, 1 to KEXEC_KEYS_DESC_MAX
 * @reserved: zero
 * @payload_len: length of the payload, 1 to KEXEC_KEYS_PAYLOAD_MAX
 * @uid: owner, in the initial user namespace
 * @gid: group, in the initial user namespace
 * @perm: permission mask of the key
 * @reserved2: zero
 * @expiry: end of life in seconds since 1970, 0 for none
 */
struct kexec_keys_record_header {
	__le32	len;
	__le16	header_len;
	__le16	type_len;
	__le16	desc_len;
	__le16	reserved;
	__le32	payload_len;
	__le32	uid;
	__le32	gid;
	__le32	perm;
	__le32	reserved2;
	__le64	expiry;
};

static_assert(sizeof(struct kexec_keys_record_header) == 40);

#endif /* _SECURITY_KEYS_KEXEC_FORMAT_H */
