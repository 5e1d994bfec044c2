// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the next kernel would find in a handover buffer, as a line of text: a status,
 * then for each key its description, payload in hexadecimal and attributes. For
 * tests, whose payloads are no secret.
 */
#include <kernel.h>
#include <stdio.h>

#include "codec.h"

struct text {
	char	*at;
	size_t	left;
};

static void put(struct text *text, const char *format, unsigned int value)
{
	int len = snprintf(text->at, text->left, format, value);

	assert(len >= 0 && (size_t)len < text->left);
	text->at += len;
	text->left -= len;
}

static void put_bytes(struct text *text, const u8 *bytes, size_t len, const char *format)
{
	while (len--)
		put(text, format, *bytes++);
}

void describe(const void *buf, size_t size, char *out, size_t out_size);

void describe(const void *buf, size_t size, char *out, size_t out_size)
{
	struct text text = { out, out_size };
	struct kexec_keys_record rec;
	struct kexec_keys_set set;
	enum kexec_keys_status status = kexec_keys_decode(buf, size, &set);
	const char *name = kexec_keys_status_name(status);

	put_bytes(&text, (const u8 *)name, strlen(name), "%c");
	if (status != KEXEC_KEYS_OK)
		return;

	while (kexec_keys_next(&set, &rec)) {
		put(&text, "%c", ' ');
		put_bytes(&text, (const u8 *)rec.desc, rec.desc_len, "%c");
		put(&text, "%c", '=');
		put_bytes(&text, rec.payload, rec.payload_len, "%02x");
		put(&text, "/%u", rec.uid);
		put(&text, "/%u", rec.gid);
		put(&text, "/%08x", rec.perm);
		put(&text, "/%u", rec.expiry);
	}
}
