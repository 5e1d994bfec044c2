/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's kdump-tools, whose capture kernel boots the real root and saves the dump
 * from there.
 */
#ifndef KK_KDUMP_TOOLS_H
#define KK_KDUMP_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

/* What it loads has its initramfs there. */
#define KK_KDUMP_TOOLS_DIR "/var/lib/kdump/"

#define KK_KDUMP_TOOLS_SETTINGS "/etc/default/kdump-tools"

/* A word in its settings begins so; those of the capture kernel's command line are there. */
bool kk_kdump_tools_has_word(const char *beginning);

/* To another machine, by SSH, NFS or FTP. */
bool kk_kdump_tools_dumps_elsewhere(void);

/* Where it saves dumps: KDUMP_COREDIR of its settings, or its default. */
void kk_kdump_tools_directory(char *out, size_t size);

#endif
