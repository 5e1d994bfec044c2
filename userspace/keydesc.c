// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "keydesc.h"

static bool uuid_prefix(const char *s)
{
	for (int i = 0; i < KK_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		/* This stops at the terminating NUL, too. */
		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}

bool kk_uuid_valid(const char *uuid)
{
	return uuid_prefix(uuid) && !uuid[KK_UUID_LEN];
}

static bool digest_number(const char *s, int *out)
{
	if (!isdigit((unsigned char)s[0]))
		return false;
	*out = s[0] - '0';
	if (!s[1])
		return true;
	/* LUKS2 has 32 digests at most; "d01" is nobody's description. */
	if (s[0] == '0' || !isdigit((unsigned char)s[1]) || s[2])
		return false;
	*out = *out * 10 + s[1] - '0';
	return true;
}

enum kk_key_kind kk_keydesc_parse(const char *description, struct kk_keydesc *out)
{
	static const char cs[] = "cryptsetup:", kdump[] = "kdump-cryptsetup:vk-";
	const char *uuid;

	memset(out, 0, sizeof(*out));
	out->digest = -1;
	if (!strncmp(description, cs, strlen(cs))) {
		uuid = description + strlen(cs);
		if (!uuid_prefix(uuid) || strncmp(uuid + KK_UUID_LEN, "-d", 2) ||
		    !digest_number(uuid + KK_UUID_LEN + 2, &out->digest))
			return KK_KEY_OTHER;
		out->kind = KK_KEY_CRYPTSETUP;
	} else if (!strncmp(description, kdump, strlen(kdump))) {
		uuid = description + strlen(kdump);
		if (!kk_uuid_valid(uuid))
			return KK_KEY_OTHER;
		out->kind = KK_KEY_KDUMP;
	} else {
		return KK_KEY_OTHER;
	}
	memcpy(out->uuid, uuid, KK_UUID_LEN);
	return out->kind;
}

void kk_keydesc_format(const char *uuid, int digest, char *out, size_t size)
{
	snprintf(out, size, "cryptsetup:%s-d%d", uuid, digest);
}
