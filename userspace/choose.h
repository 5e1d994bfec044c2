/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the designated keys opens a volume?
 */
#ifndef KK_CHOOSE_H
#define KK_CHOOSE_H

#include "header.h"
#include "ring.h"

struct kk_choice {
	const struct kk_keys *keys;
	key_serial_t ring;
	const struct kk_header *header;
	const char *uuid;
	const char *label;	/* of the volume, for messages */
	const char *device;
	bool mapped;
};

/* The first that the header proves right: KK_OK, or an exit status after a message. */
int kk_choose_key(const struct kk_choice *c, const struct kk_key **key);

/* Some usable key names the volume with this UUID. */
bool kk_keys_have(const struct kk_keys *keys, const char *uuid);

/* A key before number @i names the same volume. */
bool kk_key_repeats(const struct kk_keys *keys, unsigned int i);

#endif
