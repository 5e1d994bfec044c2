/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that mend what a rehearsal finds, on this distribution.
 */
#ifndef KK_MEND_H
#define KK_MEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kk_distro {
	KK_DISTRO_OTHER,
	KK_DISTRO_DEBIAN,
	KK_DISTRO_FEDORA,
};

/* By its kdump's tool, else by etc/os-release; both below @root. */
enum kk_distro kk_distro_of(const char *root);

/* Who makes an initramfs. */
enum kk_builder {
	KK_BUILDER_DRACUT,
	KK_BUILDER_INITRAMFS_TOOLS,
	KK_BUILDER_KDUMP_TOOLS,		/* Debian's own one for the capture kernel */
	KK_BUILDER_KDUMPCTL,		/* Fedora's */
};

/* Is it what Debian's kdump-tools loads, and the dump saved from the real root? */
bool kk_is_kdump_tools(enum kk_distro distro, const char *initramfs);

enum kk_builder kk_builder_of(enum kk_distro distro, const char *root, const char *initramfs);

enum kk_mend {
	KK_MEND_LOAD,			/* the crash image */
	KK_MEND_RELOAD,
	KK_MEND_LOAD_BY_FILE,		/* with kexec_file_load(2) from now on */
	KK_MEND_NO_MEMORY_ENCRYPTION,
	KK_MEND_CRASH_MEMORY,
	KK_MEND_CAPTURE_WORDS,		/* on the capture kernel's command line; Debian's only */
	KK_MEND_REBUILD,		/* the initramfs */
	KK_MEND_ADD_MODULE,		/* to the initramfs */
};

struct kk_mender {
	enum kk_distro distro;
	enum kk_builder builder;
	bool crash;			/* the initramfs is that of the crash image */
	const char *release;
	const char *initramfs;
	const char *module;
	unsigned int mib;		/* for crashkernel= */
	const char *words;		/* for a command line */
};

void kk_mend(const struct kk_mender *m, enum kk_mend what, char *out, size_t size);

/*
 * An untrusted string as one word of a command that somebody may paste into a
 * shell. The result stays valid as that of kk_esc() does.
 */
const char *kk_shell_word(const char *untrusted);

#endif
