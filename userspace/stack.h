/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the root file system stands on: LVM on LUKS, LUKS on md, and so on.
 */
#ifndef KK_STACK_H
#define KK_STACK_H

#include <stdbool.h>
#include <stddef.h>

bool kk_is_under_root(const char *mapping);

/* The source of the last mount at @place, in a file like /proc/self/mountinfo. */
bool kk_mount_source(const char *mountinfo, const char *place, char *out, size_t size);

#endif
