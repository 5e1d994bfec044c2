/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parameters of a dm-crypt mapping, as cryptsetup would write them.
 */
#ifndef KK_TABLE_H
#define KK_TABLE_H

#include "header.h"

#define KK_DM_NAME_MAX	127	/* DM_NAME_LEN - 1 */
#define KK_DM_UUID_MAX	128	/* DM_UUID_LEN - 1 */

/* What stands behind "0 <size> crypt"; 0 or -E2BIG. */
int kk_table_params(const struct kk_header *h, const char *description,
		    unsigned int major, unsigned int minor, unsigned int flags,
		    char *out, size_t size);

/* Sectors of the mapping on a device with so many sectors; -ENOSPC, -EINVAL. */
int kk_table_size(const struct kk_header *h, uint64_t device_sectors, uint64_t *size);

/* CRYPT-LUKS2-<UUID without dashes>-<name>; -E2BIG when it would be cut. */
int kk_table_uuid(const struct kk_header *h, const char *name, char *out, size_t size);

/* Up to the name: by this prefix a mapping of a volume is recognised. */
void kk_table_uuid_prefix(int luks, const char *uuid, char *out, size_t size);

#endif
