// SPDX-License-Identifier: GPL-2.0-only
/*
 * State in /sys/kernel/kexec/keys/: if this machine panics now, will the capture
 * kernel have the keys? Documentation/ABI/testing/sysfs-kernel-kexec-keys.
 */

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "internal.h"

static struct kobject *keys_kobj;

#define KEXEC_KEYS_ATTR(_group, _name)					\
static struct kobj_attribute _group##_##_name##_attr = {		\
	.attr	= { .name = __stringify(_name), .mode = 0444 },		\
	.show	= _group##_##_name##_show,				\
}

#define KEXEC_KEYS_SHOW(_group, _name, _fmt, _value)			\
static ssize_t _group##_##_name##_show(struct kobject *kobj,		\
				       struct kobj_attribute *attr,	\
				       char *buf)			\
{									\
	return sysfs_emit(buf, _fmt "\n", _value);			\
}									\
KEXEC_KEYS_ATTR(_group, _name)

KEXEC_KEYS_SHOW(keys, ring, "%d", key_serial(kexec_keys_ring));
KEXEC_KEYS_SHOW(keys, generation, "%llu", kexec_keys_generation());

static struct attribute *keys_attrs[] = {
	&keys_ring_attr.attr,
	&keys_generation_attr.attr,
	NULL
};

static const struct attribute_group keys_group = {
	.attrs	= keys_attrs,
};

KEXEC_KEYS_SHOW(crash, state, "%s", kexec_keys_report_crash().state);
KEXEC_KEYS_SHOW(crash, reason, "%s", kexec_keys_report_crash().reason);
KEXEC_KEYS_SHOW(crash, carried, "%u", kexec_keys_report_crash().carried);
KEXEC_KEYS_SHOW(crash, not_carried, "%u", kexec_keys_report_crash().not_carried);
KEXEC_KEYS_SHOW(crash, used, "%zu", kexec_keys_report_crash().used);
KEXEC_KEYS_SHOW(crash, capacity, "%zu", kexec_keys_report_crash().capacity);
KEXEC_KEYS_SHOW(crash, generation, "%llu", kexec_keys_report_crash().generation);
KEXEC_KEYS_SHOW(crash, direct_map, "%s", kexec_keys_crash_direct_map());
KEXEC_KEYS_SHOW(crash, verify, "%s", kexec_keys_verify_crash());

static struct attribute *crash_attrs[] = {
	&crash_state_attr.attr,
	&crash_reason_attr.attr,
	&crash_carried_attr.attr,
	&crash_not_carried_attr.attr,
	&crash_used_attr.attr,
	&crash_capacity_attr.attr,
	&crash_generation_attr.attr,
	&crash_direct_map_attr.attr,
	&crash_verify_attr.attr,
	NULL
};

static const struct attribute_group crash_group = {
	.name	= "crash",
	.attrs	= crash_attrs,
};

KEXEC_KEYS_SHOW(reboot, state, "%s", kexec_keys_report_reboot().state);
KEXEC_KEYS_SHOW(reboot, reason, "%s", kexec_keys_report_reboot().reason);
KEXEC_KEYS_SHOW(reboot, carried, "%u", kexec_keys_report_reboot().carried);
KEXEC_KEYS_SHOW(reboot, not_carried, "%u", kexec_keys_report_reboot().not_carried);
KEXEC_KEYS_SHOW(reboot, used, "%zu", kexec_keys_report_reboot().used);
KEXEC_KEYS_SHOW(reboot, capacity, "%zu", kexec_keys_report_reboot().capacity);

static struct attribute *reboot_attrs[] = {
	&reboot_state_attr.attr,
	&reboot_reason_attr.attr,
	&reboot_carried_attr.attr,
	&reboot_not_carried_attr.attr,
	&reboot_used_attr.attr,
	&reboot_capacity_attr.attr,
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

KEXEC_KEYS_SHOW(adopted, count, "%u", kexec_keys_adopted.count);
KEXEC_KEYS_SHOW(adopted, skipped, "%u", kexec_keys_adopted.skipped);
KEXEC_KEYS_SHOW(adopted, source, "%s", source_name(kexec_keys_adopted.source));
KEXEC_KEYS_SHOW(adopted, status, "%s", kexec_keys_adopted.status);
KEXEC_KEYS_SHOW(adopted, release, "%s", kexec_keys_adopted.release);

static struct attribute *adopted_attrs[] = {
	&adopted_count_attr.attr,
	&adopted_skipped_attr.attr,
	&adopted_source_attr.attr,
	&adopted_status_attr.attr,
	&adopted_release_attr.attr,
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
 * kexec_keys_state_changed - wake whoever polls the state files
 */
void kexec_keys_state_changed(void)
{
	if (!keys_kobj)
		return;

	sysfs_notify(keys_kobj, NULL, "generation");
	sysfs_notify(keys_kobj, "crash", "state");
	sysfs_notify(keys_kobj, "crash", "generation");
	sysfs_notify(keys_kobj, "reboot", "state");
}

static int __init kexec_keys_state_init(void)
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

	keys_kobj = kobj;
	return 0;
}
late_initcall(kexec_keys_state_init);
