// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "locate.h"

/* UUID=... of LUKS as it is, without quotes; else the path of what is there, or NULL. */
static char *resolve_source(const char *source)
{
	char word[5 + KK_UUID_LEN + 1] = "UUID=";

	if (source[0] == '/')
		return access(source, F_OK) ? NULL : strdup(source);
	if (kk_source_uuid(source, word + 5))
		return strdup(word);
	return blkid_evaluate_spec(source, NULL);
}

int kk_target_of_volume(const struct kk_volume *v, bool quiet, struct kk_target *t)
{
	char *volume = resolve_source(v->source);
	int r = KK_OK;

	memset(t, 0, sizeof(*t));
	if (volume)
		r = kk_target_resolve(volume, t);
	else if (!quiet)
		r = kk_fail(KK_DEVICE, "attach the disk, or see blkid for what there is",
			    "no device is %s", kk_esc(v->source));
	free(volume);
	return r;
}

static void look_up(struct kk_target *t, const char *header, struct kk_volume *v)
{
	kk_volume_of(t->uuid, kk_device_number(t->device), v);
	if (header)
		snprintf(v->header, sizeof(v->header), "%s", header);
}

/* What carries the UUID of a detached header is that header, not the volume. */
static int locate_by_entry(struct kk_target *t, const struct kk_volume *v, bool quiet)
{
	char *device = resolve_source(v->source);
	bool is_there = device && device[0] == '/';

	if (is_there)
		snprintf(t->device, sizeof(t->device), "%s", device);
	free(device);
	if (is_there || quiet)
		return KK_OK;
	return kk_fail(KK_DEVICE, "attach the disk, or see blkid for what there is",
		       "%s, the device of %s with a detached header, is not there",
		       kk_esc(v->source), kk_esc(v->name));
}

int kk_locate(struct kk_target *t, const char *header, bool quiet, struct kk_volume *v)
{
	int r;

	if (header && strlen(header) >= sizeof(v->header))
		return kk_fail(KK_USAGE, "use a shorter one", "the path %s is too long",
			       kk_esc(header));
	look_up(t, header, v);
	if (v->header[0] && !t->uuid[0])
		kk_luks_uuid(v->header, t->uuid, sizeof(t->uuid));
	if (t->device[0])
		return KK_OK;
	if (v->header[0] && v->source[0])
		return locate_by_entry(t, v, quiet);
	r = kk_device_of_uuid(t->uuid, quiet, t->device, sizeof(t->device));
	if (!r && t->device[0])
		look_up(t, header, v);
	return r;
}

/* To map the header as if it were the volume would be its end. */
static int check_device(struct kk_target *t, const struct kk_volume *v,
			const char *label, const struct kk_header *h)
{
	unsigned long rdev = kk_device_number(t->device);

	if (v->header[0] ? rdev && rdev == kk_device_number(v->header) : !h->offset)
		return kk_fail(KK_DEVICE, "name the device of the volume, with --header",
			       "%s has the header of a volume, but not the volume",
			       kk_esc(t->device));
	if (!t->uuid[0])
		memcpy(t->uuid, h->uuid, sizeof(t->uuid));
	if (!strcasecmp(t->uuid, h->uuid))
		return KK_OK;
	return kk_fail(KK_DEVICE, "give the header of this volume",
		       "the header of %s has the UUID %s, not %s", kk_esc(label),
		       h->uuid, t->uuid);
}

int kk_load_located(struct kk_target *t, const struct kk_volume *v, const char *label,
		    struct kk_header *h, struct crypt_device **cd)
{
	int r = kk_header_load(label, t->device, v->header[0] ? v->header : NULL, h, cd);

	if (r)
		return r;
	r = check_device(t, v, label, h);
	if (r && cd)
		crypt_free(*cd);
	return r;
}
