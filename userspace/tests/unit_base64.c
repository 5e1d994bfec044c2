// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of base64.c.
 */
#include <errno.h>
#include <stdint.h>

#include "header.h"
#include "kexec-keys.h"
#include "unit.h"

static const struct {
	const char *name, *text;
	ssize_t len;
	const char *bytes;
} rows[] = {
	{ "empty", "", 0, "" },
	/* RFC 4648 */
	{ "f", "Zg==", 1, "f" },
	{ "fo", "Zm8=", 2, "fo" },
	{ "foo", "Zm9v", 3, "foo" },
	{ "foob", "Zm9vYg==", 4, "foob" },
	{ "fooba", "Zm9vYmE=", 5, "fooba" },
	{ "foobar", "Zm9vYmFy", 6, "foobar" },
	{ "all bits", "////", 3, "\xff\xff\xff" },
	{ "no bits", "AAAA", 3, "\0\0\0" },
	{ "exact fit", "Zm9vYmFyMTI=", 8, "foobar12" },
	{ "one byte too long", "Zm9vYmFyMTIz", -EINVAL, "" },
	{ "one character", "Z", -EINVAL, "" },
	{ "two characters", "Zg", -EINVAL, "" },
	{ "three characters", "Zm8", -EINVAL, "" },
	{ "five characters", "Zm9vZ", -EINVAL, "" },
	{ "one = of two is missing", "Zg=", -EINVAL, "" },
	{ "three =", "Z===", -EINVAL, "" },
	{ "four =", "====", -EINVAL, "" },
	{ "= before the end", "Zm=v", -EINVAL, "" },
	{ "= at the beginning", "=m9v", -EINVAL, "" },
	{ "= in the middle of two groups", "Zg==Zg==", -EINVAL, "" },
	{ "a space", "Zm 9", -EINVAL, "" },
	{ "a newline at the end", "Zm9v\n", -EINVAL, "" },
	{ "URL alphabet", "-_-_", -EINVAL, "" },
};

static void test_texts(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(rows); i++) {
		/* With a byte behind it that must stay. */
		uint8_t out[9];

		unit_row = rows[i].name;
		memset(out, 0xa5, sizeof(out));
		OK(kk_base64(rows[i].text, out, 8) == rows[i].len);
		OK(rows[i].len < 0 || !memcmp(out, rows[i].bytes, rows[i].len));
		OK(out[8] == 0xa5);
	}
	OK(kk_base64("", NULL, 0) == 0);
	OK(kk_base64("Zg==", NULL, 0) == -EINVAL);
}

static void test_alphabet(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (int c = 1; c < 256; c++) {
		const char *place = strchr(alphabet, c);
		const unsigned int v = place ? place - alphabet : 0;

		for (int at = 0; at < 4; at++) {
			char text[] = "AAAA";
			uint8_t out[3];
			ssize_t r;

			/* At the end it pads. */
			if (c == '=' && at == 3)
				continue;
			text[at] = c;
			name_row("%02x at %d", c, at);
			r = kk_base64(text, out, sizeof(out));
			OK(r == (place ? 3 : -EINVAL));
			OK(!place || (unsigned int)(out[0] << 16 | out[1] << 8 | out[2]) == v << (18 - 6 * at));
		}
	}
}

UNIT_MODULE(base64,
	{ "known texts, malformed ones, an exact fit", test_texts },
	{ "each character at each place", test_alphabet }
);
