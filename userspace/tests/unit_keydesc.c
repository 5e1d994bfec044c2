// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of keydesc.c.
 */
#include <ctype.h>

#include "kexec-keys.h"
#include "keydesc.h"
#include "unit.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"

static const struct { const char *name, *uuid; bool valid; } uuids[] = {
	{ "lower case", UUID, true },
	{ "upper case", "2F144136-B0DE-4B51-B2EB-BD869CC39A6E", true },
	{ "least and greatest digits", "00000000-9999-aaaa-ffff-000000000000", true },
	{ "empty", "", false },
	{ "one character less", "2f144136-b0de-4b51-b2eb-bd869cc39a6", false },
	{ "one character more", UUID "0", false },
	{ "a newline behind it", UUID "\n", false },
	{ "no dashes", "2f144136b0de4b51b2ebbd869cc39a6e0000", false },
	{ "dashes only", "------------------------------------", false },
	{ "braces", "{2f144136-b0de-4b51-b2eb-bd869cc39a6}", false },
};

static void test_uuids(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(uuids); i++) {
		unit_row = uuids[i].name;
		OK(kk_uuid_valid(uuids[i].uuid) == uuids[i].valid);
	}
}

/* Only the places of the four dashes take one, and only the others a digit. */
static void test_uuid_places(void)
{
	for (unsigned int at = 0; at < strlen(UUID); at++) {
		for (int c = 0; c < 256; c++) {
			char uuid[] = UUID;

			uuid[at] = c;
			name_row("%02x at %u", c, at);
			OK(kk_uuid_valid(uuid) == (UUID[at] == '-' ? c == '-' : c && isxdigit(c)));
		}
	}
}

static const struct {
	const char *name, *description;
	enum kk_key_kind kind;
	int digest;
} descriptions[] = {
	{ "digest 0", "cryptsetup:" UUID "-d0", KK_KEY_CRYPTSETUP, 0 },
	{ "digest 1", "cryptsetup:" UUID "-d1", KK_KEY_CRYPTSETUP, 1 },
	{ "digest 9", "cryptsetup:" UUID "-d9", KK_KEY_CRYPTSETUP, 9 },
	{ "digest 10", "cryptsetup:" UUID "-d10", KK_KEY_CRYPTSETUP, 10 },
	{ "digest 31", "cryptsetup:" UUID "-d31", KK_KEY_CRYPTSETUP, 31 },
	{ "digest 99", "cryptsetup:" UUID "-d99", KK_KEY_CRYPTSETUP, 99 },
	{ "kdump-utils' form", "kdump-cryptsetup:vk-" UUID, KK_KEY_KDUMP, -1 },
	{ "empty", "", KK_KEY_OTHER, 0 },
	{ "no UUID", "cryptsetup:", KK_KEY_OTHER, 0 },
	{ "no digest", "cryptsetup:" UUID, KK_KEY_OTHER, 0 },
	{ "a dash alone", "cryptsetup:" UUID "-", KK_KEY_OTHER, 0 },
	{ "no number", "cryptsetup:" UUID "-d", KK_KEY_OTHER, 0 },
	{ "a letter for the number", "cryptsetup:" UUID "-dx", KK_KEY_OTHER, 0 },
	{ "a letter behind the number", "cryptsetup:" UUID "-d1x", KK_KEY_OTHER, 0 },
	{ "a letter behind two digits", "cryptsetup:" UUID "-d12x", KK_KEY_OTHER, 0 },
	{ "a space behind the number", "cryptsetup:" UUID "-d0 ", KK_KEY_OTHER, 0 },
	{ "a leading zero", "cryptsetup:" UUID "-d01", KK_KEY_OTHER, 0 },
	{ "two zeroes", "cryptsetup:" UUID "-d00", KK_KEY_OTHER, 0 },
	{ "three digits", "cryptsetup:" UUID "-d100", KK_KEY_OTHER, 0 },
	{ "a negative number", "cryptsetup:" UUID "-d-1", KK_KEY_OTHER, 0 },
	{ "a capital D", "cryptsetup:" UUID "-D0", KK_KEY_OTHER, 0 },
	{ "no dash", "cryptsetup:" UUID "d0", KK_KEY_OTHER, 0 },
	{ "another character for the dash", "cryptsetup:" UUID "_d0", KK_KEY_OTHER, 0 },
	{ "a UUID that is too short", "cryptsetup:2f144136-d0", KK_KEY_OTHER, 0 },
	{ "a space before it", " cryptsetup:" UUID "-d0", KK_KEY_OTHER, 0 },
	{ "capitals", "CRYPTSETUP:" UUID "-d0", KK_KEY_OTHER, 0 },
	{ "kdump-utils' form with a digest", "kdump-cryptsetup:vk-" UUID "-d0", KK_KEY_OTHER, 0 },
	{ "kdump-utils' form, one character more", "kdump-cryptsetup:vk-" UUID "x", KK_KEY_OTHER, 0 },
	{ "kdump-utils' form without vk-", "kdump-cryptsetup:" UUID, KK_KEY_OTHER, 0 },
	{ "kdump-utils' form without its end", "kdump-cryptsetup:vk-", KK_KEY_OTHER, 0 },
	{ "fscrypt", "fscrypt:1234567812345678", KK_KEY_OTHER, 0 },
};

static void test_descriptions(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(descriptions); i++) {
		const enum kk_key_kind kind = descriptions[i].kind;
		struct kk_keydesc d;

		unit_row = descriptions[i].name;
		memset(&d, 0xa5, sizeof(d));
		OK(kk_keydesc_parse(descriptions[i].description, &d) == kind);
		OK(d.kind == kind);
		STR(d.uuid, kind == KK_KEY_OTHER ? "" : UUID);
		OK(kind == KK_KEY_OTHER || d.digest == descriptions[i].digest);
	}
}

/* The prefixes count to the last character. */
static void test_prefixes(void)
{
	static const char *const good[] = { "cryptsetup:" UUID "-d0", "kdump-cryptsetup:vk-" UUID };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(good); i++) {
		unit_row = good[i];
		for (const char *p = good[i]; p < strstr(good[i], UUID); p++) {
			char bent[128];
			struct kk_keydesc d;

			snprintf(bent, sizeof(bent), "%s", good[i]);
			bent[p - good[i]] ^= 1;
			OK(kk_keydesc_parse(bent, &d) == KK_KEY_OTHER);
		}
	}
}

static void test_format(void)
{
	char text[64], exact[sizeof("cryptsetup:" UUID "-d31")], shorter[sizeof(exact) - 1];
	struct kk_keydesc d;

	for (int digest = 0; digest < 32; digest++) {
		kk_keydesc_format(UUID, digest, text, sizeof(text));
		OK(kk_keydesc_parse(text, &d) == KK_KEY_CRYPTSETUP && d.digest == digest);
	}
	kk_keydesc_format(UUID, 31, exact, sizeof(exact));
	STR(exact, "cryptsetup:" UUID "-d31");
	kk_keydesc_format(UUID, 31, shorter, sizeof(shorter));
	STR(shorter, "cryptsetup:" UUID "-d3");
}

UNIT_MODULE(keydesc,
	{ "UUIDs", test_uuids },
	{ "each character at each place of a UUID", test_uuid_places },
	{ "descriptions", test_descriptions },
	{ "each character of their prefixes", test_prefixes },
	{ "descriptions are written as they are read", test_format }
);
