// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover buffer of the reboot image.
 *
 * Its pages are where the next kernel will find them from the start: nothing is
 * copied when the image is entered, so no second copy of a key is left behind.
 * They are empty until a reboot into the image is under way.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/limits.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>

#include "internal.h"

static DEFINE_MUTEX(reboot_lock);

/**
 * struct reboot_buffer - the handover buffer of the reboot image
 * @image: the image, compared with kexec_image but never followed
 * @slots: its slots; the address is in the direct map
 *
 * Under reboot_lock.
 */
static struct reboot_buffer {
	const struct kimage	*image;
	struct kexec_keys_slots	slots;
} reboot;

static bool reboot_enabled;

static int reboot_enabled_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_bool(val, kp);

	if (!ret) {
		kexec_keys_end_waiting();
		kexec_keys_notify_pollers();
	}

	return ret;
}

static const struct kernel_param_ops reboot_enabled_ops = {
	.flags	= KERNEL_PARAM_OPS_FL_NOARG,
	.set	= reboot_enabled_set,
	.get	= param_get_bool,
};
module_param_cb(reboot, &reboot_enabled_ops, &reboot_enabled, 0644);
__MODULE_PARM_TYPE(reboot, "bool");
MODULE_PARM_DESC(reboot, "carry the members of .kexec over an ordinary kexec (default N)");

static const char *reboot_refused(void)
{
	return kexec_keys_refused(READ_ONCE(reboot_enabled));
}

/**
 * kexec_keys_reboot_loaded - take note of a reboot image
 * @image: image that is about to be made the current one
 *
 * Called with the kexec lock held.
 */
void kexec_keys_reboot_loaded(const struct kimage *image)
{
	scoped_guard(mutex, &reboot_lock) {
		reboot = (struct reboot_buffer) {
			.image = image,
			.slots = {
				.source		= KEXEC_KEYS_REBOOT,
				.n_slots	= 1,
				.slot_size	= image->keys_buffer_size,
			},
		};
		if (image->keys_buffer_size)
			reboot.slots.vaddr =
				phys_to_virt(image->keys_buffer_addr);
	}
	kexec_keys_end_waiting();
}

/**
 * kexec_keys_reboot_freed - forget the handover buffer of a reboot image
 * @image: image that is being freed, loaded or half loaded
 *
 * The buffer is empty: from a reboot that has begun there is no way back. Called
 * with the kexec lock held.
 */
void kexec_keys_reboot_freed(const struct kimage *image)
{
	scoped_guard(mutex, &reboot_lock) {
		if (image != reboot.image)
			return;
		memset(&reboot, 0, sizeof(reboot));
	}
	kexec_keys_end_waiting();
}

/**
 * kexec_keys_reboot_armed - would a kexec now carry the members of `.kexec`?
 *
 * Takes reboot_lock, under which nothing is allocated.
 *
 * Return: true if so.
 */
bool kexec_keys_reboot_armed(void)
{
	guard(mutex)(&reboot_lock);
	return reboot.slots.vaddr && !reboot_refused();
}

/**
 * kexec_keys_report_reboot - describe what a kexec now would carry
 *
 * Return: the description.
 */
struct kexec_keys_report kexec_keys_report_reboot(void)
{
	const char *refused = reboot_refused();
	struct kexec_keys_report report = {
		.reason	= "none",
		.state	= "disabled",
	};

	guard(mutex)(&reboot_lock);
	if (!reboot.image && !READ_ONCE(kexec_image)) {
		report.state = "none";
	} else if (!reboot.image) {
		report.state = "unsupported";
		report.reason = "kexec_load";
	} else if (refused) {
		report.reason = refused;
	} else if (!reboot.slots.vaddr) {
		report.reason = "buffer";
	} else {
		report.state = "armed";
	}

	return report;
}

/**
 * kexec_keys_measure_reboot - count the keys that a kexec now would carry
 *
 * Reads the ring.
 *
 * Return: a report with carried and not_carried only.
 */
struct kexec_keys_report kexec_keys_measure_reboot(void)
{
	struct kexec_keys_report report = {};

	guard(mutex)(&reboot_lock);
	if (reboot.slots.vaddr && !reboot_refused())
		kexec_keys_slots_measure(&reboot.slots, &report);

	return report;
}

/* The kexec lock is held by kernel_kexec(). */
static int kexec_keys_reboot_notify(struct notifier_block *nb,
				    unsigned long event, void *cmd)
{
	if (event != SYS_RESTART || !kexec_in_progress)
		return NOTIFY_DONE;

	guard(mutex)(&reboot_lock);
	if (!reboot.slots.vaddr || reboot_refused())
		return NOTIFY_DONE;

	kexec_keys_slots_write(&reboot.slots);
	pr_info("%u keys are carried over, %u are not\n",
		reboot.slots.carried, reboot.slots.not_carried);

	return NOTIFY_OK;
}

/* As late as can be: a key that is revoked meanwhile is not carried. */
static struct notifier_block kexec_keys_reboot_nb = {
	.notifier_call	= kexec_keys_reboot_notify,
	.priority	= INT_MIN,
};

static int __init kexec_keys_reboot_init(void)
{
	return register_reboot_notifier(&kexec_keys_reboot_nb);
}
core_initcall(kexec_keys_reboot_init);
