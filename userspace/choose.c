// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "choose.h"
#include "kexec-keys.h"
#include "verify.h"

static bool key_is_of(const struct kk_key *k, const char *uuid, enum kk_key_kind kind)
{
	return !k->error && k->desc.kind == kind && !strcasecmp(k->desc.uuid, uuid);
}

bool kk_keys_have(const struct kk_keys *keys, const char *uuid)
{
	for (unsigned int i = 0; i < keys->n; i++)
		if (key_is_of(&keys->key[i], uuid, KK_KEY_CRYPTSETUP) ||
		    key_is_of(&keys->key[i], uuid, KK_KEY_KDUMP))
			return true;
	return false;
}

bool kk_key_repeats(const struct kk_keys *keys, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (!keys->key[j].error && !strcasecmp(keys->key[j].desc.uuid,
						       keys->key[i].desc.uuid))
			return true;
	return false;
}

static int verify_key(const struct kk_choice *c, const struct kk_key *k)
{
	struct kk_verify v = {
		.header = c->header, .label = c->label, .device = c->device,
		.description = k->description, .serial = k->serial, .ring = c->ring,
		.mapped = c->mapped,
	};

	return kk_verify(&v);
}

/* cryptsetup's own description first: only with it refresh and resize work. */
int kk_choose_key(const struct kk_choice *c, const struct kk_key **key)
{
	static const enum kk_key_kind kinds[] = { KK_KEY_CRYPTSETUP, KK_KEY_KDUMP };
	const int id = c->header->digest.id;
	int r = KK_KEY_MISSING;

	for (unsigned int kind = 0; kind < KK_ARRAY_SIZE(kinds); kind++) {
		/* The key of the header's digest id before others of this UUID. */
		for (int pass = 0; pass < 2; pass++) {
			for (unsigned int i = 0; i < c->keys->n; i++) {
				const struct kk_key *k = &c->keys->key[i];
				bool same_id = k->desc.digest < 0 || k->desc.digest == id;

				if (!key_is_of(k, c->uuid, kinds[kind]) || same_id != !pass)
					continue;
				r = verify_key(c, k);
				*key = k;
				if (!r)
					return KK_OK;
			}
		}
	}
	return r;
}
