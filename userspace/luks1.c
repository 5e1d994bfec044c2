// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The 592 bytes of a LUKS1 header (LUKS On-Disk Format Specification 1.2.3).
 * libcryptsetup has no call that gives the digest.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "header.h"

struct luks1 {
	char magic[6];
	uint16_t version;
	char cipher[32];
	char mode[32];
	char hash[32];
	uint32_t payload_offset;
	uint32_t key_bytes;
	uint8_t digest[20];
	uint8_t salt[32];
	uint32_t iterations;
	char uuid[40];
} __attribute__((packed));

static bool terminated(const char *field, size_t size)
{
	return field[0] && memchr(field, '\0', size);
}

int kk_luks1_parse(const uint8_t *raw, size_t len, struct kk_header *h, const char **why)
{
	struct luks1 l;

	memset(h, 0, sizeof(*h));
	*why = "the LUKS1 header is cut off";
	if (len < KK_LUKS1_SIZE)
		return -EINVAL;
	memcpy(&l, raw, sizeof(l));

	*why = "there is no LUKS1 header";
	if (memcmp(l.magic, "LUKS\xba\xbe", 6) || be16toh(l.version) != 1)
		return -EINVAL;
	*why = "the LUKS1 header is damaged";
	if (!terminated(l.cipher, sizeof(l.cipher)) || !terminated(l.mode, sizeof(l.mode)) ||
	    !terminated(l.hash, sizeof(l.hash)) || !terminated(l.uuid, sizeof(l.uuid)) ||
	    !kk_uuid_valid(l.uuid) || !kk_is_word(l.cipher) || !kk_is_word(l.mode) ||
	    !kk_is_word(l.hash))
		return -EINVAL;
	h->luks = 1;
	h->key_bytes = be32toh(l.key_bytes);
	h->digest.iterations = be32toh(l.iterations);
	if (!h->key_bytes || h->key_bytes > 512 || !h->digest.iterations ||
	    h->digest.iterations > KK_ITERATIONS_MAX)
		return -EINVAL;

	*why = "its cipher is cipher_null: it has no key";
	snprintf(h->cipher, sizeof(h->cipher), "%.31s-%.31s", l.cipher, l.mode);
	if (kk_cipher_is_null(h->cipher))
		return -ENOTSUP;

	snprintf(h->uuid, sizeof(h->uuid), "%.36s", l.uuid);
	snprintf(h->digest.hash, sizeof(h->digest.hash), "%.31s", l.hash);
	h->sector_size = 512;
	h->offset = be32toh(l.payload_offset);
	h->digest.salt_len = sizeof(l.salt);
	memcpy(h->digest.salt, l.salt, sizeof(l.salt));
	h->digest.len = sizeof(l.digest);
	memcpy(h->digest.value, l.digest, sizeof(l.digest));
	*why = NULL;
	return 0;
}
