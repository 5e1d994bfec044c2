/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a path stands on: LVM on LUKS, LUKS on md, btrfs on several devices, and
 * so on.
 */
#ifndef KK_STACK_H
#define KK_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "device.h"

/*
 * 0 and the path itself, or 1 and the nearest parent of one that does not exist yet.
 * -ENOLINK for a symbolic link to what does not exist, whose parent tells nothing;
 * or another -errno.
 */
int kk_existing_path(const char *path, char *out, size_t size);

/*
 * Calls @fn once for each encrypted mapping below a path that exists, the path's
 * own device included, until it returns more than 0, and returns that. One that is
 * not LUKS has neither UUID nor device, and 0 for its type. -ENOTBLK when it is on
 * no block device here, or another -errno.
 */
int kk_each_below(const char *path, int (*fn)(const struct kk_mapping *m, void *arg),
		  void *arg);

/* Likewise, below a block device. */
int kk_each_below_device(unsigned long rdev,
			 int (*fn)(const struct kk_mapping *m, void *arg), void *arg);

/* The type of the file system that a path is on. */
bool kk_file_system_type(const char *path, char *out, size_t size);

/* That of a mount, in a file like /proc/self/mountinfo. */
bool kk_mount_type(const char *mountinfo, unsigned long long id, char *out, size_t size);

/*
 * Does a path, or its nearest parent that exists, stand on this mapping? So it is
 * said, too, where that cannot be told.
 */
bool kk_is_under(const char *path, const char *mapping);

#endif
