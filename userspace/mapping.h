/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device-mapper: makes a mapping whose key is one of .kexec.
 */
#ifndef KK_MAPPING_H
#define KK_MAPPING_H

#include <keyutils.h>

#include "header.h"

struct kk_new_mapping {
	const struct kk_header *header;
	const char *device;
	const char *name;
	const char *description;	/* of the key */
	unsigned int flags;		/* KK_FLAG_ */
	key_serial_t ring;
	bool is_private;		/* read-only, no udev rules, no LUKS uuid */
};

/* 0 or -errno; nothing is left behind on failure. */
int kk_mapping_create(const struct kk_new_mapping *new);
int kk_mapping_remove(const char *name, bool is_private);

/* The kernel, or a module that it has loaded, has such targets. */
bool kk_dm_has_target(const char *target);

/* Its table is out of use, as after cryptsetup luksSuspend. */
bool kk_mapping_suspended(const char *name);

/* Path of its device node, which exists without udev, too. */
int kk_mapping_path(const char *name, char *out, size_t size);

#endif
