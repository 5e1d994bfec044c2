/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyring .kexec and its members.
 */
#ifndef KK_RING_H
#define KK_RING_H

#include <keyutils.h>
#include <stdint.h>

#include "keydesc.h"

struct kk_key {
	key_serial_t serial;
	int error;		/* errno of the look: EKEYEXPIRED, EKEYREVOKED, ... */
	char type[32];
	unsigned int uid;
	unsigned int gid;
	uint32_t perm;
	char expiry[16];	/* "perm", "59s", "3h": as in /proc/keys, or "" */
	char *description;	/* never NULL, untrusted */
	struct kk_keydesc desc;
};

struct kk_keys {
	struct kk_key *key;
	unsigned int n;
};

/*
 * While a process has the ring in its thread keyring, it possesses the keys in
 * it: it may then use them for a dm-crypt table or for AF_ALG. Never call
 * libcryptsetup in between: 2.6.1 revokes what it finds.
 */
int kk_ring_hold(key_serial_t ring);
void kk_ring_release(key_serial_t ring);

/* All members, described; reports its own errors, returns an exit status. */
int kk_ring_read(key_serial_t ring, struct kk_keys *keys);
void kk_keys_free(struct kk_keys *keys);

/* Describes the key with this serial; -ENOMEM, or 0 and perhaps kk_key.error. */
int kk_key_describe(struct kk_key *key);

/* One word for kk_key.error. */
const char *kk_key_state(const struct kk_key *key);

/* Parses the "type;uid;gid;perm;description" of KEYCTL_DESCRIBE. */
int kk_key_parse(const char *text, struct kk_key *key);

/* Finds the expiry of keys in the text of /proc/keys; for people's eyes only. */
void kk_keys_expiry(const char *path, struct kk_keys *keys);

#endif
