// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hmac(x) of the kernel, keyed by the serial of a logon key (Linux 6.2 and
 * later). What goes in and out is the header's salt and digests, never the key.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "digest.h"
#include "kexec-keys.h"

#ifndef ALG_SET_KEY_BY_KEY_SERIAL
#define ALG_SET_KEY_BY_KEY_SERIAL 7
#endif
#ifndef SOL_ALG
#define SOL_ALG 279
#endif

static const struct {
	const char *luks;
	const char *kernel;
	size_t len;
} hashes[] = {
	{ "sha1", "sha1", 20 },
	{ "sha224", "sha224", 28 },
	{ "sha256", "sha256", 32 },
	{ "sha384", "sha384", 48 },
	{ "sha512", "sha512", 64 },
	{ "sha3-256", "sha3-256", 32 },
	{ "sha3-512", "sha3-512", 64 },
	{ "ripemd160", "rmd160", 20 },
	{ "whirlpool", "wp512", 64 },
	{ "sm3", "sm3", 32 },
};

static int find_hash(const char *luks)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(hashes); i++)
		if (!strcmp(hashes[i].luks, luks))
			return i;
	return -EOPNOTSUPP;
}

const char *kk_hash_of_kernel(const char *luks)
{
	int hash = find_hash(luks);

	return hash < 0 ? NULL : hashes[hash].kernel;
}

static int compute(struct kk_hmac *hmac, const void *data, size_t len, uint8_t *out)
{
	ssize_t n;

	n = send(hmac->fd, data, len, 0);
	if (n < 0)
		return -errno;
	if ((size_t)n != len)
		return -EIO;
	n = recv(hmac->fd, out, hmac->len, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == hmac->len ? 0 : -EIO;
}

/* Whatever refuses before the key is looked at is a lack of AF_ALG. */
static int open_transform(const char *hash)
{
	struct sockaddr_alg sa = { .salg_family = AF_ALG, .salg_type = "hash" };
	int fd;

	snprintf((char *)sa.salg_name, sizeof(sa.salg_name), "hmac(%s)", hash);
	fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		kk_debug("AF_ALG: %s", strerror(errno));
		return -EOPNOTSUPP;
	}
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa))) {
		kk_debug("AF_ALG, %s: %s", sa.salg_name, strerror(errno));
		close(fd);
		return -EOPNOTSUPP;
	}
	return fd;
}

bool kk_hmac_works(const char *luks)
{
	const char *hash = kk_hash_of_kernel(luks);
	int fd = hash ? open_transform(hash) : -1;

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int set_key(int fd, key_serial_t serial)
{
	if (!setsockopt(fd, SOL_ALG, ALG_SET_KEY_BY_KEY_SERIAL, &serial, sizeof(serial)))
		return 0;
	kk_debug("AF_ALG, key %d: %s", serial, strerror(errno));
	/* Linux 6.1 and earlier, or a kernel that restricts it. */
	return errno == ENOPROTOOPT || errno == EPERM ? -EOPNOTSUPP : -errno;
}

/* For a transform with its key; the caller closes @hmac->fd. */
static int begin(int fd, struct kk_hmac *hmac, size_t len)
{
	*hmac = (struct kk_hmac){ .compute = compute, .len = len };
	hmac->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	return hmac->fd < 0 ? -errno : 0;
}

int kk_digest_verify(const struct kk_digest *d, key_serial_t serial)
{
	struct kk_hmac hmac;
	int hash = find_hash(d->hash), fd, r;

	if (hash < 0)
		return hash;
	fd = open_transform(hashes[hash].kernel);
	if (fd < 0)
		return fd;
	r = set_key(fd, serial);
	if (!r)
		r = begin(fd, &hmac, hashes[hash].len);
	if (!r) {
		r = kk_digest_compare(&hmac, d);
		close(hmac.fd);
	}
	close(fd);
	return r;
}

static int hmac_sha256(int fd, const char *text, uint8_t *out)
{
	struct kk_hmac hmac;
	int r = begin(fd, &hmac, KK_SHA256);

	if (!r) {
		r = compute(&hmac, text, strlen(text), out);
		close(hmac.fd);
	}
	return r;
}

int kk_hmac_open(void)
{
	return open_transform("sha256");
}

int kk_hmac_by_serial(int fd, key_serial_t serial, const char *text, uint8_t *out)
{
	int r = set_key(fd, serial);

	return r ? r : hmac_sha256(fd, text, out);
}

int kk_hmac_by_bytes(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out)
{
	if (setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, len))
		return -errno;
	return hmac_sha256(fd, text, out);
}
