// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "replace.h"

/* Labels and access lists, as far as the file system takes them; no hash of content. */
static void copy_attributes(int from, int to)
{
	char names[4096], value[4096];
	ssize_t n = flistxattr(from, names, sizeof(names)), len;

	for (const char *name = names; name < names + n; name += strlen(name) + 1) {
		if (!strcmp(name, "security.ima") || !strcmp(name, "security.evm"))
			continue;
		len = fgetxattr(from, name, value, sizeof(value));
		if (len >= 0)
			fsetxattr(to, name, value, len, 0);
	}
}

static int write_all(int fd, const char *content, size_t len)
{
	while (len) {
		ssize_t n = write(fd, content, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			content += n;
			len -= n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

static int fill(int old, int new, const char *content, size_t len)
{
	struct stat st;

	if (fstat(old, &st) || fchown(new, st.st_uid, st.st_gid) ||
	    fchmod(new, st.st_mode & 07777))
		return -errno;
	copy_attributes(old, new);
	return write_all(new, content, len);
}

/* The old file keeps its inode, so that the copy takes no room. */
static int exchange(const char *path, const char *backup, const char *new)
{
	if (unlink(backup) && errno != ENOENT)
		return -errno;
	if (link(path, backup) || rename(new, path))
		return -errno;
	return 0;
}

static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	char *slash;
	int fd, r;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash)
		slash[1] = '\0';
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) ? -errno : 0;
	close(fd);
	return r;
}

int kk_replace_file(const char *path, const char *backup, const char *content, size_t len)
{
	char new[PATH_MAX];
	int old_fd, new_fd, r;

	if (snprintf(new, sizeof(new), "%s.XXXXXX", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	old_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (old_fd < 0)
		return -errno;
	new_fd = mkostemp(new, O_CLOEXEC);
	if (new_fd < 0) {
		r = -errno;
		close(old_fd);
		return r;
	}
	r = fill(old_fd, new_fd, content, len);
	close(old_fd);
	close(new_fd);
	if (!r)
		r = exchange(path, backup, new);
	if (r) {
		unlink(new);
		return r;
	}
	return sync_directory(path);
}
