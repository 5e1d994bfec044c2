// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "table.h"

/* In the order in which cryptsetup writes them. */
static const struct { unsigned int flag; const char *word; } words[] = {
	{ KK_FLAG_DISCARDS, "allow_discards" },
	{ KK_FLAG_SAME_CPU, "same_cpu_crypt" },
	{ KK_FLAG_SUBMIT_FROM_CPU, "submit_from_crypt_cpus" },
	{ KK_FLAG_NO_READ_WQ, "no_read_workqueue" },
	{ KK_FLAG_NO_WRITE_WQ, "no_write_workqueue" },
	{ KK_FLAG_HIGH_PRIORITY, "high_priority" },
};

#define N_WORDS (sizeof(words) / sizeof(words[0]))

/*
 * Never iv_large_sectors: LUKS counts IVs in 512-byte sectors, whatever
 * sector_size says.
 */
static void options(const struct kk_header *h, unsigned int flags, char *out, size_t size)
{
	unsigned int n = h->sector_size != 512;
	size_t used;

	for (unsigned int i = 0; i < N_WORDS; i++)
		n += !!(flags & words[i].flag);
	*out = '\0';
	if (!n)
		return;
	used = snprintf(out, size, " %u", n);
	for (unsigned int i = 0; i < N_WORDS; i++)
		if (flags & words[i].flag)
			used += snprintf(out + used, size - used, " %s", words[i].word);
	if (h->sector_size != 512)
		snprintf(out + used, size - used, " sector_size:%u", h->sector_size);
}

int kk_table_params(const struct kk_header *h, const char *description,
		    unsigned int major, unsigned int minor, unsigned int flags,
		    char *out, size_t size)
{
	char opts[192];
	int n;

	options(h, flags, opts, sizeof(opts));
	n = snprintf(out, size, "%s :%u:logon:%s 0 %u:%u %" PRIu64 "%s", h->cipher,
		     h->key_bytes, description, major, minor, h->offset, opts);
	return n < 0 || (size_t)n >= size ? -E2BIG : 0;
}

int kk_table_size(const struct kk_header *h, uint64_t device_sectors, uint64_t *size)
{
	if (device_sectors <= h->offset)
		return -ENOSPC;
	*size = h->size ? h->size : device_sectors - h->offset;
	if (*size > device_sectors - h->offset)
		return -ENOSPC;
	return *size % (h->sector_size / 512) ? -EINVAL : 0;
}

void kk_table_uuid_prefix(int luks, const char *uuid, char *out, size_t size)
{
	size_t n = snprintf(out, size, "CRYPT-LUKS%d-", luks);

	for (; *uuid && n + 2 < size; uuid++)
		if (*uuid != '-')
			out[n++] = tolower((unsigned char)*uuid);
	out[n++] = '-';
	out[n] = '\0';
}

int kk_table_uuid(const struct kk_header *h, const char *name, char *out, size_t size)
{
	size_t n;

	kk_table_uuid_prefix(h->luks, h->uuid, out, size);
	n = strlen(out);
	n += snprintf(out + n, size - n, "%s", name);
	return n >= size || n > KK_DM_UUID_MAX ? -E2BIG : 0;
}
