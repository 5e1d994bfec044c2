/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which modules of the kernel does opening a volume take, and does an initramfs
 * have them?
 */
#ifndef KK_MODULES_H
#define KK_MODULES_H

#include <stddef.h>

#include "words.h"

enum kk_has {
	KK_HAS,
	KK_LACKS,
	KK_UNKNOWN,	/* nothing here tells what that kernel has built in */
};

/* Parts of a cipher specification that are algorithms: aes, xts; not plain64. */
void kk_cipher_words(const char *cipher, struct kk_words *out);

/*
 * A module (dm_crypt), resp. an algorithm (aes), of the kernel whose modules are
 * in @dir: in the initramfs, which has @modules, or built in. Where there is no
 * @dir, but that kernel is @running, it is asked.
 */
enum kk_has kk_has_module(const char *dir, bool running, const struct kk_words *modules,
			  const char *name);
enum kk_has kk_has_algorithm(const char *dir, bool running, const struct kk_words *modules,
			     const char *name);

/* kernel/drivers/md/dm-crypt.ko.xz: dm_crypt; false when it is no module. */
bool kk_module_of_path(const char *path, char *out, size_t size);

#endif
