/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is this designated key the volume's, as its header is on disk now?
 */
#ifndef KK_VERIFY_H
#define KK_VERIFY_H

#include <keyutils.h>

#include "header.h"

struct kk_verify {
	const struct kk_header *header;
	const char *label;		/* of the volume, for messages */
	const char *device;
	const char *description;	/* of the key */
	key_serial_t serial;
	key_serial_t ring;		/* whose member the key is */
	bool mapped;			/* the volume is open: no probe is possible */
};

/* KK_OK, or an exit status after a message. */
int kk_verify(const struct kk_verify *v);

/*
 * AF_ALG alone, without a message: 0, -EKEYREJECTED, -EOPNOTSUPP where the
 * kernel cannot, -EKEYEXPIRED and so on.
 */
int kk_verify_digest(const struct kk_header *h, key_serial_t serial, key_serial_t ring);

#endif
