/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Designated keys in another kernel's memory. Nobody can read one here, but the
 * kernel computes an HMAC with it: bytes that give the same HMAC are the key.
 */
#ifndef KK_PAYLOAD_H
#define KK_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "ring.h"

/* Where the kernel keeps a key, its length stands 8 bytes before it. */
#define KK_PAYLOAD_HEAD 8
#define KK_PAYLOAD_KEY_MAX 512
#define KK_PAYLOAD_MAX (KK_PAYLOAD_HEAD + KK_PAYLOAD_KEY_MAX)

struct kk_payload {
	uint8_t hmac[KK_SHA256];
	int error;		/* -errno: it is not looked for */
	bool found;
};

struct kk_payloads {
	struct kk_keys keys;
	struct kk_payload *payload;	/* one for each */
	int fd;
	/* as kk_hmac_by_bytes() */
	int (*hmac)(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out);
};

/* What the HMAC is of. */
#define KK_PAYLOAD_TEXT "kexec-keys"

/*
 * All that are designated here, to be freed. KK_OK, or an exit status after a message when there
 * is no asking the kernel.
 */
int kk_payloads_get(struct kk_payloads *p);
void kk_payloads_free(struct kk_payloads *p);

/* The next one at or after @from: where the key is, and its length. @len: none. */
size_t kk_payload_find(struct kk_payloads *p, const uint8_t *memory, size_t len, size_t from,
		       size_t *key_len);

#endif
