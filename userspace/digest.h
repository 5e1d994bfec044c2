/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a key belong to a header? The digest of LUKS is PBKDF2-HMAC of the
 * volume key; AF_ALG computes an HMAC with a logon key that nobody can read.
 */
#ifndef KK_DIGEST_H
#define KK_DIGEST_H

#include <keyutils.h>
#include <stdbool.h>

#include "header.h"

struct kk_hmac {
	/* out takes hmac->len bytes; 0 or -errno */
	int (*compute)(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out);
	size_t len;
	int fd;
	void *ctx;
};

int kk_pbkdf2(struct kk_hmac *hmac, const struct kk_digest *d, uint8_t *out);

/* 0: it is the header's key. -EKEYREJECTED: it is not. */
int kk_digest_compare(struct kk_hmac *hmac, const struct kk_digest *d);

/*
 * As above, with the key @serial, which the caller must possess.
 * -EOPNOTSUPP: AF_ALG cannot do it on this kernel.
 */
int kk_digest_verify(const struct kk_digest *d, key_serial_t serial);

/*
 * HMAC with SHA-256, by AF_ALG: of the key @serial as above, or of these bytes. The
 * file descriptor is the caller's to close; 0 or -errno.
 */
#define KK_SHA256 32
int kk_hmac_open(void);
int kk_hmac_by_serial(int fd, key_serial_t serial, const char *text, uint8_t *out);
int kk_hmac_by_bytes(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out);

/* What the kernel calls a hash of a LUKS header; NULL when AF_ALG has none. */
const char *kk_hash_of_kernel(const char *luks);

/* True when AF_ALG has an HMAC with this hash of a LUKS header. */
bool kk_hmac_works(const char *luks);

#endif
