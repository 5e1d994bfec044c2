// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device.h"
#include "kexec-keys.h"
#include "table.h"

const char *kk_sys = "/sys";

/* Not a line of it: the name of a mapping may have a newline in it. */
bool kk_block_attr(const char *kname, const char *attr, char *out, size_t size)
{
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/class/block/%s/%s", kk_sys, kname, attr);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, out, size - 1);
	close(fd);
	if (n > 0 && out[n - 1] == '\n')
		n--;
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* "!" in a name of sysfs is "/" in /dev. */
static void dev_path(const char *kname, char *out, size_t size)
{
	int n = snprintf(out, size, "/dev/%s", kname);

	for (int i = 5; i < n && i < (int)size; i++)
		if (out[i] == '!')
			out[i] = '/';
}

unsigned long kk_device_number(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISBLK(st.st_mode) ? st.st_rdev : 0;
}

bool kk_dm_uuid_parse(const char *dm_uuid, struct kk_mapping *m)
{
	char type[2];
	int n = 0;

	if (sscanf(dm_uuid, "CRYPT-LUKS%1[12]-%n", type, &n) != 1 || !n ||
	    strspn(dm_uuid + n, "0123456789abcdefABCDEF") != 32 || dm_uuid[n + 32] != '-')
		return false;
	m->luks = type[0] - '0';
	for (int in = n, out = 0; out < KK_UUID_LEN; out++) {
		if (out == 8 || out == 13 || out == 18 || out == 23)
			m->uuid[out] = '-';
		else
			m->uuid[out] = tolower((unsigned char)dm_uuid[in++]);
	}
	m->uuid[KK_UUID_LEN] = '\0';
	return true;
}

static bool name_below(const char *kname, char *out, size_t size)
{
	char path[512];
	struct dirent *e;
	DIR *d;

	*out = '\0';
	snprintf(path, sizeof(path), "%s/class/block/%s/slaves", kk_sys, kname);
	d = opendir(path);
	if (!d)
		return false;
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			snprintf(out, size, "%s", e->d_name);
	closedir(d);
	return *out;
}

/* The one with the header: dm-integrity is a device of its own in between. */
static void device_below(const char *kname, char *out, size_t size)
{
	char below[256], next[256], uuid[256];

	*out = '\0';
	if (!name_below(kname, below, sizeof(below)))
		return;
	if (kk_block_attr(below, "dm/uuid", uuid, sizeof(uuid)) &&
	    !strncmp(uuid, "CRYPT-SUBDEV-", 13) && name_below(below, next, sizeof(next)))
		memcpy(below, next, sizeof(below));
	dev_path(below, out, size);
}

bool kk_block_mapping(const char *kname, struct kk_mapping *m)
{
	char uuid[256];

	memset(m, 0, sizeof(*m));
	if (!kk_block_attr(kname, "dm/uuid", uuid, sizeof(uuid)) || !kk_dm_uuid_parse(uuid, m) ||
	    !kk_block_attr(kname, "dm/name", m->name, sizeof(m->name)))
		return false;
	device_below(kname, m->device, sizeof(m->device));
	return true;
}

static int each_block(int (*fn)(const char *kname, void *arg), void *arg)
{
	char path[300];
	struct dirent *e;
	int r = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/class/block", kk_sys);
	d = opendir(path);
	if (!d)
		return 0;
	while (!r && (e = readdir(d)))
		if (e->d_name[0] != '.')
			r = fn(e->d_name, arg);
	closedir(d);
	return r;
}

struct mapping_visit {
	int (*fn)(const struct kk_mapping *m, void *arg);
	void *arg;
};

static int visit_mapping(const char *kname, void *arg)
{
	struct mapping_visit *v = arg;
	struct kk_mapping m;

	return kk_block_mapping(kname, &m) ? v->fn(&m, v->arg) : 0;
}

int kk_each_mapping(int (*fn)(const struct kk_mapping *m, void *arg), void *arg)
{
	struct mapping_visit v = { fn, arg };

	return each_block(visit_mapping, &v);
}

struct mapping_search {
	const char *uuid;
	const char *name;
	struct kk_mapping *out;
};

static int match_mapping(const struct kk_mapping *m, void *arg)
{
	struct mapping_search *s = arg;

	if (s->uuid ? strcasecmp(m->uuid, s->uuid) : strcmp(m->name, s->name))
		return 0;
	*s->out = *m;
	return 1;
}

bool kk_mapping_of_uuid(const char *uuid, struct kk_mapping *m)
{
	struct mapping_search s = { .uuid = uuid, .out = m };

	return kk_each_mapping(match_mapping, &s);
}

bool kk_mapping_named(const char *name, struct kk_mapping *m)
{
	struct mapping_search s = { .name = name, .out = m };

	return kk_each_mapping(match_mapping, &s);
}

static int match_dm_name(const char *kname, void *arg)
{
	char name[256];

	return kk_block_attr(kname, "dm/name", name, sizeof(name)) && !strcmp(name, arg);
}

bool kk_dm_name_taken(const char *name)
{
	return each_block(match_dm_name, (void *)name);
}

bool kk_luks_uuid(const char *device, char *uuid, size_t size)
{
	char *const types[] = { "crypto_LUKS", NULL };
	blkid_probe pr = blkid_new_probe_from_filename(device);
	const char *value;
	bool ok;

	if (!pr)
		return false;
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE);
	blkid_probe_filter_superblocks_type(pr, BLKID_FLTR_ONLYIN, (char **)types);
	ok = !blkid_do_probe(pr) && !blkid_probe_lookup_value(pr, "UUID", &value, NULL) &&
	     kk_uuid_valid(value);
	if (ok)
		snprintf(uuid, size, "%s", value);
	blkid_free_probe(pr);
	return ok;
}

struct uuid_search {
	const char *uuid;
	unsigned int n_free;
	unsigned int n_busy;
	char free[2][KK_PATH_MAX];
	char busy[KK_PATH_MAX];
};

/* Legs of multipath or md, and what is mounted, cannot be opened O_EXCL. */
static bool is_free(const char *path)
{
	int fd = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/*
 * Of an array that is not running, and has its superblock at the end, each leg begins as
 * the volume does.
 */
static bool is_leg(const char *path)
{
	blkid_probe pr = blkid_new_probe_from_filename(path);
	bool is;

	if (!pr)
		return false;
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_filter_superblocks_usage(pr, BLKID_FLTR_ONLYIN, BLKID_USAGE_RAID);
	is = !blkid_do_probe(pr);
	blkid_free_probe(pr);
	return is;
}

static int match_uuid(const char *kname, void *arg)
{
	struct uuid_search *s = arg;
	char path[KK_PATH_MAX], size[32], uuid[KK_UUID_LEN + 1];

	if (!strncmp(kname, "ram", 3) || !strncmp(kname, "fd", 2) ||
	    !kk_block_attr(kname, "size", size, sizeof(size)) || !strcmp(size, "0"))
		return 0;
	dev_path(kname, path, sizeof(path));
	if (!kk_luks_uuid(path, uuid, sizeof(uuid)) || strcasecmp(uuid, s->uuid) || is_leg(path))
		return 0;
	if (!is_free(path)) {
		s->n_busy++;
		snprintf(s->busy, sizeof(s->busy), "%s", path);
		return 0;
	}
	if (s->n_free < 2)
		snprintf(s->free[s->n_free], KK_PATH_MAX, "%s", path);
	s->n_free++;
	return 0;
}

int kk_device_of_uuid(const char *uuid, bool quiet, char *out, size_t size)
{
	struct uuid_search s = { .uuid = uuid };

	each_block(match_uuid, &s);
	if (s.n_free > 1)
		return kk_fail(KK_DEVICE, "detach the copy, or name the device that you mean",
			       "%s and %s both carry the UUID %s: one is a clone of the other",
			       kk_esc(s.free[0]), kk_esc(s.free[1]), uuid);
	if (s.n_free) {
		snprintf(out, size, "%s", s.free[0]);
		return KK_OK;
	}
	if (s.n_busy)
		return kk_fail(KK_BUSY, "see lsblk for who has it",
			       "%s (UUID %s) is in use, but not as an open LUKS volume",
			       kk_esc(s.busy), uuid);
	*out = '\0';
	if (quiet)
		return KK_OK;
	return kk_fail(KK_DEVICE, "attach the disk, or drop the key with kexec-keys untag",
		       "no device carries the LUKS UUID %s", uuid);
}

static void target_mapped(struct kk_target *t, const struct kk_mapping *m)
{
	t->mapped = true;
	t->mapping = *m;
	snprintf(t->uuid, sizeof(t->uuid), "%s", m->uuid);
	snprintf(t->device, sizeof(t->device), "%s", m->device);
}

static int resolve_uuid(const char *uuid, struct kk_target *t)
{
	struct kk_mapping m;

	if (!kk_uuid_valid(uuid))
		return kk_fail(KK_USAGE, "see blkid for UUIDs", "\"%s\" is no LUKS UUID",
			       kk_esc(uuid));
	for (int i = 0; i <= KK_UUID_LEN; i++)
		t->uuid[i] = tolower((unsigned char)uuid[i]);
	if (kk_mapping_of_uuid(uuid, &m))
		target_mapped(t, &m);
	return KK_OK;
}

/* The mapping of which a block device is the lower or the upper end. */
struct rdev_search {
	dev_t rdev;
	struct kk_mapping *out;
};

static int match_rdev(const char *kname, void *arg)
{
	struct rdev_search *s = arg;
	struct stat st;
	char dev[32], mine[32];

	if (!kk_block_mapping(kname, s->out))
		return 0;
	snprintf(mine, sizeof(mine), "%u:%u", major(s->rdev), minor(s->rdev));
	if (kk_block_attr(kname, "dev", dev, sizeof(dev)) && !strcmp(dev, mine))
		return 1;
	return !stat(s->out->device, &st) && st.st_rdev == s->rdev;
}

static int resolve_path(const char *path, struct kk_target *t)
{
	struct kk_mapping m;
	struct rdev_search s = { .out = &m };
	struct stat st;

	if (stat(path, &st))
		return kk_fail(KK_DEVICE, "see lsblk for what there is", "%s: %s",
			       kk_esc(path), strerror(errno));
	if (strlen(path) >= sizeof(t->device))
		return kk_fail(KK_USAGE, "use a shorter one, or UUID=...",
			       "the path %s is too long", kk_esc(path));
	s.rdev = st.st_rdev;
	if (S_ISBLK(st.st_mode) && each_block(match_rdev, &s)) {
		target_mapped(t, &m);
		return KK_OK;
	}
	snprintf(t->device, sizeof(t->device), "%s", path);
	kk_luks_uuid(path, t->uuid, sizeof(t->uuid));
	return KK_OK;
}

void kk_target_of_mapping(const struct kk_mapping *m, struct kk_target *t)
{
	memset(t, 0, sizeof(*t));
	target_mapped(t, m);
}

int kk_target_resolve(const char *volume, struct kk_target *t)
{
	struct kk_mapping m;

	memset(t, 0, sizeof(*t));
	if (!strncmp(volume, "UUID=", 5))
		return resolve_uuid(volume + 5, t);
	if (strchr(volume, '/'))
		return resolve_path(volume, t);
	if (!kk_mapping_named(volume, &m))
		return kk_fail(KK_DEVICE, "give a mapper name, a device path, or UUID=...",
			       "there is no open LUKS volume named %s", kk_esc(volume));
	target_mapped(t, &m);
	return KK_OK;
}
