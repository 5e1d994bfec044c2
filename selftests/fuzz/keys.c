// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key descriptions, which any process may choose; what KEYCTL_DESCRIBE and /proc/keys
 * say about a key; the dm uuid of a mapping; and how such text is escaped.
 */
#include <ctype.h>
#include <strings.h>

#include "device.h"
#include "fuzz.h"
#include "kexec-keys.h"
#include "ring.h"
#include "table.h"

/* A description that is taken for a volume key's has no more than its parts. */
static void check_description(const char *description)
{
	struct kk_keydesc d;
	const enum kk_key_kind kind = kk_keydesc_parse(description, &d);
	char again[100];

	MUST_END(d.uuid);
	MUST(kind == d.kind);
	MUST(kind == KK_KEY_OTHER ? !d.uuid[0] : kk_uuid_valid(d.uuid));
	if (kind == KK_KEY_CRYPTSETUP) {
		MUST(d.digest >= 0 && d.digest <= 99);
		kk_keydesc_format(d.uuid, d.digest, again, sizeof(again));
		MUST(!strcmp(again, description));
		reached();
	} else if (kind == KK_KEY_KDUMP) {
		MUST(d.digest == -1);
		snprintf(again, sizeof(again), "kdump-cryptsetup:vk-%s", d.uuid);
		MUST(!strcmp(again, description));
		reached();
	}
}

static void check_key(const char *text)
{
	struct kk_key key = { .description = strdup("before") };
	struct kk_keydesc d;

	MUST(key.description);
	if (!kk_key_parse(text, &key)) {
		MUST_END(key.type);
		MUST(key.type[0] && !strchr(key.type, ';'));
		MUST(strlen(text) >= strlen(key.description));
		MUST(!strcmp(text + strlen(text) - strlen(key.description), key.description));
		if (strcmp(key.type, "logon"))
			MUST(key.desc.kind == KK_KEY_OTHER);
		else
			MUST(kk_keydesc_parse(key.description, &d) == key.desc.kind);
	} else {
		MUST(!strcmp(key.description, "before"));
	}
	free(key.description);
}

static void must_be_printable(const char *text)
{
	for (; *text; text++)
		MUST(*text >= ' ' && *text <= '~');
}

static void check_proc_keys(const uint8_t *data, size_t size)
{
	struct kk_key key[] = { { .serial = 0x1234abcd }, { .serial = -1 }, { .serial = 0 } };
	struct kk_keys keys = { key, sizeof(key) / sizeof(key[0]) };

	kk_keys_expiry(file_with(data, size), &keys);
	for (unsigned int i = 0; i < keys.n; i++) {
		MUST_END(key[i].expiry);
		must_be_printable(key[i].expiry);
	}
}

static void check_dm_uuid(const char *text)
{
	struct kk_mapping m;
	char prefix[160];

	if (!kk_dm_uuid_parse(text, &m))
		return;
	MUST_END(m.uuid);
	MUST(kk_uuid_valid(m.uuid) && (m.luks == 1 || m.luks == 2));
	kk_table_uuid_prefix(m.luks, m.uuid, prefix, sizeof(prefix));
	MUST(!strncasecmp(text, prefix, strlen(prefix)));
	reached();
}

/* In a buffer of any size, and so that the text can be read back. */
static void check_escape(const char *text)
{
	const size_t len = strlen(text);

	for (size_t size = 1; size <= 4 * len + 2 && size < 40; size++) {
		char *out = malloc(size);

		MUST(out);
		kk_escape(text, out, size);
		MUST(strlen(out) < size);
		must_be_printable(out);
		free(out);
	}
	must_be_printable(kk_esc(text));
	for (const char *out = kk_esc(text), *from = text; *out; from++) {
		unsigned int c = (unsigned char)*out++;

		if (c == '\\') {
			MUST(sscanf(out, "x%2x", &c) == 1);
			out += 3;
		}
		MUST(c == (unsigned char)*from);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_text(data, size);

	check_description(text);
	check_key(text);
	check_dm_uuid(text);
	check_escape(text);
	check_proc_keys(data, size);
	free(text);
	return 0;
}
