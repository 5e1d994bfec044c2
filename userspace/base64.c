// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "header.h"

static int sextet(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(alphabet, c) : NULL;

	return p ? p - alphabet : -1;
}

ssize_t kk_base64(const char *text, uint8_t *out, size_t size)
{
	size_t len = strlen(text), n = 0;
	unsigned int bits = 0, have = 0;

	if (len % 4)
		return -EINVAL;
	for (int pad = 0; pad < 2 && len && text[len - 1] == '='; pad++)
		len--;
	for (size_t i = 0; i < len; i++) {
		int v = sextet(text[i]);

		if (v < 0)
			return -EINVAL;
		bits = bits << 6 | v;
		have += 6;
		if (have < 8)
			continue;
		if (n == size)
			return -EINVAL;
		have -= 8;
		out[n++] = bits >> have;
	}
	return n;
}
