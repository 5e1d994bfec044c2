/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices: who has a UUID, who is mapped, what a VOLUME on the command
 * line stands for.
 */
#ifndef KK_DEVICE_H
#define KK_DEVICE_H

#include <limits.h>
#include <stdbool.h>

#include "keydesc.h"

#define KK_PATH_MAX 256

/* Where sysfs is; the unit tests have one of their own. */
extern const char *kk_sys;

struct kk_mapping {
	char name[128];			/* of the active mapping */
	char uuid[KK_UUID_LEN + 1];	/* LUKS UUID, lower case */
	int luks;
	char device[KK_PATH_MAX];	/* the device below, or "" */
};

/*
 * A block device by its name in sysfs: an attribute, without the newline at its
 * end, and the LUKS mapping that it is. False when there is none.
 */
bool kk_block_attr(const char *kname, const char *attr, char *out, size_t size);
bool kk_block_mapping(const char *kname, struct kk_mapping *m);

/* Calls @fn for every active LUKS mapping until it returns non-zero. */
int kk_each_mapping(int (*fn)(const struct kk_mapping *m, void *arg), void *arg);
bool kk_mapping_of_uuid(const char *uuid, struct kk_mapping *m);
bool kk_mapping_named(const char *name, struct kk_mapping *m);

/* The mapping of LUKS volumes has this dm uuid: its UUID and type, else false. */
bool kk_dm_uuid_parse(const char *dm_uuid, struct kk_mapping *m);

/* True when some dm device has this name, LUKS or not. */
bool kk_dm_name_taken(const char *name);

/*
 * The one free device with this LUKS UUID. KK_DEVICE when there is none (with
 * @quiet: KK_OK and an empty @out) or when two are free, a volume and its
 * clone; KK_BUSY when something else has it.
 */
int kk_device_of_uuid(const char *uuid, bool quiet, char *out, size_t size);

/* Number of a block device; 0 when the path is none. */
unsigned long kk_device_number(const char *path);

/* What the user named, as far as it can be known. */
struct kk_target {
	char device[KK_PATH_MAX];	/* "" when only the UUID is known */
	char uuid[KK_UUID_LEN + 1];	/* "" when only the device is known */
	bool mapped;
	struct kk_mapping mapping;
};

/* Mapper name, device, UUID=...; KK_DEVICE, with a message, when it is none. */
int kk_target_resolve(const char *volume, struct kk_target *t);

/* What an open volume is, named by its mapping. */
void kk_target_of_mapping(const struct kk_mapping *m, struct kk_target *t);

/* LUKS UUID on a device, without a message; false when there is none. */
bool kk_luks_uuid(const char *device, char *uuid, size_t size);

#endif
