// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "stack.h"

#define DEPTH_MAX 16

bool kk_mount_source(const char *mountinfo, const char *place, char *out, size_t size)
{
	char *line = NULL, at[512], source[512];
	FILE *f = fopen(mountinfo, "re");
	bool found = false;
	size_t room = 0;

	if (!f)
		return false;
	while (getline(&line, &room, f) > 0) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*s %*s %*s %*s %511s", at) != 1 ||
		    sscanf(rest, " - %*s %511s", source) != 1 || strcmp(at, place))
			continue;
		snprintf(out, size, "%s", source);
		found = true;
	}
	free(line);
	fclose(f);
	return found;
}

static bool is_named(const char *dir, const char *mapping)
{
	char path[600], name[256] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/dm/name", dir);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fgets(name, sizeof(name), f))
		name[strcspn(name, "\n")] = '\0';
	fclose(f);
	return !strcmp(name, mapping);
}

static bool is_or_stands_on(const char *dir, const char *mapping, int depth)
{
	char path[512], below[1024];
	struct dirent *e;
	bool found = false;
	DIR *d;

	if (is_named(dir, mapping))
		return true;
	snprintf(path, sizeof(path), "%s/slaves", dir);
	d = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (!d)
		return false;
	while (!found && (e = readdir(d))) {
		snprintf(below, sizeof(below), "/sys/class/block/%s", e->d_name);
		found = e->d_name[0] != '.' && is_or_stands_on(below, mapping, depth + 1);
	}
	closedir(d);
	return found;
}

/* By the source of the mount: what stat says of btrfs is no block device. */
bool kk_is_under_root(const char *mapping)
{
	char source[512], dir[64];
	struct stat st;

	if (!kk_mount_source("/proc/self/mountinfo", "/", source, sizeof(source)) ||
	    stat(source, &st) || !S_ISBLK(st.st_mode))
		return false;
	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	return is_or_stands_on(dir, mapping, 0);
}
