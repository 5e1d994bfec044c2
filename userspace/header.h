/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a LUKS header says, as far as a dm-crypt table and the check of a key
 * need it.
 */
#ifndef KK_HEADER_H
#define KK_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "keydesc.h"

struct crypt_device;

/* Options of a dm-crypt table, from the header, crypttab or the command line. */
enum {
	KK_FLAG_DISCARDS	= 1 << 0,
	KK_FLAG_SAME_CPU	= 1 << 1,
	KK_FLAG_SUBMIT_FROM_CPU	= 1 << 2,
	KK_FLAG_NO_READ_WQ	= 1 << 3,
	KK_FLAG_NO_WRITE_WQ	= 1 << 4,
	KK_FLAG_HIGH_PRIORITY	= 1 << 5,
	KK_FLAG_READONLY	= 1 << 6,
	/* Those that a kernel may lack without harm to the data. */
	KK_FLAGS_PERFORMANCE	= KK_FLAG_SAME_CPU | KK_FLAG_SUBMIT_FROM_CPU |
				  KK_FLAG_NO_READ_WQ | KK_FLAG_NO_WRITE_WQ |
				  KK_FLAG_HIGH_PRIORITY,
};

#define KK_SALT_MAX	256
#define KK_DIGEST_MAX	128
/* A benchmarked header has some 10^5; this keeps a forged one within minutes. */
#define KK_ITERATIONS_MAX 20000000

struct kk_digest {
	int id;
	char hash[32];
	uint32_t iterations;
	size_t salt_len;
	size_t len;
	uint8_t salt[KK_SALT_MAX];
	uint8_t value[KK_DIGEST_MAX];
};

struct kk_header {
	int luks;			/* 1 or 2 */
	char uuid[KK_UUID_LEN + 1];
	char cipher[64];		/* aes-xts-plain64 */
	unsigned int key_bytes;
	unsigned int sector_size;
	uint64_t offset;		/* of the data, in 512-byte sectors */
	uint64_t size;			/* likewise; 0: to the end of the device */
	unsigned int flags;
	bool token;			/* one may open it with nobody asked */
	struct kk_digest digest;
};

#define KK_LUKS1_SIZE 592

/* Nobody signs a header: names of algorithms in it are printable, without space. */
bool kk_is_word(const char *name);

/* The kernel's null cipher by any of its names: what is "encrypted" so is in clear. */
bool kk_cipher_is_null(const char *cipher);

/*
 * The parsers: 0, -EINVAL for what is no valid header, -ENOTSUP for a kind of
 * volume that cannot be carried over. @why says it in words (static text).
 */
int kk_luks1_parse(const uint8_t *raw, size_t len, struct kk_header *h, const char **why);
int kk_luks2_parse(const char *json, struct kk_header *h, const char **why);

/*
 * Loads the header of @device (or of the detached @header). On success @cd is
 * the caller's to crypt_free(); without @cd it is freed here. @name is for
 * messages. Returns an exit status, and has then said why.
 */
int kk_header_load(const char *name, const char *device, const char *header,
		   struct kk_header *h, struct crypt_device **cd);

/* Length of the decoded bytes, or -EINVAL. */
ssize_t kk_base64(const char *text, uint8_t *out, size_t size);

#endif
