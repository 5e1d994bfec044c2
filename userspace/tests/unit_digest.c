// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of digest.c, with libcrypto in the place of AF_ALG, which a build machine
 * may lack.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "digest.h"
#include "kexec-keys.h"
#include "unit.h"

int libcrypto_hmac(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out)
{
	struct libcrypto_key *k = hmac->ctx;
	uint8_t copy[512], result[EVP_MAX_MD_SIZE];
	unsigned int n = sizeof(result);

	k->calls++;
	memcpy(copy, data, len);
	if (!HMAC(k->md, k->key, k->len, copy, len, result, &n) || n != hmac->len)
		return -EIO;
	memcpy(out, result, n);
	return 0;
}

/* RFC 6070 */
static const struct { unsigned int iterations; const char *hex; } known[] = {
	{ 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
	{ 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957" },
	{ 4096, "4b007901b765489abead49d926f721d065a429c1" },
};

static void test_known(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(known); i++) {
		struct libcrypto_key k = { EVP_sha1(), "password", 8, 0 };
		struct kk_hmac hmac = { .compute = libcrypto_hmac, .len = 20, .ctx = &k };
		struct kk_digest d = { .iterations = known[i].iterations, .salt = "salt",
				       .salt_len = 4, .len = 20 };
		uint8_t out[KK_DIGEST_MAX];
		char text[41];

		name_row("%u iterations", d.iterations);
		OK(!kk_pbkdf2(&hmac, &d, out) && k.calls == d.iterations);
		for (int j = 0; j < 20; j++)
			snprintf(text + 2 * j, 3, "%02x", out[j]);
		STR(text, known[i].hex);
	}
}

/* Less than a block, a block, several and a part; each length of the salt, too. */
static void test_lengths(void)
{
	struct libcrypto_key k = { EVP_sha256(), "some key of any length", 22, 0 };
	struct kk_hmac hmac = { .compute = libcrypto_hmac, .len = 32, .ctx = &k };
	struct kk_digest d = { .iterations = 3 };
	uint8_t out[KK_DIGEST_MAX + 1], theirs[KK_DIGEST_MAX];

	for (size_t i = 0; i < sizeof(d.salt); i++)
		d.salt[i] = i ^ 0x5a;
	d.salt_len = KK_SALT_MAX;
	for (d.len = 1; d.len <= KK_DIGEST_MAX; d.len++) {
		name_row("digest of %zu bytes", d.len);
		memset(out, 0xa5, sizeof(out));
		k.calls = 0;
		OK(!kk_pbkdf2(&hmac, &d, out));
		OK(k.calls == 3 * ((d.len + 31) / 32));
		PKCS5_PBKDF2_HMAC(k.key, k.len, d.salt, d.salt_len, d.iterations, k.md, d.len, theirs);
		OK(!memcmp(out, theirs, d.len) && out[d.len] == 0xa5);
	}
	d.len = 32;
	for (d.salt_len = 0; d.salt_len <= KK_SALT_MAX; d.salt_len++) {
		name_row("salt of %zu bytes", d.salt_len);
		OK(!kk_pbkdf2(&hmac, &d, out));
		PKCS5_PBKDF2_HMAC(k.key, k.len, d.salt, d.salt_len, d.iterations, k.md, d.len, theirs);
		OK(!memcmp(out, theirs, d.len));
	}
}

static int constant_hmac(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out)
{
	(void)data;
	(void)len;
	memset(out, 0x11, hmac->len);
	return 0;
}

static const struct { const char *name; size_t hmac_len, digest_len, salt_len; int r; } bounds[] = {
	{ "HMAC of no length", 0, 32, 8, -EINVAL },
	{ "HMAC of one byte", 1, 32, 8, 0 },
	{ "longest HMAC", KK_DIGEST_MAX, 32, 8, 0 },
	{ "HMAC that is too long", KK_DIGEST_MAX + 1, 32, 8, -EINVAL },
	{ "digest of no length", 32, 0, 8, -EINVAL },
	{ "digest of one byte", 32, 1, 8, 0 },
	{ "longest digest", 32, KK_DIGEST_MAX, 8, 0 },
	{ "digest that is too long", 32, KK_DIGEST_MAX + 1, 8, -EINVAL },
	{ "no salt", 32, 32, 0, 0 },
	{ "longest salt", 32, 32, KK_SALT_MAX, 0 },
	{ "salt that is too long", 32, 32, KK_SALT_MAX + 1, -EINVAL },
};

static void test_bounds(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(bounds); i++) {
		struct kk_hmac hmac = { .compute = constant_hmac, .len = bounds[i].hmac_len };
		struct kk_digest d = { .iterations = 2, .len = bounds[i].digest_len,
				       .salt_len = bounds[i].salt_len, .value = { 1 } };
		uint8_t out[KK_DIGEST_MAX];

		unit_row = bounds[i].name;
		OK(kk_pbkdf2(&hmac, &d, out) == bounds[i].r);
		OK(kk_digest_compare(&hmac, &d) == (bounds[i].r ?: -EKEYREJECTED));
	}
}

/* Each bit of a digest, of the salt and of the key decides; what is behind them does not. */
static void test_each_bit(void)
{
	char key[] = "a volume key of 32 bytes, so long";
	struct libcrypto_key k = { EVP_sha256(), key, 32, 0 };
	struct kk_hmac hmac = { .compute = libcrypto_hmac, .len = 32, .ctx = &k };
	struct kk_digest d = { .iterations = 2, .salt = "0123456789abcdef", .salt_len = 16, .len = 40 };

	OK(!kk_pbkdf2(&hmac, &d, d.value));
	OK(kk_digest_compare(&hmac, &d) == 0);
	for (size_t bit = 0; bit < 8 * d.len; bit++) {
		name_row("bit %zu of the digest", bit);
		d.value[bit / 8] ^= 1 << bit % 8;
		OK(kk_digest_compare(&hmac, &d) == -EKEYREJECTED);
		d.value[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t bit = 0; bit < 8 * d.salt_len; bit++) {
		name_row("bit %zu of the salt", bit);
		d.salt[bit / 8] ^= 1 << bit % 8;
		OK(kk_digest_compare(&hmac, &d) == -EKEYREJECTED);
		d.salt[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t bit = 0; bit < 8 * k.len; bit++) {
		name_row("bit %zu of the key", bit);
		key[bit / 8] ^= 1 << bit % 8;
		OK(kk_digest_compare(&hmac, &d) == -EKEYREJECTED);
		key[bit / 8] ^= 1 << bit % 8;
	}
	/* Two wrong bits are no right one. */
	unit_row = "two bits";
	d.value[3] ^= 1;
	d.value[7] ^= 1;
	OK(kk_digest_compare(&hmac, &d) == -EKEYREJECTED);
	d.value[3] ^= 1;
	d.value[7] ^= 1;
	unit_row = "behind the digest and the salt";
	d.value[d.len] ^= 1;
	d.salt[d.salt_len] ^= 1;
	OK(kk_digest_compare(&hmac, &d) == 0);
	unit_row = "iterations";
	d.iterations = 3;
	OK(kk_digest_compare(&hmac, &d) == -EKEYREJECTED);
}

static int failing_hmac(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out)
{
	(void)data;
	(void)len;
	memset(out, 0, hmac->len);
	return --*(int *)hmac->ctx < 0 ? -EKEYREVOKED : 0;
}

/* An error is the result, at the first call as at each later one, and no mismatch. */
static void test_errors(void)
{
	struct kk_digest d = { .iterations = 3, .salt_len = 8, .len = 64 };
	int allowed;
	struct kk_hmac hmac = { .compute = failing_hmac, .len = 32, .ctx = &allowed };

	for (int i = 0; i <= 6; i++) {
		name_row("call %d fails", i);
		allowed = i;
		OK(kk_digest_compare(&hmac, &d) == (i < 6 ? -EKEYREVOKED : 0));
		/* Nothing is computed after an error. */
		OK(allowed == (i < 6 ? -1 : 0));
	}
}

UNIT_MODULE(digest,
	{ "PBKDF2 gives known answers", test_known },
	{ "each length of a digest and of a salt", test_lengths },
	{ "lengths that do not fit", test_bounds },
	{ "each bit of a digest, a salt and a key", test_each_bit },
	{ "errors of an HMAC", test_errors }
);
