/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KK_REPLACE_H
#define KK_REPLACE_H

#include <stddef.h>

/*
 * Replaces a file: whoever reads it finds the old one or the new one, whole, also
 * after a crash. Owner, mode and attributes stay, and the old file under the name
 * @backup. 0 or -errno; on failure it is as it was.
 */
int kk_replace_file(const char *path, const char *backup, const char *content, size_t len);

#endif
