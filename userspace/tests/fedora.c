// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the shim advises and looks for on Fedora, for scripts/check-kdump-utils:
 *
 *   fedora WHAT              the command that mends WHAT
 *   fedora image DIR RELEASE the initramfs of kdump that is found below DIR
 */
#include <stdio.h>
#include <string.h>

#include "initramfs.h"
#include "kexec-keys.h"
#include "mend.h"

static const char *const words[] = {
	[KK_MEND_LOAD]		= "load",
	[KK_MEND_RELOAD]	= "reload",
	[KK_MEND_LOAD_BY_FILE]	= "load-by-file",
	[KK_MEND_CRASH_MEMORY]	= "crash-memory",
	[KK_MEND_REBUILD]	= "rebuild",
	[KK_MEND_ADD_MODULE]	= "add-module",
};

static int advise(const char *word)
{
	const struct kk_mender m = {
		.distro = KK_DISTRO_FEDORA, .builder = KK_BUILDER_KDUMPCTL, .crash = true,
		.release = "6.12", .initramfs = "/boot/initramfs-6.12kdump.img",
		.module = "algif_hash", .mib = 320,
	};
	char text[500];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(words); i++) {
		if (!words[i] || strcmp(words[i], word))
			continue;
		kk_mend(&m, i, text, sizeof(text));
		puts(text);
		return 0;
	}
	return 1;
}

static int find_image(const char *root, const char *release)
{
	char path[PATH_MAX];

	if (!kk_initramfs_find_crash(root, release, path, sizeof(path)) ||
	    kk_builder_of(KK_DISTRO_FEDORA, root, path) != KK_BUILDER_KDUMPCTL)
		return 1;
	puts(path);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "image"))
		return find_image(argv[2], argv[3]);
	return argc == 2 ? advise(argv[1]) : 2;
}
