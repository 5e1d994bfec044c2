/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a user or a table of volumes names to the device and the header, which
 * may be detached.
 */
#ifndef KK_LOCATE_H
#define KK_LOCATE_H

#include "device.h"
#include "header.h"
#include "volumes.h"

/*
 * What an entry stands for; KK_DEVICE, with a message, when that is not there, or with
 * @quiet KK_OK and an empty target.
 */
int kk_target_of_volume(const struct kk_volume *v, bool quiet, struct kk_target *t);

/*
 * Completes a target by what the tables say of it in @v: the detached header, unless
 * it is @header, by that its UUID and device; else its device by its UUID, as
 * kk_device_of_uuid() does.
 */
int kk_locate(struct kk_target *t, const char *header, bool quiet, struct kk_volume *v);

/*
 * kk_header_load() for it: the header must have the UUID of the target, which is
 * filled in where it was not known.
 */
int kk_load_located(struct kk_target *t, const struct kk_volume *v, const char *label,
		    struct kk_header *h, struct crypt_device **cd);

#endif
