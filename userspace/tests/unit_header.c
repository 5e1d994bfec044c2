// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of header.c: real headers, which tests/images has made.
 */
#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#include "device.h"
#include "digest.h"
#include "kexec-keys.h"
#include "unit.h"

int load_image(const char *image, struct kk_header *h, struct crypt_device **cd)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", unit_dir, image);
	return kk_header_load(image, path, NULL, h, cd);
}

static const struct {
	const char *image;
	int luks;
	const char *hash, *cipher;
	unsigned int key_bytes, sector_size;
} images[] = {
	{ "luks2.img", 2, "sha256", "aes-xts-plain64", 64, 512 },
	{ "luks2-sha512.img", 2, "sha512", "aes-cbc-essiv:sha256", 32, 4096 },
	{ "luks1.img", 1, "sha256", "aes-xts-plain64", 64, 512 },
	{ "luks1-sha1.img", 1, "sha1", "aes-xts-plain64", 64, 512 },
	/* One good copy of the two is enough for LUKS2. */
	{ "second.img", 2, "sha256", "aes-xts-plain64", 64, 512 },
};

/* Facts, as libcryptsetup has them, and the digest, which is that of its key only. */
static void test_real(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(images); i++) {
		struct libcrypto_key k = { EVP_get_digestbyname(images[i].hash), NULL, 0, 0 };
		struct kk_hmac hmac = { .compute = libcrypto_hmac, .len = EVP_MD_get_size(k.md), .ctx = &k };
		struct crypt_device *cd;
		struct kk_header h;
		char key[512];
		size_t len = sizeof(key);

		unit_row = images[i].image;
		OK(load_image(images[i].image, &h, &cd) == KK_OK);
		OK(h.luks == images[i].luks && h.key_bytes == images[i].key_bytes);
		OK(h.sector_size == images[i].sector_size && !h.size && !h.flags);
		STR(h.cipher, images[i].cipher);
		STR(h.digest.hash, images[i].hash);
		OK(h.digest.iterations == 1000);
		STR(h.uuid, crypt_get_uuid(cd));
		OK(h.offset == crypt_get_data_offset(cd));
		OK((int)h.sector_size == crypt_get_sector_size(cd));
		OK(crypt_volume_key_get(cd, CRYPT_ANY_SLOT, key, &len, "pass", 4) >= 0 && len == h.key_bytes);
		crypt_free(cd);

		k.key = key;
		k.len = len;
		OK(kk_digest_compare(&hmac, &h.digest) == 0);
		key[0] ^= 1;
		OK(kk_digest_compare(&hmac, &h.digest) == -EKEYREJECTED);
		key[0] ^= 1;
		k.len = len / 2;
		OK(kk_digest_compare(&hmac, &h.digest) == -EKEYREJECTED);
		explicit_bzero(key, sizeof(key));
		/* Without a handle for the caller. */
		OK(load_image(images[i].image, &h, NULL) == KK_OK);
	}
}

static const struct {
	const char *image, *header;
	int status;
	const char *part, *next;	/* of the message */
} refused[] = {
	{ "null.img", NULL, KK_UNSUPPORTED, "odd\\x07 cannot be carried over: its cipher is cipher_null", "plain LUKS" },
	{ "truncated.img", NULL, KK_DEVICE, "truncated.img has no usable LUKS header: ", "luksDump" },
	{ "empty.img", NULL, KK_DEVICE, "empty.img has no usable LUKS header: ", "luksDump" },
	{ "absent.img", NULL, KK_DEVICE, "cannot read ", "lsblk" },
	{ "luks2.img", "absent.img", KK_DEVICE, "absent.img: ", "lsblk" },
	{ "luks2.img", "empty.img", KK_DEVICE, "empty.img has no usable LUKS header: ", "luksDump" },
	{ "bad-uuid.img", NULL, KK_DEVICE, "bad-uuid.img has no usable LUKS header: its UUID is malformed", "luksDump" },
	{ "no-slot.img", NULL, KK_DEVICE, "no-slot.img has no usable LUKS header: its size of the volume key is unknown", "luksDump" },
};

/* A LUKS2 header with this UUID, and with checksums that are right. */
static void make_bad_uuid(void)
{
	static uint8_t copy[2][16384];
	int from = open(in_dir("luks2.img"), O_RDONLY), to;
	uint8_t digest[32];

	OK(pread(from, copy, sizeof(copy), 0) == sizeof(copy));
	close(from);
	for (unsigned int i = 0; i < 2; i++) {
		memset(copy[i] + 168, 0, 40);
		strcpy((char *)copy[i] + 168, "no UUID");
		memset(copy[i] + 448, 0, 64);
		OK(EVP_Digest(copy[i], sizeof(copy[i]), digest, NULL, EVP_sha256(), NULL));
		memcpy(copy[i] + 448, digest, 32);
	}
	to = open(in_dir("bad-uuid.img"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	OK(write(to, copy, sizeof(copy)) == sizeof(copy) && !ftruncate(to, 20 << 20));
	close(to);
}

static void test_refused(void)
{
	char path[512], header[512];
	struct kk_kept kept;
	struct kk_header h;

	make_bad_uuid();
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(refused); i++) {
		struct crypt_device *cd = NULL;

		unit_row = refused[i].image;
		snprintf(path, sizeof(path), "%s", in_dir(refused[i].image));
		snprintf(header, sizeof(header), "%s", in_dir(refused[i].header ?: ""));
		memset(&kept, 0, sizeof(kept));
		kk_keep_errors(&kept);
		OK(kk_header_load("odd\x07", path, refused[i].header ? header : NULL, &h, &cd) == refused[i].status);
		kk_keep_errors(NULL);
		OK(strstr(kept.sentence, refused[i].part));
		OK(strstr(kept.next, refused[i].next));
		OK(!cd);
		if (!strstr(kept.sentence, refused[i].part))
			printf("#   %s\n", kept.sentence);
	}
}

/* What libcryptsetup said of one device is not said of the next. */
static void test_stale_words(void)
{
	struct kk_kept kept;
	struct kk_header h;

	kk_keep_errors(&kept);
	OK(load_image("truncated.img", &h, NULL) == KK_DEVICE);
	OK(!strchr(kept.sentence, '\n'));
	kk_keep_errors(&kept);
	OK(load_image("empty.img", &h, NULL) == KK_DEVICE);
	kk_keep_errors(NULL);
	OK(strstr(kept.sentence, "empty.img") && !strstr(kept.sentence, "truncated.img"));
}

static const struct { const char *header, *data; int luks; } detached[] = {
	{ "detached.img", "data.img", 2 },
	{ "detached1.img", "data1.img", 1 },
};

static void test_detached(void)
{
	char path[512], header[512], uuid[40];
	struct kk_kept kept;
	struct kk_header h;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(detached); i++) {
		unit_row = detached[i].header;
		snprintf(path, sizeof(path), "%s", in_dir(detached[i].data));
		snprintf(header, sizeof(header), "%s", in_dir(detached[i].header));
		OK(kk_header_load("x", path, header, &h, NULL) == KK_OK);
		OK(h.luks == detached[i].luks && !h.offset);
		OK(kk_luks_uuid(header, uuid, sizeof(uuid)));
		STR(h.uuid, uuid);
		kk_keep_errors(&kept);
		OK(kk_header_load("x", path, NULL, &h, NULL) == KK_DEVICE);
		kk_keep_errors(NULL);
	}
}

static void test_words(void)
{
	OK(kk_is_word("") && kk_is_word("aes-xts-plain64") && kk_is_word("!~"));
	for (int c = 1; c < 256; c++) {
		const char word[] = { 'a', c, 'b', '\0' };

		name_row("%02x", c);
		OK(kk_is_word(word) == (c >= 0x21 && c <= 0x7e));
		OK(kk_is_word(word + 1) == (c >= 0x21 && c <= 0x7e));
	}
}

static const struct { const char *cipher; bool null; } ciphers[] = {
	{ "", false }, { "aes-xts-plain64", false }, { "null", false }, { "cipher_nul", false },
	{ "cipher_null", true }, { "cipher_null-ecb", true }, { "capi:ecb(cipher_null)-plain", true },
};

static void test_null(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(ciphers); i++) {
		unit_row = ciphers[i].cipher;
		OK(kk_cipher_is_null(ciphers[i].cipher) == ciphers[i].null);
	}
}

static void test_uuid_of_device(void)
{
	char uuid[40], path[512];

	snprintf(path, sizeof(path), "%s", in_dir("luks1.img"));
	OK(!kk_luks_uuid(in_dir("empty.img"), uuid, sizeof(uuid)));
	OK(kk_luks_uuid(path, uuid, sizeof(uuid)) && kk_uuid_valid(uuid));
}

UNIT_MODULE(header,
	{ "real LUKS1 and LUKS2 headers, and digests that match their key only", test_real },
	{ "headers that are refused, and what is said of them", test_refused },
	{ "words of libcryptsetup about another header", test_stale_words },
	{ "detached headers", test_detached },
	{ "each character of a name", test_words },
	{ "names of the null cipher", test_null },
	{ "the UUID of a device", test_uuid_of_device }
);
