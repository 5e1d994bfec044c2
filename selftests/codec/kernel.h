/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What codec.c, and the kernel's SHA-256, use of the kernel, in userspace. The
 * Makefile makes the headers that they include include this one.
 */
#ifndef CODEC_KERNEL_H
#define CODEC_KERNEL_H

#include <assert.h>
#include <endian.h>
#include <linux/types.h>
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
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define EXPORT_SYMBOL(name) static_assert(sizeof(&(name)), "")
#define EXPORT_SYMBOL_IF_KUNIT EXPORT_SYMBOL
#define MODULE_DESCRIPTION(text) static_assert(sizeof(text), "")
#define MODULE_LICENSE	MODULE_DESCRIPTION
#define memzero_explicit explicit_bzero

#define cpu_to_le16	htole16
#define cpu_to_le32	htole32
#define cpu_to_le64	htole64
#define le16_to_cpu	le16toh
#define le32_to_cpu	le32toh
#define le64_to_cpu	le64toh
#define cpu_to_be64	htobe64

static inline u32 get_unaligned_be32(const void *at)
{
	u32 value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

static inline void put_unaligned_be32(u32 value, void *at)
{
	value = htobe32(value);
	memcpy(at, &value, sizeof(value));
}

static inline u32 ror32(u32 word, unsigned int shift)
{
	return word >> shift | word << (32 - shift);
}

/* Nobody calls what needs it. */
struct shash_desc {
	void *tfm;
};

void *shash_desc_ctx(struct shash_desc *desc);
unsigned int crypto_shash_digestsize(void *tfm);

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
