/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of the kernel's <crypto/sha2.h>.
 */
#ifndef FUZZ_SHA256_H
#define FUZZ_SHA256_H

#include <kernel.h>

#define SHA256_DIGEST_SIZE 32

void sha256(const u8 *data, unsigned int len, u8 *out);

#endif
