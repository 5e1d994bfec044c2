/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unlocks a LUKS volume into the thread keyring, without activating it.
 */
#ifndef KK_UNLOCK_H
#define KK_UNLOCK_H

#include <keyutils.h>

#include "header.h"
#include "kexec-keys.h"
#include "passphrase.h"

/*
 * On success @serial is a verified logon key, possessed until crypt_free(cd).
 * For LUKS2 no byte of it is ever in this program's own memory. The key file is
 * read once for all volumes, since standard input cannot be read again; @key_file,
 * empty at first, is the caller's to kk_secret_free().
 */
int kk_unlock(struct crypt_device *cd, const struct kk_header *h, const char *label,
	      const struct kk_args *args, struct kk_secret *key_file, key_serial_t *serial);

/* " with argon2id, 1024 MiB of memory", of the slots that would be tried; "" when unknown. */
void kk_unlock_cost(struct crypt_device *cd, int slot, char *out, size_t size);

#endif
