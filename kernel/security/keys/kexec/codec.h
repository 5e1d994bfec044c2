/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encoder and decoder of the handover format: bytes in, structures out.
 */
#ifndef _SECURITY_KEYS_KEXEC_CODEC_H
#define _SECURITY_KEYS_KEXEC_CODEC_H

#include <linux/types.h>

#include "format.h"

/**
 * struct kexec_keys_record - one key, decoded
 * @type: name of the key type, not terminated
 * @type_len: its length
 * @desc: description, not terminated
 * @desc_len: its length
 * @payload: payload
 * @payload_len: its length
 * @uid: owner in the initial user namespace
 * @gid: group in the initial user namespace
 * @perm: permission mask
 * @expiry: seconds since 1970, 0 for none
 *
 * The pointers are borrowed: from the caller when encoding, from the slot when
 * decoding.
 */
struct kexec_keys_record {
	const char	*type;
	size_t		type_len;
	const char	*desc;
	size_t		desc_len;
	const void	*payload;
	size_t		payload_len;
	u32		uid;
	u32		gid;
	u32		perm;
	s64		expiry;
};

/**
 * struct kexec_keys_encoder - state of an encoder
 * @slot: where it writes
 * @size: bytes there
 * @used: bytes of header and records so far
 * @count: records so far
 */
struct kexec_keys_encoder {
	void	*slot;
	size_t	size;
	size_t	used;
	u32	count;
};

/**
 * enum kexec_keys_status - what a decoder says about a slot or a buffer
 * @KEXEC_KEYS_OK: valid
 * @KEXEC_KEYS_EMPTY: no magic number, nothing but zeroes there
 * @KEXEC_KEYS_SHORT: too small for what it claims to hold
 * @KEXEC_KEYS_BAD_MAGIC: something else
 * @KEXEC_KEYS_BAD_VERSION: a major version that this kernel does not know
 * @KEXEC_KEYS_BAD_DIGEST: torn or changed
 * @KEXEC_KEYS_BAD_RECORD: lengths that contradict each other
 */
enum kexec_keys_status {
	KEXEC_KEYS_OK,
	KEXEC_KEYS_EMPTY,
	KEXEC_KEYS_SHORT,
	KEXEC_KEYS_BAD_MAGIC,
	KEXEC_KEYS_BAD_VERSION,
	KEXEC_KEYS_BAD_DIGEST,
	KEXEC_KEYS_BAD_RECORD,
};

/**
 * struct kexec_keys_set - a valid slot, decoded
 * @slot: where it is
 * @end: offset behind the last record
 * @next: offset of the record that kexec_keys_next() returns
 * @seq: sequence number
 * @count: number of records
 * @source: enum kexec_keys_source, or a value that this kernel does not know
 * @release: release of the writer, terminated
 */
struct kexec_keys_set {
	const void	*slot;
	size_t		end;
	size_t		next;
	u64		seq;
	u32		count;
	u32		source;
	char		release[KEXEC_KEYS_RELEASE_LEN + 1];
};

size_t kexec_keys_record_len(const struct kexec_keys_record *rec);
size_t kexec_keys_slot_len(size_t records_len);

void kexec_keys_encode_start(struct kexec_keys_encoder *enc, void *slot,
			     size_t size);
bool kexec_keys_encode_add(struct kexec_keys_encoder *enc,
			   const struct kexec_keys_record *rec);
size_t kexec_keys_encode_finish(struct kexec_keys_encoder *enc, u64 seq,
				enum kexec_keys_source source,
				const char *release);

enum kexec_keys_status kexec_keys_decode_slot(const void *slot, size_t size,
					      struct kexec_keys_set *set);
enum kexec_keys_status kexec_keys_decode(const void *buf, size_t size,
					 struct kexec_keys_set *set);
bool kexec_keys_next(struct kexec_keys_set *set, struct kexec_keys_record *rec);
const char *kexec_keys_status_name(enum kexec_keys_status status);

#endif /* _SECURITY_KEYS_KEXEC_CODEC_H */
