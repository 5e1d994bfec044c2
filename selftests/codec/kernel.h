/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What codec.c uses of the kernel, in userspace. The Makefile makes every kernel
 * header that it includes include this one.
 */
#ifndef CODEC_KERNEL_H
#define CODEC_KERNEL_H

#include <assert.h>
#include <endian.h>
#include <linux/types.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define SZ_64K		(64u << 10)
#define SZ_1M		(1u << 20)
#define SZ_16M		(16u << 20)
#define ALIGN(x, a)	(((x) + (a) - 1) / (a) * (a))
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define EXPORT_SYMBOL_IF_KUNIT(name) static_assert(sizeof(&(name)), "")

#define cpu_to_le16	htole16
#define cpu_to_le32	htole32
#define cpu_to_le64	htole64
#define le16_to_cpu	le16toh
#define le32_to_cpu	le32toh
#define le64_to_cpu	le64toh

static inline void sha256(const void *data, size_t len, u8 *digest)
{
	SHA256(data, len, digest);
}

/* The first byte that is another, or NULL. */
static inline const void *memchr_inv(const void *start, int byte, size_t len)
{
	const u8 *at;

	for (at = start; at < (const u8 *)start + len; at++)
		if (*at != (u8)byte)
			return at;
	return NULL;
}

#endif /* CODEC_KERNEL_H */
