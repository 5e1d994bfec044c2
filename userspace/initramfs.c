// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initramfs.h"
#include "kexec-keys.h"
#include "modules.h"
#include "signals.h"
#include "spawn.h"

#define MIB (1ULL << 20)

/*
 * The capture kernel holds the archive and what is unpacked from it at the same
 * time. The rest is the kernel's own code, data and page structures (some 35 MiB
 * with a distribution's kernel), and what makedumpfile and udev need to run. Below
 * this sum it fails; above it, drivers may still want more. The carry-over of keys
 * adds nothing: no passphrase is hashed there.
 */
uint64_t kk_crash_memory(const struct kk_initramfs *im)
{
	return 64 * MIB + im->packed + im->unpacked;
}

/* In a place, @ is the release, and * the name of any one directory. */
static bool find_one(const char *root, const char *const *places, const char *release,
		     char *out, size_t size)
{
	*out = '\0';
	for (; !*out && *places; places++) {
		const char *rest = strchr(*places, '@');
		int head = rest ? (int)(rest - *places) : (int)strlen(*places);
		char pattern[PATH_MAX];
		glob_t found;

		snprintf(pattern, sizeof(pattern), "%s%.*s%s%s", root, head, *places,
			 rest ? release : "", rest ? rest + 1 : "");
		if (glob(pattern, GLOB_NOESCAPE, NULL, &found))
			continue;
		if (!access(found.gl_pathv[0], R_OK))
			snprintf(out, size, "%s", found.gl_pathv[0]);
		globfree(&found);
	}
	return *out;
}

bool kk_initramfs_find_boot(const char *root, const char *release, char *out, size_t size)
{
	static const char *const places[] = {
		"/boot/initrd.img-@", "/boot/initramfs-@.img", "/boot/initrd-@",
		"/boot/ostree/*/initramfs-@.img",
		"/boot/*/@/initrd", "/boot/efi/*/@/initrd", "/efi/*/@/initrd", NULL,
	};

	return find_one(root, places, release, out, size);
}

/* Where kdump-config, kdumpctl and openSUSE's kdump have it. */
bool kk_initramfs_find_crash(const char *root, const char *release, char *out, size_t size)
{
	static const char *const places[] = {
		"/var/lib/kdump/initrd.img-@", "/var/lib/kdump/initrd.img",
		"/boot/initramfs-@kdump.img", "/boot/ostree/*/initramfs-@kdump.img",
		"/boot/*/@/initrdkdump", "/boot/efi/*/@/initrdkdump", "/efi/*/@/initrdkdump",
		"/var/lib/kdump/initramfs-@kdump.img",
		"/boot/initrd-@-kdump", NULL,
	};

	return find_one(root, places, release, out, size) ||
	       kk_initramfs_find_boot(root, release, out, size);
}

/* Of ls -l, cpio -tv, unsquashfs -ll or find -ls: where the mode is. */
static int find_mode(char *const *field, int n)
{
	for (int i = 0; i < 3 && i < n; i++)
		if (strlen(field[i]) >= 10 && strchr("-dl", field[i][0]) &&
		    strspn(field[i] + 1, "rwxsStT-") >= 9)
			return i;
	return -1;
}

/* dracut may have an image within the image. */
static const char *strip(const char *path)
{
	static const char *const roots[] = { "squashfs-root", "erofs-root" };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(roots); i++) {
		size_t n = strlen(roots[i]);

		if (!strncmp(path, roots[i], n) && path[n] == '/')
			path += n + 1;
	}
	return path;
}

static void note_path(struct kk_initramfs *im, const char *listed)
{
	const char *path = strip(listed);
	const char *lib = !strncmp(path, "usr/", 4) ? path + 4 : path;
	char module[KK_WORD_MAX];

	if (!strcmp(lib, "sbin/kexec-keys") || !strcmp(lib, "bin/kexec-keys"))
		im->has_shim = true;
	if (!strncmp(lib, "lib/dracut/", 11))
		im->by_dracut = true;
	if (!strcmp(path, "cryptroot/crypttab") || !strcmp(path, "etc/crypttab"))
		snprintf(im->crypttab, sizeof(im->crypttab), "%s", listed);
	if (!strcmp(path, "etc/kexec-keys/volumes"))
		snprintf(im->volumes, sizeof(im->volumes), "%s", listed);
	if (strncmp(lib, "lib/modules/", 12))
		return;
	lib += 12;
	if (!im->release[0] && strchr(lib, '/'))
		snprintf(im->release, sizeof(im->release), "%.*s",
			 (int)strcspn(lib, "/"), lib);
	if (kk_module_of_path(lib, module, sizeof(module)))
		kk_words_add(&im->modules, module);
}

void kk_initramfs_line(struct kk_initramfs *im, const char *line)
{
	char copy[1024], *rest = copy, *arrow, *word, *field[16];
	int n = 0, mode, size;

	snprintf(copy, sizeof(copy), "%s", line);
	arrow = strstr(copy, " -> ");
	if (arrow)
		*arrow = '\0';
	while (n < (int)KK_ARRAY_SIZE(field) && (word = strsep(&rest, " \t")))
		if (*word)
			field[n++] = word;
	mode = find_mode(field, n);
	if (mode < 0 || n < mode + 5)
		return;
	/* root/root is one field, root root are two, after a number of links. */
	size = strchr(field[mode + 1], '/') ? mode + 2 : mode + 4;
	if (field[mode][0] == '-')
		im->unpacked += strtoull(field[size], NULL, 10);
	word = field[n - 1];
	if (field[mode][0] != 'd')
		note_path(im, word + (strncmp(word, "./", 2) ? 0 : 2));
}

static void take_line(const char *line, void *arg)
{
	kk_initramfs_line(arg, line);
}

static bool have_initramfs_tools(void)
{
	return kk_program_exists("", "lsinitramfs");
}

int kk_initramfs_look(struct kk_initramfs *im, const char *path)
{
	const char *const debian[] = { "lsinitramfs", "-l", im->path, NULL };
	const char *const dracut[] = { "lsinitrd", im->path, NULL };
	struct stat st;
	int r;

	memset(im, 0, sizeof(*im));
	/* Absolute, so that no tool takes it for an option. */
	if (!realpath(path, im->path) || stat(im->path, &st))
		return -errno;
	im->packed = st.st_size;
	r = kk_spawn_lines(have_initramfs_tools() ? debian : dracut, take_line, im);
	if (r < 0)
		return r;
	/* No initramfs is empty; a file that is none may well give success. */
	return r || !im->unpacked ? -EIO : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static bool read_lines(const char *path, void (*fn)(const char *line, void *arg), void *arg)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return false;
	while (getline(&line, &size, f) > 0)
		fn(line, arg);
	free(line);
	fclose(f);
	return true;
}

/* Where microcode comes first, the rest is below "main". */
static bool read_unpacked(const char *dir, const char *file,
			  void (*fn)(const char *line, void *arg), void *arg)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (read_lines(path, fn, arg))
		return true;
	snprintf(path, sizeof(path), "%s/main/%s", dir, file);
	return read_lines(path, fn, arg);
}

/* It can only be unpacked as a whole. */
static int unpack_volumes(const struct kk_initramfs *im, const char *dir,
			  void (*fn)(const char *line, void *arg), void *arg)
{
	const char *const argv[] = { "unmkinitramfs", im->path, dir, NULL };
	const char *const files[] = { im->crypttab, im->volumes };

	if (kk_spawn(argv))
		return -EIO;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(files); i++)
		if (files[i][0] && !read_unpacked(dir, files[i], fn, arg))
			return -EIO;
	return 0;
}

/* Key files may be in it: an interruption waits until it is gone again. */
static int with_unpacked(const struct kk_initramfs *im,
			 void (*fn)(const char *line, void *arg), void *arg)
{
	struct kk_signals signals;
	char dir[64];
	int r = -EIO;

	/* It may be large: rather on a disk, as mkinitramfs itself does. */
	snprintf(dir, sizeof(dir), "%s/kexec-keys-XXXXXX",
		 access("/var/tmp", W_OK) ? "/tmp" : "/var/tmp");
	kk_signals_catch(&signals);
	if (mkdtemp(dir)) {
		r = unpack_volumes(im, dir, fn, arg);
		nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	kk_signals_release(&signals);
	return r;
}

int kk_initramfs_volumes(const struct kk_initramfs *im,
			 void (*fn)(const char *line, void *arg), void *arg)
{
	const char *const files[] = { im->crypttab, im->volumes };
	int r = 0;

	if (have_initramfs_tools())
		return im->crypttab[0] || im->volumes[0] ? with_unpacked(im, fn, arg) : 0;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(files); i++) {
		const char *const argv[] = { "lsinitrd", im->path, files[i], NULL };

		if (files[i][0] && kk_spawn_lines(argv, fn, arg))
			r = -EIO;
	}
	return r;
}

void kk_initramfs_free(struct kk_initramfs *im)
{
	kk_words_free(&im->modules);
}
