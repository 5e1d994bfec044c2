// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "mapping.h"
#include "ring.h"
#include "table.h"

#define PRIVATE_UDEV_FLAGS \
	(DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG | \
	 DM_UDEV_DISABLE_OTHER_RULES_FLAG)

struct lower {
	unsigned int major;
	unsigned int minor;
	uint64_t sectors;
	uint32_t read_ahead;
	bool readonly;
};

static void log_dm(int level, const char *file, int line, int dm_errno,
		   const char *fmt, ...)
{
	char text[512];
	va_list ap;

	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kk_debug("libdevmapper: %s", text);
}

static int look_at_lower(const char *device, struct lower *l)
{
	struct stat st;
	uint64_t bytes;
	int ro = 0, r = 0;
	long ra = 0;
	int fd = open(device, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || ioctl(fd, BLKGETSIZE64, &bytes))
		r = errno == ENOTTY ? -ENOTBLK : -errno;
	else if (ioctl(fd, BLKROGET, &ro) || ioctl(fd, BLKRAGET, &ra))
		r = -errno;
	close(fd);
	if (r)
		return r;
	l->major = major(st.st_rdev);
	l->minor = minor(st.st_rdev);
	l->sectors = bytes / 512;
	l->readonly = ro;
	l->read_ahead = ra;
	return 0;
}

/* Somebody who has it mounted or mapped keeps it from being opened like this. */
static int claim(const char *device, bool readonly)
{
	int fd = open(device, (readonly ? O_RDONLY : O_RDWR) | O_EXCL | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static struct dm_task *new_task(int type, const char *name)
{
	struct dm_task *task;

	dm_log_with_errno_init(log_dm);
	task = dm_task_create(type);
	if (task && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		return NULL;
	}
	return task;
}

/* Without udev libdevmapper makes the nodes itself. */
static int run_task(struct dm_task *task, uint16_t udev_flags)
{
	const bool udev = dm_udev_get_sync_support();
	uint32_t cookie = 0;
	int r = 0;

	if (udev && !dm_task_set_cookie(task, &cookie,
					udev_flags | DM_UDEV_DISABLE_LIBRARY_FALLBACK))
		return -EINVAL;
	if (!dm_task_run(task))
		r = dm_task_get_errno(task) ? -dm_task_get_errno(task) : -EINVAL;
	/* Also on failure: nobody else would remove the semaphore. */
	if (udev)
		dm_udev_wait(cookie);
	return r;
}

static int run_with_ring(struct dm_task *task, uint16_t udev_flags, key_serial_t ring)
{
	int r = kk_ring_hold(ring);

	if (r)
		return r;
	r = run_task(task, udev_flags);
	kk_ring_release(ring);
	return r;
}

static int create(const struct kk_new_mapping *new, const struct lower *l,
		  unsigned int flags, uint64_t size)
{
	char uuid[160], params[1200];
	struct dm_task *task;
	int r;

	r = kk_table_params(new->header, new->description, l->major, l->minor, flags,
			    params, sizeof(params));
	if (!r && !new->is_private)
		r = kk_table_uuid(new->header, new->name, uuid, sizeof(uuid));
	if (r)
		return r;
	kk_debug("%s: 0 %llu crypt %s", new->name, (unsigned long long)size, params);

	task = new_task(DM_DEVICE_CREATE, new->name);
	if (!task)
		return -ENOMEM;
	r = -ENOMEM;
	if ((new->is_private || dm_task_set_uuid(task, uuid)) &&
	    dm_task_secure_data(task) &&
	    (!(flags & KK_FLAG_READONLY) || dm_task_set_ro(task)) &&
	    (!l->read_ahead ||
	     dm_task_set_read_ahead(task, l->read_ahead, DM_READ_AHEAD_MINIMUM_FLAG)) &&
	    dm_task_add_target(task, 0, size, "crypt", params))
		r = run_with_ring(task, new->is_private ? PRIVATE_UDEV_FLAGS : 0, new->ring);
	dm_task_destroy(task);
	if (!r)
		dm_task_update_nodes();
	return r;
}

int kk_mapping_create(const struct kk_new_mapping *new)
{
	unsigned int flags = new->flags;
	struct lower l = { 0 };
	uint64_t size;
	int r;

	r = look_at_lower(new->device, &l);
	if (!r)
		r = kk_table_size(new->header, l.sectors, &size);
	if (r)
		return r;
	if (l.readonly || new->is_private)
		flags |= KK_FLAG_READONLY;
	r = claim(new->device, flags & KK_FLAG_READONLY);
	if (r == -EROFS) {
		flags |= KK_FLAG_READONLY;
		r = claim(new->device, true);
	}
	if (r)
		return r;
	r = create(new, &l, flags, size);
	/* An older dm-crypt does not know all of the options that only make it faster. */
	if (r == -EINVAL && (flags & KK_FLAGS_PERFORMANCE))
		r = create(new, &l, flags & ~KK_FLAGS_PERFORMANCE, size);
	return r;
}

int kk_mapping_remove(const char *name, bool is_private)
{
	struct dm_task *task = new_task(DM_DEVICE_REMOVE, name);
	int r;

	if (!task)
		return -ENOMEM;
	dm_task_retry_remove(task);
	r = run_task(task, is_private ? PRIVATE_UDEV_FLAGS : 0);
	dm_task_destroy(task);
	dm_task_update_nodes();
	return r;
}

int kk_mapping_path(const char *name, char *out, size_t size)
{
	struct dm_task *task = new_task(DM_DEVICE_INFO, name);
	struct dm_info info;
	int r = -ENODEV;

	if (task && dm_task_run(task) && dm_task_get_info(task, &info) && info.exists) {
		/* devtmpfs has this one; a private mapping may have no other. */
		snprintf(out, size, "/dev/dm-%u", info.minor);
		if (access(out, F_OK))
			snprintf(out, size, "%s/%s", dm_dir(), name);
		r = 0;
	}
	if (task)
		dm_task_destroy(task);
	return r;
}

bool kk_mapping_suspended(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_INFO, name);
	struct dm_info info;
	bool suspended;

	suspended = task && dm_task_run(task) && dm_task_get_info(task, &info) &&
		    info.exists && info.suspended;
	if (task)
		dm_task_destroy(task);
	return suspended;
}

bool kk_dm_has_target(const char *target)
{
	struct dm_task *task;
	struct dm_versions *v;
	bool has = false;

	dm_log_with_errno_init(log_dm);
	task = dm_task_create(DM_DEVICE_LIST_VERSIONS);
	if (task && dm_task_run(task)) {
		/* Each says how far behind it the next one is; the last says 0. */
		for (v = dm_task_get_versions(task); v; v = (void *)((char *)v + v->next)) {
			has = has || !strcmp(v->name, target);
			if (!v->next)
				break;
		}
	}
	if (task)
		dm_task_destroy(task);
	return has;
}
