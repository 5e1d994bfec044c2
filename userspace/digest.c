// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "digest.h"

/* One block of PBKDF2: U1 ^ U2 ^ ... */
static int pbkdf2_block(struct kk_hmac *hmac, const struct kk_digest *d,
			uint32_t index, uint8_t *out)
{
	uint8_t u[KK_DIGEST_MAX], first[KK_SALT_MAX + sizeof(index)];
	uint32_t be = htobe32(index);
	int r;

	memcpy(first, d->salt, d->salt_len);
	memcpy(first + d->salt_len, &be, sizeof(be));
	r = hmac->compute(hmac, first, d->salt_len + sizeof(be), u);
	if (r)
		return r;
	memcpy(out, u, hmac->len);
	for (uint32_t i = 1; i < d->iterations; i++) {
		r = hmac->compute(hmac, u, hmac->len, u);
		if (r)
			return r;
		for (size_t j = 0; j < hmac->len; j++)
			out[j] ^= u[j];
	}
	return 0;
}

int kk_pbkdf2(struct kk_hmac *hmac, const struct kk_digest *d, uint8_t *out)
{
	uint8_t block[KK_DIGEST_MAX];
	size_t done = 0;
	uint32_t index = 1;

	/* A digest of no length would be that of any key. */
	if (!hmac->len || hmac->len > sizeof(block) || !d->len || d->len > KK_DIGEST_MAX ||
	    d->salt_len > KK_SALT_MAX)
		return -EINVAL;
	while (done < d->len) {
		size_t n = d->len - done < hmac->len ? d->len - done : hmac->len;
		int r = pbkdf2_block(hmac, d, index++, block);

		if (r)
			return r;
		memcpy(out + done, block, n);
		done += n;
	}
	return 0;
}

int kk_digest_compare(struct kk_hmac *hmac, const struct kk_digest *d)
{
	uint8_t mine[KK_DIGEST_MAX], differs = 0;
	int r = kk_pbkdf2(hmac, d, mine);

	if (r)
		return r;
	for (size_t i = 0; i < d->len; i++)
		differs |= mine[i] ^ d->value[i];
	explicit_bzero(mine, sizeof(mine));
	return differs ? -EKEYREJECTED : 0;
}
