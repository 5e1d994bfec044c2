// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What device-mapper is asked for, with a device-mapper and a disk that are made up
 * here: no build machine needs either.
 */
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mapping.h"
#include "table.h"
#include "unit.h"

#define TRIES 3
#define DISK_SECTORS 40960
#define HEADER_SECTORS 8192
#define BARE "aes-xts-plain64 :64:logon:some:key 0 0:0 8192"

/* The mappings that are created, and how device-mapper answers each. */
static struct {
	bool active;
	bool disk_is_readonly;
	int answers[TRIES];
	unsigned int n;
	struct mapping {
		char name[64], uuid[160], params[512];
		uint64_t start, size;
		bool readonly;
	} tried[TRIES + 1];
} dm;

static struct mapping *tried(void)
{
	return &dm.tried[dm.n < TRIES ? dm.n : TRIES];
}

/*
 * The linker replaces calls of NAME by calls of __wrap_NAME, which answers itself
 * while a mapping is created here.
 */
#define WRAP(type, name, parameters, arguments, answer) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		if (!dm.active) \
			return __real_##name arguments; \
		answer; \
	}

WRAP(struct dm_task *, dm_task_create, (int type), (type),
     OK(type == DM_DEVICE_CREATE);
     return (struct dm_task *)&dm)
WRAP(void, dm_task_destroy, (struct dm_task *task), (task), )
WRAP(void, dm_task_update_nodes, (void), (), )
WRAP(int, dm_task_set_name, (struct dm_task *task, const char *name), (task, name),
     snprintf(tried()->name, sizeof(tried()->name), "%s", name);
     return 1)
WRAP(int, dm_task_set_uuid, (struct dm_task *task, const char *uuid), (task, uuid),
     snprintf(tried()->uuid, sizeof(tried()->uuid), "%s", uuid);
     return 1)
WRAP(int, dm_task_set_ro, (struct dm_task *task), (task),
     tried()->readonly = true;
     return 1)
WRAP(int, dm_task_secure_data, (struct dm_task *task), (task), return 1)
WRAP(int, dm_task_add_target,
     (struct dm_task *task, uint64_t start, uint64_t size, const char *type, const char *params),
     (task, start, size, type, params),
     tried()->start = start;
     tried()->size = size;
     snprintf(tried()->params, sizeof(tried()->params), "%s", params);
     STR(type, "crypt");
     return 1)
WRAP(int, dm_task_run, (struct dm_task *task), (task),
     return dm.n++ < TRIES && !dm.answers[dm.n - 1])
WRAP(int, dm_task_get_errno, (struct dm_task *task), (task),
     return dm.answers[dm.n - 1])
WRAP(int, dm_udev_get_sync_support, (void), (), return 0)
WRAP(int, kk_ring_hold, (key_serial_t ring), (ring), return 0)
WRAP(void, kk_ring_release, (key_serial_t ring), (ring), )

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!dm.active)
		return __real_ioctl(fd, request, arg);
	switch (request) {
	case BLKGETSIZE64:
		*(uint64_t *)arg = DISK_SECTORS * 512ULL;
		return 0;
	case BLKROGET:
		*(int *)arg = dm.disk_is_readonly;
		return 0;
	case BLKRAGET:
		*(long *)arg = 0;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

/* A mapping with these flags, where device-mapper answers so. */
static int create(unsigned int flags, bool is_private, int first, int second)
{
	struct kk_header header = {
		.luks = 2, .uuid = "2f144136-b0de-4b51-b2eb-bd869cc39a6e",
		.cipher = "aes-xts-plain64", .key_bytes = 64, .offset = HEADER_SECTORS,
		.sector_size = 512,
	};
	struct kk_new_mapping new = {
		.header = &header, .device = in_dir("disk"), .name = "unit-mapping",
		.description = "some:key", .flags = flags, .is_private = is_private,
	};
	int fd = open(new.device, O_RDWR | O_CREAT | O_CLOEXEC, 0600), r;

	OK(fd >= 0);
	close(fd);
	memset(dm.tried, 0, sizeof(dm.tried));
	dm.n = 0;
	dm.answers[0] = first;
	dm.answers[1] = second;
	dm.active = true;
	r = kk_mapping_create(&new);
	dm.active = false;
	return r;
}

static void test_table(void)
{
	dm.disk_is_readonly = false;
	OK(!create(0, false, 0, 0));
	OK(dm.n == 1 && !dm.tried[0].readonly);
	OK(dm.tried[0].start == 0 && dm.tried[0].size == DISK_SECTORS - HEADER_SECTORS);
	STR(dm.tried[0].params, BARE);
	STR(dm.tried[0].name, "unit-mapping");
	STR(dm.tried[0].uuid, "CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-unit-mapping");

	OK(!create(KK_FLAG_READONLY | KK_FLAG_DISCARDS, false, 0, 0));
	OK(dm.n == 1 && dm.tried[0].readonly);
	STR(dm.tried[0].params, BARE " 1 allow_discards");

	OK(!create(0, true, 0, 0) && dm.n == 1 && dm.tried[0].readonly);
	STR(dm.tried[0].uuid, "");
	OK(create(0, false, ENOKEY, 0) == -ENOKEY && dm.n == 1);

	dm.disk_is_readonly = true;
	OK(!create(0, false, 0, 0) && dm.n == 1 && dm.tried[0].readonly);
}

/* An older dm-crypt says EINVAL to what it does not know. */
static void test_performance_flags(void)
{
	static const struct { unsigned int flag; const char *word; } flags[] = {
		{ KK_FLAG_SAME_CPU, "same_cpu_crypt" },
		{ KK_FLAG_SUBMIT_FROM_CPU, "submit_from_crypt_cpus" },
		{ KK_FLAG_NO_READ_WQ, "no_read_workqueue" },
		{ KK_FLAG_NO_WRITE_WQ, "no_write_workqueue" },
		{ KK_FLAG_HIGH_PRIORITY, "high_priority" },
	};
	char params[512];

	dm.disk_is_readonly = false;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		snprintf(params, sizeof(params), BARE " 2 allow_discards %s", flags[i].word);
		unit_row = flags[i].word;
		OK(!create(flags[i].flag | KK_FLAG_DISCARDS, false, EINVAL, 0) && dm.n == 2);
		STR(dm.tried[0].params, params);
		STR(dm.tried[1].params, BARE " 1 allow_discards");

		OK(create(flags[i].flag, false, EINVAL, EINVAL) == -EINVAL && dm.n == 2);
		OK(create(flags[i].flag, false, EINVAL, EBUSY) == -EBUSY && dm.n == 2);
		OK(create(flags[i].flag, false, EBUSY, 0) == -EBUSY && dm.n == 1);
	}
	unit_row = NULL;
	OK(!create(KK_FLAG_NO_READ_WQ | KK_FLAG_READONLY, false, EINVAL, 0));
	OK(dm.n == 2 && dm.tried[0].readonly && dm.tried[1].readonly);
	STR(dm.tried[1].params, BARE);

	/* A table without them is what the kernel refuses. */
	OK(create(KK_FLAG_DISCARDS, false, EINVAL, 0) == -EINVAL && dm.n == 1);
}

UNIT_MODULE(mapping,
	{ "tables of new mappings", test_table },
	{ "performance flags that the kernel lacks", test_performance_flags }
);
