// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kdump_tools.h"
#include "kexec-keys.h"
#include "mend.h"
#include "spawn.h"

const char *kk_shell_word(const char *untrusted)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=:,./@%";
	static char buf[4][600];
	static unsigned int next;
	char *out = buf[next++ % KK_ARRAY_SIZE(buf)];
	const char *p = kk_esc(untrusted);
	size_t n = 0;

	if (*p && !p[strspn(p, plain)]) {
		snprintf(out, sizeof(buf[0]), "%s", p);
		return out;
	}
	out[n++] = '\'';
	for (; *p && n + 6 < sizeof(buf[0]); p++)
		n += snprintf(out + n, sizeof(buf[0]) - n, *p == '\'' ? "'\\''" : "%c", *p);
	out[n++] = '\'';
	out[n] = '\0';
	return out;
}

/* ID or ID_LIKE of os-release has this word. */
static bool os_is_like(const char *root, const char *word)
{
	char path[512], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc/os-release", root);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		char *rest = strchr(line, '='), *w;

		if (strncmp(line, "ID", 2) || !rest)
			continue;
		rest++;
		while ((w = strsep(&rest, " \"'\n")))
			found = found || !strcmp(w, word);
	}
	fclose(f);
	return found;
}

enum kk_distro kk_distro_of(const char *root)
{
	if (kk_program_exists(root, "kdump-config"))
		return KK_DISTRO_DEBIAN;
	if (kk_program_exists(root, "kdumpctl"))
		return KK_DISTRO_FEDORA;
	if (os_is_like(root, "debian") || os_is_like(root, "ubuntu"))
		return KK_DISTRO_DEBIAN;
	/* Those that come from RHEL name both. */
	if (os_is_like(root, "fedora"))
		return KK_DISTRO_FEDORA;
	return KK_DISTRO_OTHER;
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && !strcmp(path + n - m, end);
}

bool kk_is_kdump_tools(enum kk_distro distro, const char *initramfs)
{
	return distro == KK_DISTRO_DEBIAN && strstr(initramfs, KK_KDUMP_TOOLS_DIR);
}

enum kk_builder kk_builder_of(enum kk_distro distro, const char *root, const char *initramfs)
{
	const bool have_dracut = kk_program_exists(root, "dracut");

	/* It calls mkinitramfs, and without that does nothing. */
	if (kk_is_kdump_tools(distro, initramfs) &&
	    (!have_dracut || kk_program_exists(root, "mkinitramfs")))
		return KK_BUILDER_KDUMP_TOOLS;
	if (distro == KK_DISTRO_DEBIAN && !have_dracut)
		return KK_BUILDER_INITRAMFS_TOOLS;
	if (distro == KK_DISTRO_FEDORA &&
	    (ends_with(initramfs, "kdump.img") || ends_with(initramfs, "/initrdkdump")))
		return KK_BUILDER_KDUMPCTL;
	return KK_BUILDER_DRACUT;
}

/* %r: release, %i: initramfs, %m: module, %n: MiB, %w: words. */
static void expand(const struct kk_mender *m, const char *template, char *out, size_t size)
{
	size_t n = strlen(out);

	for (; *template && n + 1 < size; template++) {
		if (*template != '%') {
			out[n++] = *template;
			out[n] = '\0';
			continue;
		}
		switch (*++template) {
		case 'r':
			n += snprintf(out + n, size - n, "%s", kk_shell_word(m->release));
			break;
		case 'i':
			n += snprintf(out + n, size - n, "%s", kk_shell_word(m->initramfs));
			break;
		case 'm':
			n += snprintf(out + n, size - n, "%s", kk_shell_word(m->module));
			break;
		case 'n':
			n += snprintf(out + n, size - n, "%u", m->mib);
			break;
		case 'w':
			n += snprintf(out + n, size - n, "%s", m->words);
			break;
		}
	}
}

/* Without an initramfs kdump-tools loads nothing, and dracut alone makes none for it. */
static bool lacks_initramfs(const struct kk_mender *m)
{
	return m->builder == KK_BUILDER_DRACUT && !kk_is_kdump_tools(m->distro, m->initramfs);
}

static const char *load(const struct kk_mender *m, bool again)
{
	switch (m->distro) {
	case KK_DISTRO_DEBIAN:
		if (!again && lacks_initramfs(m))
			return "dracut --force " KK_KDUMP_TOOLS_DIR "initrd.img-%r %r && kdump-config load";
		return again ? "kdump-config reload" : "kdump-config load";
	case KK_DISTRO_FEDORA:
		return again ? "kdumpctl reload" : "kdumpctl start";
	default:
		return *m->initramfs ?
		       "kexec -p -s /boot/vmlinuz-%r --initrd=%i --reuse-cmdline" :
		       "kexec -p -s /boot/vmlinuz-%r --reuse-cmdline";
	}
}

/*
 * What kdump-config has by itself is lost once the file sets anything. systemd reads
 * that, too, and expands no variable.
 */
static const char capture_words[] =
	"{ grep -qs ^KDUMP_CMDLINE_APPEND= " KK_KDUMP_TOOLS_SETTINGS " || "
	"echo 'KDUMP_CMDLINE_APPEND=\"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb\"' >> " KK_KDUMP_TOOLS_SETTINGS "; }"
	" && sed -i 's/^KDUMP_CMDLINE_APPEND=\"[^\"]*/& %w/' " KK_KDUMP_TOOLS_SETTINGS " && kdump-config reload";

static const char *load_by_file(const struct kk_mender *m)
{
	switch (m->distro) {
	case KK_DISTRO_DEBIAN:
		return "echo 'KDUMP_KEXEC_ARGS=\"-s\"' >> " KK_KDUMP_TOOLS_SETTINGS " && kdump-config reload";
	case KK_DISTRO_FEDORA:
		/* Of -s and its opposites the last one counts. */
		return "sed -i '/^KEXEC_ARGS=.*[\" ]-s\"/!s/^KEXEC_ARGS=\"[^\"]*/& -s/' /etc/sysconfig/kdump && kdumpctl reload";
	default:
		return load(m, true);
	}
}

/*
 * The kernel's command line is kept by grub on the one, by grubby on the other, where
 * kdump would set its default for crashkernel= again with the next update.
 */
static const char *boot_word(const struct kk_mender *m, enum kk_mend what)
{
	if (what == KK_MEND_NO_MEMORY_ENCRYPTION)
		return m->distro == KK_DISTRO_DEBIAN ?
		       "sed -i 's/^GRUB_CMDLINE_LINUX=\"/&mem_encrypt=off /' /etc/default/grub && update-grub && reboot" :
		       "grubby --update-kernel=ALL --args=mem_encrypt=off && reboot";
	return m->distro == KK_DISTRO_DEBIAN ?
	       "sed -i 's/crashkernel=[^ \"]*/crashkernel=%nM/' /etc/default/grub.d/kdump-tools.cfg && update-grub && reboot" :
	       "sed -i -e '$a auto_reset_crashkernel no' -e '/^\\s*auto_reset_crashkernel/d' /etc/kdump.conf && grubby --update-kernel=ALL --args=crashkernel=%nM && reboot";
}

static void rebuild(const struct kk_mender *m, bool with_module, char *out, size_t size)
{
	static const char *const add[] = {
		[KK_BUILDER_DRACUT]	= "echo 'add_drivers+=\" %m \"' >> /etc/dracut.conf.d/kexec-keys.conf && ",
		[KK_BUILDER_KDUMPCTL]	= "echo 'add_drivers+=\" %m \"' >> /etc/dracut.conf.d/kexec-keys.conf && ",
		[KK_BUILDER_INITRAMFS_TOOLS] = "echo %m >> /etc/initramfs-tools/modules && ",
		[KK_BUILDER_KDUMP_TOOLS] = "echo %m >> /etc/initramfs-tools/modules && ",
	};
	static const char *const make[] = {
		[KK_BUILDER_DRACUT]	= "dracut --force %i %r",
		[KK_BUILDER_KDUMPCTL]	= "kdumpctl rebuild",
		[KK_BUILDER_INITRAMFS_TOOLS] = "update-initramfs -u -k %r",
		[KK_BUILDER_KDUMP_TOOLS] = "/etc/kernel/postinst.d/kdump-tools %r",
	};

	if (with_module)
		expand(m, add[m->builder], out, size);
	expand(m, make[m->builder], out, size);
	if (m->crash) {
		expand(m, " && ", out, size);
		expand(m, load(m, true), out, size);
	}
}

void kk_mend(const struct kk_mender *m, enum kk_mend what, char *out, size_t size)
{
	*out = '\0';
	switch (what) {
	case KK_MEND_LOAD:
	case KK_MEND_RELOAD:
		expand(m, load(m, what == KK_MEND_RELOAD), out, size);
		break;
	case KK_MEND_LOAD_BY_FILE:
		expand(m, load_by_file(m), out, size);
		break;
	case KK_MEND_NO_MEMORY_ENCRYPTION:
	case KK_MEND_CRASH_MEMORY:
		expand(m, boot_word(m, what), out, size);
		break;
	case KK_MEND_CAPTURE_WORDS:
		expand(m, capture_words, out, size);
		break;
	case KK_MEND_REBUILD:
	case KK_MEND_ADD_MODULE:
		rebuild(m, what == KK_MEND_ADD_MODULE, out, size);
		break;
	}
}
