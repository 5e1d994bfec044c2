// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of afalg.c. A build machine may lack AF_ALG, or hashes of it, so these
 * system calls are replaced (the linker's --wrap) by a kernel that has all of them,
 * and fails where it is told to. Its "HMAC" is another function with results of the
 * right length.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_alg.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "digest.h"
#include "kexec-keys.h"
#include "unit.h"

#define SERIAL 4711
#define KEY "the key with this serial"

/* As in the kernel's crypto/, with the sizes that the standards give. */
static const struct { const char *luks, *kernel; size_t len; } hashes[] = {
	{ "sha1", "hmac(sha1)", 160 / 8 },
	{ "sha224", "hmac(sha224)", 224 / 8 },
	{ "sha256", "hmac(sha256)", 256 / 8 },
	{ "sha384", "hmac(sha384)", 384 / 8 },
	{ "sha512", "hmac(sha512)", 512 / 8 },
	{ "sha3-256", "hmac(sha3-256)", 256 / 8 },
	{ "sha3-512", "hmac(sha3-512)", 512 / 8 },
	{ "ripemd160", "hmac(rmd160)", 160 / 8 },
	{ "whirlpool", "hmac(wp512)", 512 / 8 },
	{ "sm3", "hmac(sm3)", 256 / 8 },
};

static struct {
	bool on;
	/* errno of each call, 0: it works */
	int socket, bind, serial, bytes, accept, send, recv;
	bool short_send, short_recv;
	/* what was asked for */
	char name[64];
	char key[64];
	size_t key_len;
	uint8_t result[EVP_MAX_MD_SIZE];
} alg;

static size_t len_of(const char *name)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(hashes); i++)
		if (!strcmp(name, hashes[i].kernel))
			return hashes[i].len;
	return 0;
}

static void compute(const char *name, const char *key, size_t key_len, const void *data, size_t len,
		    uint8_t *out)
{
	uint8_t text[512];
	unsigned int n = EVP_MAX_MD_SIZE;
	const size_t name_len = strlen(name);

	memcpy(text, name, name_len);
	memcpy(text + name_len, data, len);
	HMAC(EVP_sha512(), key, key_len, text, name_len + len, out, &n);
}

static int fails_with(int error)
{
	errno = error;
	return error ? -1 : 0;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len);
int __real_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __real_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
ssize_t __real_send(int fd, const void *data, size_t len, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t len, int flags);
ssize_t __real_recv(int fd, void *data, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags);

int __wrap_socket(int domain, int type, int protocol)
{
	if (!alg.on || domain != AF_ALG)
		return __real_socket(domain, type, protocol);
	OK(type == (SOCK_SEQPACKET | SOCK_CLOEXEC) && !protocol);
	return fails_with(alg.socket) ?: open("/dev/null", O_RDWR | O_CLOEXEC);
}

int __wrap_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	const struct sockaddr_alg *sa = (const void *)addr;

	if (!alg.on)
		return __real_bind(fd, addr, len);
	OK(len == sizeof(*sa) && sa->salg_family == AF_ALG && !strcmp((const char *)sa->salg_type, "hash"));
	if (fails_with(alg.bind))
		return -1;
	snprintf(alg.name, sizeof(alg.name), "%s", sa->salg_name);
	return fails_with(len_of(alg.name) ? 0 : ENOENT);
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	if (!alg.on)
		return __real_setsockopt(fd, level, option, value, len);
	OK(level == 279);
	if (option == 1) {	/* ALG_SET_KEY */
		OK(len <= sizeof(alg.key));
		memcpy(alg.key, value, len);
		alg.key_len = len;
		return fails_with(alg.bytes);
	}
	OK(option == 7 && len == sizeof(int32_t));	/* ALG_SET_KEY_BY_KEY_SERIAL */
	alg.key_len = snprintf(alg.key, sizeof(alg.key), "%s",
			       *(const int32_t *)value == SERIAL ? KEY : "another key");
	return fails_with(alg.serial);
}

int __wrap_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	if (!alg.on)
		return __real_accept4(fd, addr, len, flags);
	OK(flags == SOCK_CLOEXEC);
	return fails_with(alg.accept) ?: open("/dev/null", O_RDWR | O_CLOEXEC);
}

ssize_t __wrap_send(int fd, const void *data, size_t len, int flags)
{
	if (!alg.on)
		return __real_send(fd, data, len, flags);
	if (fails_with(alg.send))
		return -1;
	compute(alg.name, alg.key, alg.key_len, data, len, alg.result);
	return len - alg.short_send;
}

/* It gives no more than there is, and no more than is asked for. */
ssize_t __wrap_recv(int fd, void *data, size_t len, int flags)
{
	const size_t have = len_of(alg.name) - alg.short_recv, n = len < have ? len : have;

	if (!alg.on)
		return __real_recv(fd, data, len, flags);
	if (fails_with(alg.recv))
		return -1;
	memcpy(data, alg.result, n);
	return n;
}

static void begin(void)
{
	memset(&alg, 0, sizeof(alg));
	alg.on = true;
}

/* What a header has that was made with the key: two iterations of one block. */
static struct kk_digest digest_of(const char *luks, const char *kernel, size_t len)
{
	struct kk_digest d = { .iterations = 2, .salt = "salt\0\0\0\1", .salt_len = 4, .len = len };
	uint8_t one[EVP_MAX_MD_SIZE], two[EVP_MAX_MD_SIZE];

	snprintf(d.hash, sizeof(d.hash), "%s", luks);
	compute(kernel, KEY, strlen(KEY), d.salt, 8, one);
	compute(kernel, KEY, strlen(KEY), one, len, two);
	for (size_t i = 0; i < len; i++)
		d.value[i] = one[i] ^ two[i];
	return d;
}

static void test_hashes(void)
{
	begin();
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(hashes); i++) {
		struct kk_digest d = digest_of(hashes[i].luks, hashes[i].kernel, hashes[i].len);
		const int fd = next_fd();
		char name[64];

		unit_row = hashes[i].luks;
		OK(kk_hash_of_kernel(d.hash));
		snprintf(name, sizeof(name), "hmac(%s)", kk_hash_of_kernel(d.hash) ?: "");
		STR(name, hashes[i].kernel);
		OK(kk_hmac_works(d.hash));
		STR(alg.name, hashes[i].kernel);
		OK(kk_digest_verify(&d, SERIAL) == 0);
		OK(kk_digest_verify(&d, SERIAL + 1) == -EKEYREJECTED);
		d.value[hashes[i].len - 1] ^= 1;
		OK(kk_digest_verify(&d, SERIAL) == -EKEYREJECTED);
		OK(next_fd() == fd);
	}
	alg.on = false;
}

static const char *const unknown[] = { "", "md5", "sha", "sha2", "sha2567", "SHA256", "rmd160", "wp512", "argon2id" };

static void test_unknown(void)
{
	begin();
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(unknown); i++) {
		struct kk_digest d = digest_of(unknown[i], "hmac(sha256)", 32);

		unit_row = unknown[i];
		OK(!kk_hash_of_kernel(unknown[i]) && !kk_hmac_works(unknown[i]));
		OK(kk_digest_verify(&d, SERIAL) == -EOPNOTSUPP);
	}
	/* No transform was asked for. */
	STR(alg.name, "");
	alg.on = false;
}

static const struct {
	const char *name;
	size_t call;
	int error, r;
} errors[] = {
#define CALL(member) offsetof(typeof(alg), member)
	{ "no AF_ALG", CALL(socket), EAFNOSUPPORT, -EOPNOTSUPP },
	{ "AF_ALG is forbidden", CALL(socket), EACCES, -EOPNOTSUPP },
	{ "no such transform", CALL(bind), ENOENT, -EOPNOTSUPP },
	{ "Linux 6.1", CALL(serial), ENOPROTOOPT, -EOPNOTSUPP },
	{ "keys by serial are forbidden", CALL(serial), EPERM, -EOPNOTSUPP },
	{ "no such key", CALL(serial), ENOKEY, -ENOKEY },
	{ "key is not possessed", CALL(serial), EACCES, -EACCES },
	{ "key has expired", CALL(serial), EKEYEXPIRED, -EKEYEXPIRED },
	{ "key is revoked", CALL(serial), EKEYREVOKED, -EKEYREVOKED },
	{ "no file descriptor left", CALL(accept), EMFILE, -EMFILE },
	{ "send fails", CALL(send), EIO, -EIO },
	{ "no memory to send", CALL(send), ENOMEM, -ENOMEM },
	{ "recv fails", CALL(recv), ENOKEY, -ENOKEY },
};

static void test_errors(void)
{
	struct kk_digest d = digest_of("sha256", "hmac(sha256)", 32);

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(errors); i++) {
		const int fd = next_fd();

		unit_row = errors[i].name;
		begin();
		memcpy((char *)&alg + errors[i].call, &errors[i].error, sizeof(int));
		OK(kk_digest_verify(&d, SERIAL) == errors[i].r);
		/* Whether a transform is there does not depend on a key. */
		OK(kk_hmac_works("sha256") == (errors[i].call > CALL(bind)));
		OK(next_fd() == fd);
	}
	unit_row = "short answers";
	begin();
	alg.short_send = true;
	OK(kk_digest_verify(&d, SERIAL) == -EIO);
	alg.short_send = false;
	alg.short_recv = true;
	OK(kk_digest_verify(&d, SERIAL) == -EIO);
	alg.on = false;
}

/* Of a key that the kernel has, and of bytes. */
static void test_sha256(void)
{
	uint8_t expected[EVP_MAX_MD_SIZE], out[KK_SHA256 + 1];
	const int next = next_fd();
	int fd;

	begin();
	fd = kk_hmac_open();
	OK(fd == next);
	STR(alg.name, "hmac(sha256)");
	compute("hmac(sha256)", KEY, strlen(KEY), "some text", 9, expected);
	memset(out, 0xa5, sizeof(out));
	OK(kk_hmac_by_serial(fd, SERIAL, "some text", out) == 0);
	OK(!memcmp(out, expected, KK_SHA256) && out[KK_SHA256] == 0xa5);
	memset(out, 0xa5, sizeof(out));
	OK(kk_hmac_by_bytes(fd, (const uint8_t *)KEY, strlen(KEY), "some text", out) == 0);
	OK(!memcmp(out, expected, KK_SHA256) && out[KK_SHA256] == 0xa5);
	OK(kk_hmac_by_serial(fd, SERIAL + 1, "some text", out) == 0 && memcmp(out, expected, KK_SHA256));
	OK(kk_hmac_by_bytes(fd, (const uint8_t *)KEY, 3, "some text", out) == 0 && memcmp(out, expected, KK_SHA256));

	alg.serial = EKEYREVOKED;
	OK(kk_hmac_by_serial(fd, SERIAL, "some text", out) == -EKEYREVOKED);
	alg.bytes = ENOMEM;
	OK(kk_hmac_by_bytes(fd, (const uint8_t *)KEY, 3, "some text", out) == -ENOMEM);
	alg.serial = alg.bytes = 0;
	alg.accept = ENFILE;
	OK(kk_hmac_by_serial(fd, SERIAL, "some text", out) == -ENFILE);
	OK(kk_hmac_by_bytes(fd, (const uint8_t *)KEY, 3, "some text", out) == -ENFILE);
	close(fd);
	alg.socket = EAFNOSUPPORT;
	OK(kk_hmac_open() == -EOPNOTSUPP);
	OK(next_fd() == next);
	alg.on = false;
}

UNIT_MODULE(afalg,
	{ "the ten hashes of LUKS, by their names in the kernel", test_hashes },
	{ "hashes that the kernel has no name for", test_unknown },
	{ "errors of each call", test_errors },
	{ "HMAC with SHA-256 of keys and of bytes", test_sha256 }
);
