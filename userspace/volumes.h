/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and options of volumes: /etc/kexec-keys/volumes, /etc/crypttab, and in an
 * initramfs of Debian's /cryptroot/crypttab, which have one syntax, and the kernel's
 * command line.
 */
#ifndef KK_VOLUMES_H
#define KK_VOLUMES_H

#include <stdbool.h>
#include <stddef.h>

#include "keydesc.h"

/* Before the path of each of these files; "" but for the unit tests. */
extern const char *kk_root;

struct kk_volume {
	char name[128];
	char source[256];	/* UUID=..., /dev/..., PARTUUID=... */
	char header[256];	/* of the option header=, or "" */
	unsigned int flags;	/* KK_FLAG_ */
	bool not_luks;		/* plain, tcrypt and the like */
	bool at_boot;		/* neither noauto nor nofail: the boot waits for it */
	bool asks;		/* no key file, no TPM: somebody has to type */
};

/* Name, source, key file and options on a line of a crypttab: where they are. */
struct kk_field {
	const char *at;
	size_t len;
};

/* How many of them there are; 0 when the line is a comment or no entry. */
unsigned int kk_volume_fields(const char *line, struct kk_field fields[4]);

/* False when it is no entry, or has a word that is too long to be one. */
bool kk_volume_parse(const char *line, struct kk_volume *v);

/* Where systemd finds one that crypttab does not name, as crypttab(5) has it. */
bool kk_volume_has_key_file(const struct kk_volume *v);

/* discard,no-read-workqueue,... to KK_FLAG_ */
unsigned int kk_volume_flags(const char *options);

/* UUID="..." or UUID=... of a source, compared without case. */
bool kk_source_is_uuid(const char *source, const char *uuid);

/* That of such a source, as it is written, in @uuid of KK_UUID_LEN + 1 bytes. */
bool kk_source_uuid(const char *source, char *uuid);

/*
 * What the command line says of a volume: rd.luks.name=, rd.luks.options=,
 * rd.luks.allow-discards, and the same without rd. Finds by @uuid, or by
 * @v->name when that is set and @uuid is "".
 */
bool kk_cmdline_volume(const char *cmdline, const char *uuid, struct kk_volume *v);

/*
 * By UUID, which a detached header has, or device number (0: unknown), resp. by
 * name; in the order volumes, crypttabs, command line, whose options are added to
 * those of the others. False when none of them knows it.
 */
bool kk_volume_of(const char *uuid, unsigned long rdev, struct kk_volume *v);
bool kk_volume_named(const char *name, struct kk_volume *v);

/* It stands for the volume with this UUID, or for the device (0: unknown). */
bool kk_volume_is(const struct kk_volume *v, const char *uuid, unsigned long rdev);

/*
 * Calls @fn for every entry of a file, /etc/kexec-keys/volumes or /etc/crypttab,
 * until it returns non-zero, and returns that.
 */
extern const char kk_volumes_file[], kk_crypttab_file[];
int kk_each_volume(const char *path, int (*fn)(const struct kk_volume *v, void *arg),
		   void *arg);

/*
 * The command line makes an initramfs open it: rd.luks.name= or rd.luks.uuid=,
 * the latter without its "luks-", or only with its beginning.
 */
bool kk_cmdline_opens(const char *cmdline, const char *uuid);
void kk_read_cmdline(char *out, size_t size);

/* One of its words begins so. */
bool kk_cmdline_has(const char *cmdline, const char *beginning);

/* Of a file of settings, outside of comments: a word in a value begins so. */
bool kk_file_has_word(const char *path, const char *beginning);

#endif
