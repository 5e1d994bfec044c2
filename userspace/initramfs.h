/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in an initramfs, as the distribution's own tool lists it.
 */
#ifndef KK_INITRAMFS_H
#define KK_INITRAMFS_H

#include <limits.h>
#include <stdint.h>

#include "words.h"

struct kk_initramfs {
	char path[PATH_MAX];
	char release[80];		/* of the modules in it, or "" */
	char crypttab[64];		/* its path in there, or "" */
	char volumes[64];		/* likewise, of our dracut module's list */
	bool has_shim;
	bool by_dracut;			/* else by initramfs-tools, or unknown */
	uint64_t packed;		/* bytes of the file */
	uint64_t unpacked;		/* bytes of what is in it */
	struct kk_words modules;
};

/* That of the capture kernel, resp. of an ordinary boot; below @root. */
bool kk_initramfs_find_crash(const char *root, const char *release, char *out, size_t size);
bool kk_initramfs_find_boot(const char *root, const char *release, char *out, size_t size);

/*
 * Looks into @path. 0, -ENOENT when there is no tool for it, -EIO when the tool
 * cannot read it, or another -errno.
 */
int kk_initramfs_look(struct kk_initramfs *im, const char *path);

/* One line of such a list. */
void kk_initramfs_line(struct kk_initramfs *im, const char *line);

/* The lines of both in it. 0, or -EIO when they cannot be had. */
int kk_initramfs_volumes(const struct kk_initramfs *im,
			 void (*fn)(const char *line, void *arg), void *arg);

void kk_initramfs_free(struct kk_initramfs *im);

/* Bytes of crashkernel= without which a capture kernel is not to be relied on. */
uint64_t kk_crash_memory(const struct kk_initramfs *im);

#endif
