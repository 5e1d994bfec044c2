// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of luks2.c: a good header, and what becomes of it when one thing in it is
 * replaced.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "header.h"
#include "kexec-keys.h"
#include "unit.h"

#define SIZES "\"offset\":\"16777216\",\"size\":\"dynamic\",\"iv_tweak\":\"0\""
#define SEGMENT "\"type\":\"crypt\"," SIZES ",\"encryption\":\"aes-xts-plain64\",\"sector_size\":512"
#define DIGEST "\"type\":\"pbkdf2\",\"keyslots\":[\"1\",\"2\"],\"segments\":[\"0\"]," \
	"\"hash\":\"sha256\",\"iterations\":1000,\"salt\":\"AAECAwQFBgc=\"," \
	"\"digest\":\"8PHy8/T19vf4+fr7/P3+/w==\""
#define GOOD "{\"keyslots\":{\"1\":{\"key_size\":64},\"2\":{\"key_size\":32}}," \
	"\"tokens\":{},\"segments\":{\"0\":{" SEGMENT "}}," \
	"\"digests\":{\"3\":{" DIGEST "}},\"config\":{\"json_size\":\"12288\"}}"

/* The good header with @new in the place of @old, which is in it once. */
static char *with(const char *old, const char *new)
{
	const char *at = strstr(GOOD, old);
	char *json;

	OK(at && !strstr(at + 1, old));
	if (!at || asprintf(&json, "%.*s%s%s", (int)(at - GOOD), GOOD, new, at + strlen(old)) < 0)
		abort();
	return json;
}

/* Result of the parser; @why is NULL only if it is 0. */
static int parse(const char *old, const char *new, struct kk_header *h, const char **why)
{
	char *json = with(old, new);
	int r = kk_luks2_parse(json, h, why);

	OK(!r == !*why);
	free(json);
	return r;
}

static void test_facts(void)
{
	static const uint8_t salt[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct kk_header h;
	const char *why = "";

	memset(&h, 0xa5, sizeof(h));
	OK(kk_luks2_parse(GOOD, &h, &why) == 0 && !why);
	OK(h.luks == 2 && h.key_bytes == 64 && h.sector_size == 512);
	OK(h.offset == 32768 && h.size == 0 && h.flags == 0 && !h.token);
	STR(h.cipher, "aes-xts-plain64");
	STR(h.uuid, "");
	STR(h.digest.hash, "sha256");
	OK(h.digest.id == 3 && h.digest.iterations == 1000);
	OK(h.digest.salt_len == 8 && !memcmp(h.digest.salt, salt, 8));
	OK(h.digest.len == 16);
	for (unsigned int i = 0; i < sizeof(h.digest.value); i++)
		OK(h.digest.value[i] == (i < 16 ? 0xf0 + i : 0));
}

#define X16 "xxxxxxxxxxxxxxxx"
#define X63 X16 X16 X16 "xxxxxxxxxxxxxxx"
#define A16 "AAAAAAAAAAAAAAAA"
#define A160 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16
/* 256 bytes are 342 characters, 128 are 171 */
#define A256 A160 A160 A16 "AAAAAA=="
#define A128 A160 "AAAAAAAAAAA="

static const struct {
	const char *name, *old, *new;
	int r;
	const char *why;	/* a part of it; NULL: that it is damaged, if anything */
} rows[] = {
	/* the outer objects */
	{ "no segments", "\"segments\":{", "\"sections\":{", -EINVAL, NULL },
	{ "segments in an array", "\"segments\":{\"0\":{" SEGMENT "}}", "\"segments\":[{" SEGMENT "}]", -EINVAL, NULL },
	{ "empty segments", "{\"0\":{" SEGMENT "}}", "{}", -EINVAL, NULL },
	{ "an empty segment", "{\"0\":{" SEGMENT "}}", "{\"0\":{}}", -EINVAL, NULL },
	{ "a segment that is no object", "{\"0\":{" SEGMENT "}}", "{\"0\":\"crypt\"}", -EINVAL, NULL },
	{ "no digests", "\"digests\"", "\"digest\"", -EINVAL, NULL },
	{ "digests in an array", "\"digests\":{\"3\":{" DIGEST "}}", "\"digests\":[{" DIGEST "}]", -EINVAL, NULL },
	{ "empty digests", "{\"3\":{" DIGEST "}}", "{}", -EINVAL, NULL },
	{ "no config", "\"config\"", "\"konfig\"", -EINVAL, NULL },
	{ "a config that is no object", "\"config\":{\"json_size\":\"12288\"}", "\"config\":\"\"", -EINVAL, NULL },
	{ "a number beyond 64 bits that is of no concern", "\"12288\"", "99999999999999999999", 0, NULL },
	{ "an empty config", "{\"json_size\":\"12288\"}", "{}", 0, NULL },

	/* requirements */
	{ "no requirements in their object", "\"json_size\":\"12288\"", "\"requirements\":{}", 0, NULL },
	{ "empty requirements", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[]}", 0, NULL },
	{ "requirements that are not mandatory", "\"json_size\":\"12288\"", "\"requirements\":{\"optional\":[\"opal\"]}", 0, NULL },
	{ "online re-encryption", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"online-reencrypt\"]}", -ENOTSUP, "re-encrypted" },
	{ "online re-encryption, version 3", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"online-reencrypt-v3\"]}", -ENOTSUP, "re-encrypted" },
	{ "offline re-encryption", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"offline-reencrypt\"]}", -ENOTSUP, "re-encrypted" },
	{ "offline re-encryption, version 2", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"offline-reencrypt-v2\"]}", -ENOTSUP, "re-encrypted" },
	{ "re-encryption as the second one", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"x\",\"online-reencrypt\"]}", -ENOTSUP, "re-encrypted" },
	{ "OPAL", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"opal\"]}", -ENOTSUP, "OPAL" },
	{ "OPAL, version 2", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"opal-v2\"]}", -ENOTSUP, "OPAL" },
	{ "unknown requirement", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"moon-phase\"]}", -ENOTSUP, "unknown" },
	{ "requirement that ends like a known one", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[\"x-opal\"]}", -ENOTSUP, "unknown" },
	{ "requirement that is a number", "\"json_size\":\"12288\"", "\"requirements\":{\"mandatory\":[4]}", -ENOTSUP, "unknown" },

	/* which segment */
	{ "a second segment", "\"segments\":{\"0\"", "\"segments\":{\"1\":{" SEGMENT "},\"0\"", -ENOTSUP, "re-encrypted" },
	{ "a backup before it", "\"segments\":{\"0\"", "\"segments\":{\"1\":{\"flags\":[\"backup-previous\"]},\"0\"", 0, NULL },
	{ "three backups", "\"segments\":{\"0\"",
	  "\"segments\":{\"1\":{\"flags\":[\"backup-previous\"]},\"2\":{\"flags\":[\"backup-final\"]},"
	  "\"3\":{\"flags\":[\"x\",\"backup-moved-segment\"]},\"0\"", 0, NULL },
	{ "a flag like that of a backup", "\"segments\":{\"0\"", "\"segments\":{\"1\":{\"flags\":[\"backup\"]},\"0\"", -ENOTSUP, "re-encrypted" },
	{ "a backup alone", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":[\"backup-final\"]}", -EINVAL, NULL },
	{ "segment in re-encryption", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":[\"in-reencryption\"]}", -ENOTSUP, "re-encrypted" },
	{ "segment in another re-encryption", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":[\"in-reencryption-v2\"]}", -ENOTSUP, "re-encrypted" },
	{ "segment with an unknown flag", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":[\"x-in-reencryption\"]}", 0, NULL },
	{ "segment with a number for a flag", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":[1]}", 0, NULL },
	{ "segment with flags that are no array", "{" SEGMENT "}", "{" SEGMENT ",\"flags\":\"in-reencryption\"}", 0, NULL },

	/* kinds of segments */
	{ "no type", "\"type\":\"crypt\",", "", -EINVAL, NULL },
	{ "type that is a number", "\"type\":\"crypt\",", "\"type\":1,", -EINVAL, NULL },
	{ "type linear", "\"crypt\"", "\"linear\"", -ENOTSUP, "unknown type" },
	{ "type that begins like crypt", "\"crypt\"", "\"crypts\"", -ENOTSUP, "unknown type" },
	{ "empty type", "\"crypt\"", "\"\"", -ENOTSUP, "unknown type" },
	{ "type hw-opal", "\"crypt\"", "\"hw-opal\"", -ENOTSUP, "OPAL" },
	{ "type hw-opal-crypt", "\"crypt\"", "\"hw-opal-crypt\"", -ENOTSUP, "OPAL" },
	{ "integrity", "{" SEGMENT "}", "{" SEGMENT ",\"integrity\":{}}", -ENOTSUP, "dm-integrity" },
	{ "no cipher", "\"encryption\"", "\"decryption\"", -EINVAL, NULL },
	{ "cipher that is a number", "\"aes-xts-plain64\"", "7", -EINVAL, NULL },
	{ "cipher_null", "aes-xts-plain64", "cipher_null-ecb", -ENOTSUP, "cipher_null" },
	{ "cipher_null within capi:", "aes-xts-plain64", "capi:ecb(cipher_null)-plain", -ENOTSUP, "cipher_null" },
	{ "longest cipher", "aes-xts-plain64", X63, 0, NULL },
	{ "cipher with one character more", "aes-xts-plain64", X63 "x", -EINVAL, NULL },
	{ "cipher with a space", "aes-xts-plain64", "aes xts", -EINVAL, NULL },
	{ "cipher with the least character", "aes-xts-plain64", "aes!xts", 0, NULL },
	{ "cipher with the greatest character", "aes-xts-plain64", "aes~xts", 0, NULL },
	{ "cipher with DEL", "aes-xts-plain64", "aes\\u007fxts", -EINVAL, NULL },
	{ "cipher with an escape", "aes-xts-plain64", "aes\\u001bxts", -EINVAL, NULL },
	{ "no IV offset", ",\"iv_tweak\":\"0\"", "", -EINVAL, NULL },
	{ "IV offset that is no string", "\"iv_tweak\":\"0\"", "\"iv_tweak\":0", -EINVAL, NULL },
	{ "IV offset of 1", "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"1\"", -ENOTSUP, "IV offset" },
	{ "IV offset beyond 64 bits", "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"18446744073709551616\"", -EINVAL, NULL },
	{ "IV offset of 2^64 - 1", "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"18446744073709551615\"", -ENOTSUP, "IV offset" },

	/* numbers in strings */
	{ "no offset", "\"offset\":\"16777216\",", "", -EINVAL, NULL },
	{ "offset that is no string", "\"16777216\"", "16777216", -EINVAL, NULL },
	{ "offset that is empty", "\"16777216\"", "\"\"", -EINVAL, NULL },
	{ "offset with a sign", "\"16777216\"", "\"+512\"", -EINVAL, NULL },
	{ "negative offset", "\"16777216\"", "\"-512\"", -EINVAL, NULL },
	{ "offset behind a space", "\"16777216\"", "\" 512\"", -EINVAL, NULL },
	{ "offset before a space", "\"16777216\"", "\"512 \"", -EINVAL, NULL },
	{ "offset in hexadecimal", "\"16777216\"", "\"0x200\"", -EINVAL, NULL },
	{ "offset before the digits of ASCII", "\"16777216\"", "\"/\"", -EINVAL, NULL },
	{ "offset behind the digits of ASCII", "\"16777216\"", "\":\"", -EINVAL, NULL },
	{ "offset beyond 64 bits", "\"16777216\"", "\"18446744073709551616\"", -EINVAL, NULL },
	{ "offset of a sector less a byte", "\"16777216\"", "\"511\"", -EINVAL, NULL },
	{ "offset of a sector and a byte", "\"16777216\"", "\"513\"", -EINVAL, NULL },
	{ "no size", ",\"size\":\"dynamic\"", "", -EINVAL, NULL },
	{ "size that is no string", "\"dynamic\"", "512", -EINVAL, NULL },
	{ "size that is another word", "\"dynamic\"", "\"dynamics\"", -EINVAL, NULL },
	{ "size in capitals", "\"dynamic\"", "\"DYNAMIC\"", -EINVAL, NULL },
	{ "size 0", "\"dynamic\"", "\"0\"", -EINVAL, NULL },
	{ "size of a sector less a byte", "\"dynamic\"", "\"511\"", -EINVAL, NULL },
	{ "size of a sector and a byte", "\"dynamic\"", "\"513\"", -EINVAL, NULL },
	{ "size that is no multiple of its sectors", "\"dynamic\",\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":512",
	  "\"4608\",\"iv_tweak\":\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":4096", -EINVAL, NULL },

	/* sectors */
	{ "no sector size", ",\"sector_size\":512", "", -EINVAL, NULL },
	{ "sector size in a string", "\"sector_size\":512", "\"sector_size\":\"512\"", -EINVAL, NULL },
	{ "sector size with a fraction", "\"sector_size\":512", "\"sector_size\":512.0", -EINVAL, NULL },
	{ "sectors of 0 bytes", "\"sector_size\":512", "\"sector_size\":0", -EINVAL, NULL },
	{ "sectors of -512 bytes", "\"sector_size\":512", "\"sector_size\":-512", -EINVAL, NULL },
	{ "sectors of 256 bytes", "\"sector_size\":512", "\"sector_size\":256", -EINVAL, NULL },
	{ "sectors of 511 bytes", "\"sector_size\":512", "\"sector_size\":511", -EINVAL, NULL },
	{ "sectors of 513 bytes", "\"sector_size\":512", "\"sector_size\":513", -EINVAL, NULL },
	{ "sectors of 1024 bytes", "\"sector_size\":512", "\"sector_size\":1024", 0, NULL },
	{ "sectors of 1536 bytes", "\"sector_size\":512", "\"sector_size\":1536", -EINVAL, NULL },
	{ "sectors of 2048 bytes", "\"sector_size\":512", "\"sector_size\":2048", 0, NULL },
	{ "sectors of 4095 bytes", "\"sector_size\":512", "\"sector_size\":4095", -EINVAL, NULL },
	{ "sectors of 4096 bytes", "\"sector_size\":512", "\"sector_size\":4096", 0, NULL },
	{ "sectors of 4097 bytes", "\"sector_size\":512", "\"sector_size\":4097", -EINVAL, NULL },
	{ "sectors of 8192 bytes", "\"sector_size\":512", "\"sector_size\":8192", -EINVAL, NULL },
	{ "sectors of 4 GiB and 512 bytes", "\"sector_size\":512", "\"sector_size\":4294967808", -EINVAL, NULL },

	/* the digest */
	{ "digest of another segment", "\"segments\":[\"0\"]", "\"segments\":[\"1\"]", -EINVAL, NULL },
	{ "digest of no segment", "\"segments\":[\"0\"]", "\"segments\":[]", -EINVAL, NULL },
	{ "digest of a number", "\"segments\":[\"0\"]", "\"segments\":[0]", -EINVAL, NULL },
	{ "digest of a longer id", "\"segments\":[\"0\"]", "\"segments\":[\"00\"]", -EINVAL, NULL },
	{ "digest of several segments", "\"segments\":[\"0\"]", "\"segments\":[\"5\",\"0\"]", 0, NULL },
	{ "no type of digest", "\"type\":\"pbkdf2\",", "", -EINVAL, NULL },
	{ "another type of digest", "\"pbkdf2\"", "\"argon2id\"", -ENOTSUP, "unknown type" },
	{ "a type of digest that begins like it", "\"pbkdf2\"", "\"pbkdf2x\"", -ENOTSUP, "unknown type" },
	{ "no hash", "\"hash\":\"sha256\",", "", -EINVAL, NULL },
	{ "hash that is a number", "\"sha256\"", "256", -EINVAL, NULL },
	{ "hash with a space", "\"sha256\"", "\"sha 256\"", -EINVAL, NULL },
	{ "hash with a bell", "\"sha256\"", "\"\\u0007\"", -EINVAL, NULL },
	{ "longest hash", "\"sha256\"", "\"" X16 "xxxxxxxxxxxxxxx\"", 0, NULL },
	{ "hash with one character more", "\"sha256\"", "\"" X16 X16 "\"", -EINVAL, NULL },
	{ "no salt", "\"salt\":\"AAECAwQFBgc=\",", "", -EINVAL, NULL },
	{ "empty salt", "AAECAwQFBgc=", "", -EINVAL, NULL },
	{ "salt of one byte", "AAECAwQFBgc=", "AA==", 0, NULL },
	{ "salt that is no base64", "AAECAwQFBgc=", "AAECAwQFBgc", -EINVAL, NULL },
	{ "longest salt", "AAECAwQFBgc=", A256, 0, NULL },
	{ "salt with one byte more", "AAECAwQFBgc=", A160 A160 A16 "AAAAAAA=", -EINVAL, NULL },
	{ "no value", "\"digest\":\"8PHy", "\"digests\":\"8PHy", -EINVAL, NULL },
	{ "value that is no base64", "8PHy8/T19vf4+fr7/P3+/w==", "8PHy8/T19vf4+fr7/P3+/w", -EINVAL, NULL },
	{ "empty value", "8PHy8/T19vf4+fr7/P3+/w==", "", -EINVAL, NULL },
	{ "value of 15 bytes", "8PHy8/T19vf4+fr7/P3+/w==", "8PHy8/T19vf4+fr7/P3+", -EINVAL, NULL },
	{ "value of 16 bytes", "8PHy8/T19vf4+fr7/P3+/w==", A16 "AAAAAA==", 0, NULL },
	{ "value of 128 bytes", "8PHy8/T19vf4+fr7/P3+/w==", A128, 0, NULL },
	{ "value of 129 bytes", "8PHy8/T19vf4+fr7/P3+/w==", A160 "AAAAAAAAAAAA", -EINVAL, NULL },
	{ "no iterations", "\"iterations\":1000,", "", -EINVAL, NULL },
	{ "iterations in a string", ":1000", ":\"1000\"", -EINVAL, NULL },
	{ "no iteration", ":1000", ":0", -EINVAL, NULL },
	{ "-1 iterations", ":1000", ":-1", -EINVAL, NULL },
	{ "one iteration", ":1000", ":1", 0, NULL },
	{ "20,000,000 iterations", ":1000", ":20000000", 0, NULL },
	{ "one iteration more", ":1000", ":20000001", -EINVAL, NULL },
	{ "2^32 + 1 iterations", ":1000", ":4294967297", -EINVAL, NULL },
	{ "2^63 iterations", ":1000", ":9223372036854775808", -EINVAL, NULL },
};

static void test_rows(void)
{
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(rows); i++) {
		const int r = rows[i].r;

		unit_row = rows[i].name;
		OK(parse(rows[i].old, rows[i].new, &h, &why) == r);
		OK(!r || (why && strstr(why, rows[i].why ? rows[i].why : "damaged")));
	}
}

static const struct {
	const char *name, *old, *new;
	uint64_t offset, size;
	unsigned int sector_size;
} sizes[] = {
	{ "data at the beginning", "\"16777216\"", "\"0\"", 0, 0, 512 },
	{ "data in the second sector", "\"16777216\"", "\"512\"", 1, 0, 512 },
	{ "a number that begins with the greatest digit", "\"16777216\"", "\"9216\"", 18, 0, 512 },
	{ "data in the last sector of 2^64 bytes", "\"16777216\"", "\"18446744073709551104\"", (1ULL << 55) - 1, 0, 512 },
	{ "one sector", "\"dynamic\"", "\"512\"", 32768, 1, 512 },
	{ "greatest size", "\"dynamic\"", "\"18446744073709551104\"", 32768, (1ULL << 55) - 1, 512 },
	{ "one sector of 4096 bytes", SIZES ",\"encryption\":\"aes-xts-plain64\",\"sector_size\":512",
	  "\"offset\":\"512\",\"size\":\"4096\",\"iv_tweak\":\"0\",\"encryption\":\"x\",\"sector_size\":4096", 1, 8, 4096 },
};

static void test_sizes(void)
{
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(sizes); i++) {
		unit_row = sizes[i].name;
		OK(parse(sizes[i].old, sizes[i].new, &h, &why) == 0);
		OK(h.offset == sizes[i].offset && h.size == sizes[i].size);
		OK(h.sector_size == sizes[i].sector_size);
	}
}

static const struct { const char *flags; unsigned int value; } flags[] = {
	{ "[]", 0 },
	{ "\"allow-discards\"", 0 },
	{ "[\"allow-discards\"]", KK_FLAG_DISCARDS },
	{ "[\"same-cpu-crypt\"]", KK_FLAG_SAME_CPU },
	{ "[\"submit-from-crypt-cpus\"]", KK_FLAG_SUBMIT_FROM_CPU },
	{ "[\"no-read-workqueue\"]", KK_FLAG_NO_READ_WQ },
	{ "[\"no-write-workqueue\"]", KK_FLAG_NO_WRITE_WQ },
	{ "[\"high-priority\"]", KK_FLAG_HIGH_PRIORITY },
	{ "[\"no-journal\"]", 0 },
	{ "[\"readonly\"]", 0 },
	{ "[\"allow-discards2\"]", 0 },
	{ "[\"xallow-discards\"]", 0 },
	{ "[7,\"x\",\"high-priority\",\"same-cpu-crypt\"]", KK_FLAG_HIGH_PRIORITY | KK_FLAG_SAME_CPU },
	{ "[\"allow-discards\",\"same-cpu-crypt\",\"submit-from-crypt-cpus\",\"no-read-workqueue\","
	  "\"no-write-workqueue\",\"high-priority\"]", KK_FLAG_DISCARDS | KK_FLAGS_PERFORMANCE },
};

static void test_flags(void)
{
	struct kk_header h;
	const char *why;
	char config[300];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(flags); i++) {
		unit_row = flags[i].flags;
		snprintf(config, sizeof(config), "\"flags\":%s", flags[i].flags);
		OK(parse("\"json_size\":\"12288\"", config, &h, &why) == 0);
		OK(h.flags == flags[i].value);
	}
	/* Each is a bit of its own. */
	OK(__builtin_popcount(KK_FLAGS_PERFORMANCE) == 5 && !(KK_FLAGS_PERFORMANCE & KK_FLAG_DISCARDS));
}

static const struct { const char *name, *old, *new; unsigned int key_bytes; } keys[] = {
	{ "one byte", "\"key_size\":64", "\"key_size\":1", 1 },
	{ "longest key", "\"key_size\":64", "\"key_size\":512", 512 },
	{ "one byte more", "\"key_size\":64", "\"key_size\":513", 0 },
	{ "no key", "\"key_size\":64", "\"key_size\":0", 0 },
	{ "-1 bytes", "\"key_size\":64", "\"key_size\":-1", 0 },
	{ "size in a string", "\"key_size\":64", "\"key_size\":\"64\"", 0 },
	{ "no size", "\"key_size\":64", "", 0 },
	{ "a slot that is no object", "\"1\":{\"key_size\":64}", "\"1\":64", 0 },
	{ "a slot that is not there", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":[\"3\"]", 0 },
	{ "a slot that is null", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":[null]", 0 },
	{ "a slot that is a number", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":[1]", 0 },
	{ "a slot in an object", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":[{}]", 0 },
	{ "no slot", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":[]", 0 },
	{ "no array of slots", "\"keyslots\":[\"1\",\"2\"]", "\"keyslots\":{\"1\":1}", 0 },
	{ "the first of two slots", "[\"1\",\"2\"]", "[\"2\",\"1\"]", 32 },
	{ "no object of slots", "{\"1\":{\"key_size\":64},\"2\":{\"key_size\":32}}", "[]", 0 },
};

static void test_key_sizes(void)
{
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(keys); i++) {
		unit_row = keys[i].name;
		OK(parse(keys[i].old, keys[i].new, &h, &why) == 0);
		OK(h.key_bytes == keys[i].key_bytes);
	}
}

static const struct { const char *name, *tokens; bool opens; } tokens[] = {
	{ "none", "\"tokens\":{}", false },
	{ "no object", "\"tokens\":[]", false },
	{ "missing", "\"tokenz\":{}", false },
	{ "TPM2", "\"tokens\":{\"0\":{\"type\":\"systemd-tpm2\"}}", true },
	{ "clevis", "\"tokens\":{\"0\":{\"type\":\"clevis\"}}", true },
	{ "recovery key", "\"tokens\":{\"0\":{\"type\":\"systemd-recovery\"}}", false },
	{ "recovery key, and TPM2", "\"tokens\":{\"0\":{\"type\":\"systemd-recovery\"},\"1\":{\"type\":\"systemd-tpm2\"}}", true },
	{ "like a recovery key", "\"tokens\":{\"0\":{\"type\":\"systemd-recovery2\"}}", true },
	{ "no type", "\"tokens\":{\"0\":{}}", false },
	{ "type that is a number", "\"tokens\":{\"0\":{\"type\":3}}", false },
	{ "no object in it", "\"tokens\":{\"0\":\"clevis\"}", false },
};

static void test_tokens(void)
{
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(tokens); i++) {
		unit_row = tokens[i].name;
		OK(parse("\"tokens\":{}", tokens[i].tokens, &h, &why) == 0);
		OK(h.token == tokens[i].opens);
	}
}

static const struct { const char *name, *digests; int id; } ids[] = {
	{ "0", "\"0\":{" DIGEST "}", 0 },
	{ "31", "\"31\":{" DIGEST "}", 31 },
	{ "the first of two", "\"4\":{" DIGEST "},\"5\":{" DIGEST "}", 4 },
	{ "one before it, of another segment", "\"0\":{\"segments\":[\"1\"]},\"6\":{" DIGEST "}", 6 },
	{ "one before it, of no segment", "\"0\":{},\"6\":{" DIGEST "}", 6 },
	{ "one before it that is no object", "\"0\":0,\"6\":{" DIGEST "}", 6 },
};

static void test_digest_ids(void)
{
	struct kk_header h;
	const char *why;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(ids); i++) {
		unit_row = ids[i].name;
		OK(parse("\"3\":{" DIGEST "}", ids[i].digests, &h, &why) == 0);
		OK(h.digest.id == ids[i].id && h.digest.iterations == 1000);
	}
}

static void test_lengths(void)
{
	struct kk_header h;
	const char *why;

	OK(parse("AAECAwQFBgc=", "AA==", &h, &why) == 0 && h.digest.salt_len == 1);
	OK(parse("AAECAwQFBgc=", A256, &h, &why) == 0 && h.digest.salt_len == KK_SALT_MAX);
	OK(parse("8PHy8/T19vf4+fr7/P3+/w==", A128, &h, &why) == 0 && h.digest.len == KK_DIGEST_MAX);
	OK(parse("aes-xts-plain64", X63, &h, &why) == 0);
	STR(h.cipher, X63);
	OK(parse("\"sha256\"", "\"" X16 "xxxxxxxxxxxxxxx\"", &h, &why) == 0);
	STR(h.digest.hash, X16 "xxxxxxxxxxxxxxx");
	OK(parse(":1000", ":20000000", &h, &why) == 0 && h.digest.iterations == 20000000);
}

/* Every prefix, and every byte replaced: an error or facts, never a crash. */
static void test_malformed(void)
{
	static const char good[] = GOOD;
	const char *why;
	struct kk_header h;

	for (size_t len = 0; len < strlen(good); len++) {
		char *cut = strndup(good, len);

		OK(kk_luks2_parse(cut, &h, &why) == -EINVAL && why);
		free(cut);
	}
	for (size_t i = 0; i < strlen(good); i++) {
		for (const char *c = "\"0{}[]-,:x9"; *c; c++) {
			char *bent = strdup(good);

			bent[i] = *c;
			if (!kk_luks2_parse(bent, &h, &why))
				OK(h.digest.len >= 16 && h.sector_size >= 512 && h.digest.iterations);
			free(bent);
		}
	}
	OK(kk_luks2_parse("[]", &h, &why) == -EINVAL);
	OK(kk_luks2_parse("null", &h, &why) == -EINVAL);
	OK(kk_luks2_parse("\"config\"", &h, &why) == -EINVAL);
}

UNIT_MODULE(luks2,
	{ "facts from a header", test_facts },
	{ "bounds of each member", test_rows },
	{ "offsets and sizes", test_sizes },
	{ "persistent flags", test_flags },
	{ "sizes of the volume key", test_key_sizes },
	{ "tokens that open a volume", test_tokens },
	{ "ids of digests", test_digest_ids },
	{ "longest names, salts and digests", test_lengths },
	{ "malformed JSON", test_malformed }
);
