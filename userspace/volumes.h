/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and options of volumes: /etc/kexec-keys/volumes and /etc/crypttab,
 * which have one syntax, and the kernel's command line.
 */
#ifndef KK_VOLUMES_H
#define KK_VOLUMES_H

#include <stdbool.h>
#include <stddef.h>

#include "keydesc.h"

struct kk_volume {
	char name[128];
	char source[256];	/* UUID=..., /dev/..., PARTUUID=... */
	char header[256];	/* of the option header=, or "" */
	unsigned int flags;	/* KK_FLAG_ */
};

/* One line of a crypttab; false when it is a comment or no entry. */
bool kk_volume_parse(const char *line, struct kk_volume *v);

/* discard,no-read-workqueue,... to KK_FLAG_ */
unsigned int kk_volume_flags(const char *options);

/* UUID="..." or UUID=... of a source, compared without case. */
bool kk_source_is_uuid(const char *source, const char *uuid);

/*
 * What the command line says of a volume: rd.luks.name=, rd.luks.options=,
 * rd.luks.allow-discards, and the same without rd. Finds by @uuid, or by
 * @v->name when that is set and @uuid is "".
 */
bool kk_cmdline_volume(const char *cmdline, const char *uuid, struct kk_volume *v);

/*
 * By UUID or device number (0: unknown), resp. by name; in the order volumes,
 * crypttab, command line. False when none of them knows it.
 */
bool kk_volume_of(const char *uuid, unsigned long rdev, struct kk_volume *v);
bool kk_volume_named(const char *name, struct kk_volume *v);

#endif
