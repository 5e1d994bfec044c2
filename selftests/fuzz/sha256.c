// SPDX-License-Identifier: GPL-2.0-only
#include <openssl/sha.h>
#include <sanitizer/asan_interface.h>

#include "fuzz.h"
#include "sha256.h"

/* libcrypto is built without AddressSanitizer. */
void sha256(const u8 *data, unsigned int len, u8 *out)
{
	MUST(!__asan_region_is_poisoned((void *)data, len));
	MUST(!__asan_region_is_poisoned(out, SHA256_DIGEST_SIZE));
	SHA256(data, len, out);
}
