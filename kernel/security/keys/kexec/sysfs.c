// SPDX-License-Identifier: GPL-2.0-only
/*
 * State in /sys/kernel/kexec/keys/: if this machine panics now, will the capture
 * kernel have the keys? Documentation/ABI/testing/sysfs-kernel-kexec-keys.
 */

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "internal.h"

/*
 * The files that can be polled. Their nodes are looked up once, because a
 * lookup takes a lock of sysfs that may be held during I/O: a notification
 * is made with the kexec lock held, or while a block device is suspended.
 */
static struct kernfs_node *polled_files[3];

/* What reads the ring or the buffer is for root only. */
#define KEXEC_KEYS_ATTR(_group, _name, _mode, _fmt, _value)		\
static ssize_t _group##_##_name##_show(struct kobject *kobj,		\
				       struct kobj_attribute *attr,	\
				       char *buf)			\
{									\
	return sysfs_emit(buf, _fmt "\n", _value);			\
}									\
static struct kobj_attribute _group##_##_name##_attr = {		\
	.attr	= { .name = __stringify(_name), .mode = _mode },	\
	.show	= _group##_##_name##_show,				\
}

KEXEC_KEYS_ATTR(keys, ring, 0444, "%d", key_serial(kexec_keys_ring));
KEXEC_KEYS_ATTR(keys, generation, 0444, "%llu", kexec_keys_generation());

static struct attribute *keys_attrs[] = {
	&keys_ring_attr.attr,
	&keys_generation_attr.attr,
	NULL
};

static const struct attribute_group keys_group = {
	.attrs	= keys_attrs,
};

KEXEC_KEYS_ATTR(crash, state, 0444, "%s", kexec_keys_report_crash().state);
KEXEC_KEYS_ATTR(crash, reason, 0444, "%s", kexec_keys_report_crash().reason);
KEXEC_KEYS_ATTR(crash, carried, 0444, "%u", kexec_keys_report_crash().carried);
KEXEC_KEYS_ATTR(crash, not_carried, 0444, "%u", kexec_keys_report_crash().not_carried);
KEXEC_KEYS_ATTR(crash, verify, 0400, "%s", kexec_keys_verify_crash());

static struct attribute *crash_attrs[] = {
	&crash_state_attr.attr,
	&crash_reason_attr.attr,
	&crash_carried_attr.attr,
	&crash_not_carried_attr.attr,
	&crash_verify_attr.attr,
	NULL
};

static const struct attribute_group crash_group = {
	.name	= "crash",
	.attrs	= crash_attrs,
};

KEXEC_KEYS_ATTR(reboot, state, 0444, "%s", kexec_keys_report_reboot().state);
KEXEC_KEYS_ATTR(reboot, reason, 0444, "%s", kexec_keys_report_reboot().reason);
KEXEC_KEYS_ATTR(reboot, carried, 0400, "%u", kexec_keys_measure_reboot().carried);
KEXEC_KEYS_ATTR(reboot, not_carried, 0400, "%u", kexec_keys_measure_reboot().not_carried);

static struct attribute *reboot_attrs[] = {
	&reboot_state_attr.attr,
	&reboot_reason_attr.attr,
	&reboot_carried_attr.attr,
	&reboot_not_carried_attr.attr,
	NULL
};

static const struct attribute_group reboot_group = {
	.name	= "reboot",
	.attrs	= reboot_attrs,
};

static const char *source_name(u32 source)
{
	switch (source) {
	case KEXEC_KEYS_CRASH:
		return "crash";
	case KEXEC_KEYS_REBOOT:
		return "reboot";
	default:
		return "none";
	}
}

KEXEC_KEYS_ATTR(adopted, count, 0444, "%u", kexec_keys_adopted.count);
KEXEC_KEYS_ATTR(adopted, skipped, 0444, "%u", kexec_keys_adopted.skipped);
KEXEC_KEYS_ATTR(adopted, source, 0444, "%s", source_name(kexec_keys_adopted.source));
KEXEC_KEYS_ATTR(adopted, status, 0444, "%s", kexec_keys_adopted.status);

static struct attribute *adopted_attrs[] = {
	&adopted_count_attr.attr,
	&adopted_skipped_attr.attr,
	&adopted_source_attr.attr,
	&adopted_status_attr.attr,
	NULL
};

static const struct attribute_group adopted_group = {
	.name	= "adopted",
	.attrs	= adopted_attrs,
};

static const struct attribute_group *groups[] = {
	&keys_group,
	&crash_group,
	&reboot_group,
	&adopted_group,
	NULL
};

/**
 * kexec_keys_notify_pollers - wake processes that poll the state files
 *
 * Any context.
 */
void kexec_keys_notify_pollers(void)
{
	struct kernfs_node *file;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(polled_files); i++) {
		/* Pairs with the release in set_polled_file(). */
		file = smp_load_acquire(&polled_files[i]);
		if (file)
			sysfs_notify_dirent(file);
	}
}

static void __init set_polled_file(unsigned int i, struct kernfs_node *file)
{
	/* Pairs with the acquire in kexec_keys_notify_pollers(). */
	smp_store_release(&polled_files[i], file);
}

static struct kernfs_node * __init find_state_file(struct kobject *kobj,
						   const char *group)
{
	struct kernfs_node *dir = sysfs_get_dirent(kobj->sd, group);
	struct kernfs_node *file = dir ? sysfs_get_dirent(dir, "state") : NULL;

	sysfs_put(dir);
	return file;
}

static int __init kexec_keys_sysfs_init(void)
{
	struct kobject *kexec_kobj, *kobj;
	int ret;

	if (!kexec_keys_ring)
		return -ENODEV;

	kexec_kobj = kobject_create_and_add("kexec", kernel_kobj);
	if (!kexec_kobj)
		return -ENOMEM;
	kobj = kobject_create_and_add("keys", kexec_kobj);
	kobject_put(kexec_kobj);
	if (!kobj)
		return -ENOMEM;

	ret = sysfs_create_groups(kobj, groups);
	if (ret) {
		kobject_put(kobj);
		return ret;
	}

	set_polled_file(0, sysfs_get_dirent(kobj->sd, "generation"));
	set_polled_file(1, find_state_file(kobj, "crash"));
	set_polled_file(2, find_state_file(kobj, "reboot"));
	return 0;
}
late_initcall(kexec_keys_sysfs_init);
