// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "stack.h"
#include "words.h"

struct walk {
	int (*fn)(const struct kk_mapping *m, void *arg);
	void *arg;
	struct kk_words seen;	/* two legs may stand on one device */
};

static int walk_path(struct walk *w, const char *path);

/* The last component of what a link points to, or the one before it. */
static bool linked_name(const char *link, bool parent, char *out, size_t size)
{
	char target[PATH_MAX], *slash;
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	slash = strrchr(target, '/');
	if (parent && slash) {
		*slash = '\0';
		slash = strrchr(target, '/');
	}
	snprintf(out, size, "%.*s", NAME_MAX, slash ? slash + 1 : target);
	return true;
}

/* Encrypted, and known as such to cryptsetup, but not LUKS. */
static bool is_otherwise_encrypted(const char *kname, struct kk_mapping *m)
{
	static const char *const kinds[] = { "PLAIN-", "BITLK-", "TCRYPT-", "LOOPAES-", "FVAULT2-" };
	char uuid[256];

	memset(m, 0, sizeof(*m));
	if (!kk_block_attr(kname, "dm/uuid", uuid, sizeof(uuid)) || strncmp(uuid, "CRYPT-", 6) ||
	    !kk_block_attr(kname, "dm/name", m->name, sizeof(m->name)))
		return false;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(kinds); i++)
		if (!strncmp(uuid + 6, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

static int walk_block(struct walk *w, const char *kname);

static int walk_directory(struct walk *w, const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int r = 0;

	if (!d)
		return -errno;
	while (!r && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = walk_block(w, e->d_name);
	closedir(d);
	return r;
}

/* Only a whole disk says what is below it. */
static int walk_disk_of(struct walk *w, const char *partition)
{
	char path[512], disk[256];

	snprintf(path, sizeof(path), "%s/class/block/%s", kk_sys, partition);
	if (!linked_name(path, true, disk, sizeof(disk)))
		return -errno;
	return walk_block(w, disk);
}

static int walk_block(struct walk *w, const char *kname)
{
	char path[512], text[PATH_MAX];
	struct kk_mapping m;
	int r = 0;

	if (kk_words_have(&w->seen, kname))
		return 0;
	kk_words_add(&w->seen, kname);
	if (kk_block_mapping(kname, &m) || is_otherwise_encrypted(kname, &m))
		r = w->fn(&m, w->arg);
	if (r)
		return r;
	if (kk_block_attr(kname, "partition", text, sizeof(text)))
		return walk_disk_of(w, kname);
	if (kk_block_attr(kname, "loop/backing_file", text, sizeof(text))) {
		r = walk_path(w, text);
		return r == -ENOTBLK ? 0 : r;
	}
	snprintf(path, sizeof(path), "%s/class/block/%s/slaves", kk_sys, kname);
	return access(path, F_OK) ? 0 : walk_directory(w, path);
}

static int walk_device(struct walk *w, dev_t rdev)
{
	char path[512], kname[256];

	snprintf(path, sizeof(path), "%s/dev/block/%u:%u", kk_sys, major(rdev), minor(rdev));
	if (!linked_name(path, false, kname, sizeof(kname)))
		return -errno;
	return walk_block(w, kname);
}

/* It may be on several devices, and stat() tells of none of them. */
static int walk_btrfs(struct walk *w, int fd)
{
	struct btrfs_ioctl_fs_info_args info = { 0 };
	char path[512];
	size_t n;

	if (ioctl(fd, BTRFS_IOC_FS_INFO, &info))
		return -ENOTBLK;
	n = snprintf(path, sizeof(path), "%s/fs/btrfs/", kk_sys);
	for (unsigned int i = 0; i < sizeof(info.fsid); i++)
		n += snprintf(path + n, sizeof(path) - n, "%s%02x",
			      i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info.fsid[i]);
	snprintf(path + n, sizeof(path) - n, "/devices");
	return walk_directory(w, path);
}

static int walk_path(struct walk *w, const char *path)
{
	struct stat st;
	int fd, r;

	if (stat(path, &st))
		return -errno;
	if (S_ISBLK(st.st_mode))
		return walk_device(w, st.st_rdev);
	/* Nothing else is opened: some devices mind. */
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return -EINVAL;
	/* This mounts what autofs has there. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0)
		fstat(fd, &st);
	r = major(st.st_dev) ? walk_device(w, st.st_dev) : walk_btrfs(w, fd);
	if (fd >= 0)
		close(fd);
	return r;
}

int kk_each_below(const char *path, int (*fn)(const struct kk_mapping *m, void *arg), void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	int r = walk_path(&w, path);

	kk_words_free(&w.seen);
	return r;
}

int kk_each_below_device(unsigned long rdev,
			 int (*fn)(const struct kk_mapping *m, void *arg), void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	int r = walk_device(&w, rdev);

	kk_words_free(&w.seen);
	return r;
}

static void cut_slashes(char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
}

static void cut_to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	/* As long as any relative path. */
	if (!slash)
		memcpy(path, ".", 2);
	else
		slash[slash == path] = '\0';
	cut_slashes(path);
}

int kk_existing_path(const char *path, char *out, size_t size)
{
	struct stat st;
	int r = 0;

	if (!*path)
		return -ENOENT;
	if (strlen(path) >= size)
		return -ENAMETOOLONG;
	snprintf(out, size, "%s", path);
	cut_slashes(out);
	while (stat(out, &st)) {
		if (errno != ENOENT)
			return -errno;
		if (!lstat(out, &st))
			return -ENOLINK;
		if (!strcmp(out, "."))
			return -ENOENT;
		cut_to_parent(out);
		r = 1;
	}
	return r;
}

bool kk_mount_type(const char *mountinfo, unsigned long long id, char *out, size_t size)
{
	unsigned long long its_id;
	char *line = NULL, type[64];
	FILE *f = fopen(mountinfo, "re");
	bool found = false;
	size_t room = 0;

	if (!f)
		return false;
	while (!found && getline(&line, &room, f) > 0) {
		const char *rest = strstr(line, " - ");

		found = rest && sscanf(line, "%llu", &its_id) == 1 && its_id == id &&
			sscanf(rest, " - %63s", type) == 1;
	}
	free(line);
	fclose(f);
	if (found)
		snprintf(out, size, "%s", type);
	return found;
}

bool kk_file_system_type(const char *path, char *out, size_t size)
{
	struct statx x;

	return !statx(AT_FDCWD, path, 0, STATX_MNT_ID, &x) && (x.stx_mask & STATX_MNT_ID) &&
	       kk_mount_type("/proc/self/mountinfo", x.stx_mnt_id, out, size);
}

static int is_named(const struct kk_mapping *m, void *arg)
{
	return !strcmp(m->name, arg);
}

bool kk_is_under(const char *path, const char *mapping)
{
	char existing[PATH_MAX];
	int r;

	if (kk_existing_path(path, existing, sizeof(existing)) < 0)
		return true;
	r = kk_each_below(existing, is_named, (void *)mapping);
	return r && r != -ENOTBLK;
}
