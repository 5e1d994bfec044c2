/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option of /etc/crypttab by which systemd designates a key when it opens the
 * volume, on single lines. All else on a line stays as it is, byte for byte.
 */
#ifndef KK_CRYPTTAB_H
#define KK_CRYPTTAB_H

#include "kexec-keys.h"

enum kk_link {
	KK_LINK_NONE,
	KK_LINK_OURS,	/* to .kexec */
	KK_LINK_OTHER,	/* to another keyring; an entry can have one link only */
};

enum kk_link kk_crypttab_link(const char *line);

/* The line with a link for a key of this description, or with none; free() it. */
char *kk_crypttab_with_link(const char *line, const char *description);
char *kk_crypttab_without_link(const char *line);

/* tag --crypttab and untag --crypttab, cmd_crypttab.c */
int kk_crypttab_edit(const char *path, const struct kk_args *args, bool link);

#endif
