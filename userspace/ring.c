// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec-keys.h"
#include "ring.h"

int kk_ring_hold(key_serial_t ring)
{
	return keyctl_link(ring, KEY_SPEC_THREAD_KEYRING) < 0 ? -errno : 0;
}

void kk_ring_release(key_serial_t ring)
{
	keyctl_unlink(ring, KEY_SPEC_THREAD_KEYRING);
}

const char *kk_key_state(const struct kk_key *key)
{
	switch (key->error) {
	case 0:
		return "valid";
	case EKEYEXPIRED:
		return "expired";
	case EKEYREVOKED:
		return "revoked";
	case EACCES:
		return "inaccessible";
	default:
		return "unknown";
	}
}

int kk_key_parse(const char *text, struct kk_key *key)
{
	char *description;
	int n = 0;

	if (sscanf(text, "%31[^;];%u;%u;%x;%n", key->type, &key->uid, &key->gid,
		   &key->perm, &n) < 4 || !n)
		return -EINVAL;
	description = strdup(text + n);
	if (!description)
		return -ENOMEM;
	free(key->description);
	key->description = description;
	if (!strcmp(key->type, "logon"))
		kk_keydesc_parse(description, &key->desc);
	return 0;
}

int kk_key_describe(struct kk_key *key)
{
	char *text;
	int r;

	if (keyctl_describe_alloc(key->serial, &text) < 0) {
		key->error = errno;
		return 0;
	}
	r = kk_key_parse(text, key);
	free(text);
	return r;
}

/*
 * /proc/keys is the only place that tells the expiry. Descriptions in it are
 * raw, so a line may be forged: nothing is decided by what is found here.
 */
void kk_keys_expiry(const char *path, struct kk_keys *keys)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, expiry[16];
	unsigned int serial;
	size_t size = 0;

	if (!f)
		return;
	while (getline(&line, &size, f) > 0) {
		if (sscanf(line, "%x %*s %*s %15s", &serial, expiry) != 2)
			continue;
		for (unsigned int i = 0; i < keys->n; i++)
			if ((unsigned int)keys->key[i].serial == serial)
				kk_escape(expiry, keys->key[i].expiry,
					  sizeof(keys->key[i].expiry));
	}
	free(line);
	fclose(f);
}

static int describe_all(const key_serial_t *serials, struct kk_keys *keys)
{
	for (unsigned int i = 0; i < keys->n; i++) {
		struct kk_key *key = &keys->key[i];

		key->serial = serials[i];
		key->description = strdup("");
		if (!key->description || kk_key_describe(key) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

int kk_ring_read(key_serial_t ring, struct kk_keys *keys)
{
	void *serials = NULL;
	int size, r;

	memset(keys, 0, sizeof(*keys));
	size = keyctl_read_alloc(ring, &serials);
	if (size < 0)
		return kk_fail(KK_PERMISSION, "run it as root of the initial namespace",
			       "cannot read the keyring .kexec: %s", strerror(errno));
	keys->n = size / sizeof(key_serial_t);
	keys->key = calloc(keys->n + 1, sizeof(*keys->key));
	if (!keys->key) {
		free(serials);
		keys->n = 0;
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	}

	/* Held, for a key of another user shows itself to a possessor only. */
	r = kk_ring_hold(ring);
	if (r)
		kk_debug("cannot hold the ring: %s", strerror(-r));
	r = describe_all(serials, keys);
	kk_keys_expiry("/proc/keys", keys);
	kk_ring_release(ring);
	free(serials);
	if (r) {
		kk_keys_free(keys);
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	}
	return KK_OK;
}

void kk_keys_free(struct kk_keys *keys)
{
	for (unsigned int i = 0; i < keys->n; i++)
		free(keys->key[i].description);
	free(keys->key);
	memset(keys, 0, sizeof(*keys));
}
