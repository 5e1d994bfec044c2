/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptions of logon keys that belong to LUKS volumes.
 */
#ifndef KK_KEYDESC_H
#define KK_KEYDESC_H

#include <stdbool.h>
#include <stddef.h>

#define KK_UUID_LEN 36

enum kk_key_kind {
	KK_KEY_OTHER,
	KK_KEY_CRYPTSETUP,	/* cryptsetup:<UUID>-d<digest> */
	KK_KEY_KDUMP,		/* kdump-cryptsetup:vk-<UUID> */
};

struct kk_keydesc {
	enum kk_key_kind kind;
	char uuid[KK_UUID_LEN + 1];
	int digest;		/* -1 when the description has none */
};

/* A description is written by anybody: only the exact forms count. */
enum kk_key_kind kk_keydesc_parse(const char *description, struct kk_keydesc *out);
void kk_keydesc_format(const char *uuid, int digest, char *out, size_t size);

/* Of the form 8-4-4-4-12, hexadecimal. */
bool kk_uuid_valid(const char *uuid);

#endif
