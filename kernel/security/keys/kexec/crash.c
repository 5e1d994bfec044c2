// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover buffer of the crash image.
 *
 * Its keys are in plain text in memory, for as long as the image is loaded: in
 * the crash region, and under a second, writable address, the alias through which
 * they are updated.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <linux/cleanup.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/vmalloc.h>
#include <asm/tlbflush.h>

#include "internal.h"

static DEFINE_MUTEX(crash_lock);

/**
 * struct crash_buffer - the handover buffer of the crash image
 * @image: the image, compared with kexec_crash_image but never followed
 * @slots: its slots; the address is an alias of the whole segment
 * @generation: of the ring, when the last set was read from it
 *
 * Under crash_lock. The alias and its page tables are made at load, so that an
 * update allocates nothing and cannot fail: a key that was taken out of the
 * ring is never left in the image. The direct map has no part in that:
 * arch_kexec_protect_crashkres() may make it read-only at any moment, and where
 * the architecture can, the segment is not in it while the image is loaded.
 */
static struct crash_buffer {
	const struct kimage	*image;
	struct kexec_keys_slots	slots;
	u64			generation;
} crash;

static bool crash_enabled = true;

/* Under crash_lock. */
static bool hibernating;

static const char *crash_refused(void)
{
	return kexec_keys_refused(crash_enabled) ?:
	       hibernating ? "hibernation" : NULL;
}

static void show_in_direct_map(phys_addr_t addr, size_t size)
{
	set_direct_map_valid_noflush(pfn_to_page(PHYS_PFN(addr)),
				     PHYS_PFN(size), true);
}

/*
 * Code that reads memory through the direct map, by mistake or for /proc/kcore,
 * must not find keys. Where the segment cannot be taken out, it stays there.
 */
static void hide_from_direct_map(phys_addr_t addr, size_t size)
{
	unsigned long start = (unsigned long)phys_to_virt(addr);

	if (set_direct_map_valid_noflush(pfn_to_page(PHYS_PFN(addr)),
					 PHYS_PFN(size), false))
		show_in_direct_map(addr, size);
	flush_tlb_kernel_range(start, start + size);
}

static void *map_segment(phys_addr_t addr, size_t size)
{
	unsigned int i, nr_pages = size >> PAGE_SHIFT;
	struct page **pages;
	void *vaddr;

	if (!size)
		return NULL;

	pages = kvmalloc_array(nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return NULL;

	for (i = 0; i < nr_pages; i++)
		pages[i] = pfn_to_page(PHYS_PFN(addr) + i);
	/* /proc/kcore does not read sparse areas. */
	vaddr = vmap(pages, nr_pages, VM_MAP | VM_SPARSE, PAGE_KERNEL);
	kvfree(pages);

	return vaddr;
}

static void update_locked(void)
{
	time64_t next_expiry = 0;

	lockdep_assert_held(&crash_lock);

	if (!crash.slots.vaddr)
		return;

	/* Read first: a change that comes meanwhile makes another update. */
	crash.generation = kexec_keys_generation();
	if (crash_refused())
		kexec_keys_slots_wipe(&crash.slots);
	else
		next_expiry = kexec_keys_slots_write(&crash.slots);

	kexec_keys_wake_at(next_expiry);
}

/**
 * kexec_keys_update_crash - make the crash image agree with the ring
 *
 * Allocates nothing and cannot fail. Takes crash_lock.
 */
void kexec_keys_update_crash(void)
{
	scoped_guard(mutex, &crash_lock)
		update_locked();
	kexec_keys_notify_pollers();
}

static int crash_enabled_set(const char *val, const struct kernel_param *kp)
{
	int ret;

	/* The state is never of one setting, and the buffer of another. */
	scoped_guard(mutex, &crash_lock) {
		ret = param_set_bool(val, kp);
		if (!ret)
			update_locked();
	}
	kexec_keys_notify_pollers();

	return ret;
}

static const struct kernel_param_ops crash_enabled_ops = {
	.flags	= KERNEL_PARAM_OPS_FL_NOARG,
	.set	= crash_enabled_set,
	.get	= param_get_bool,
};
module_param_cb(crash, &crash_enabled_ops, &crash_enabled, 0644);
__MODULE_PARM_TYPE(crash, "bool");
MODULE_PARM_DESC(crash, "carry the members of .kexec in the crash image (default Y)");

/**
 * kexec_keys_crash_loaded - fill the handover buffer of a crash image
 * @image: image that is about to be made the current one
 *
 * Called with the kexec lock held.
 */
void kexec_keys_crash_loaded(const struct kimage *image)
{
	unsigned int noio;

	guard(mutex)(&crash_lock);

	/* A task that waits for the lock may have suspended a block device. */
	noio = memalloc_noio_save();
	/* The loader has zeroed the segment, through the direct map. */
	crash = (struct crash_buffer) {
		.image = image,
		.slots = {
			.source		= KEXEC_KEYS_CRASH,
			.n_slots	= KEXEC_KEYS_SLOTS,
			.slot_size	= image->keys_buffer_size / KEXEC_KEYS_SLOTS,
			.vaddr		= map_segment(image->keys_buffer_addr,
						      image->keys_buffer_size),
		},
	};
	if (crash.slots.vaddr)
		hide_from_direct_map(image->keys_buffer_addr,
				     image->keys_buffer_size);
	else
		pr_warn("cannot map the handover buffer, no key is carried; load the image again\n");
	memalloc_noio_restore(noio);
	update_locked();
}

/**
 * kexec_keys_crash_freed - wipe the handover buffer of a crash image
 * @image: image that is being freed, loaded or half loaded
 *
 * Called with the kexec lock held, because the crash region may be loaded anew
 * as soon as it is dropped.
 */
void kexec_keys_crash_freed(const struct kimage *image)
{
	guard(mutex)(&crash_lock);
	if (image != crash.image)
		return;

	if (crash.slots.vaddr) {
		kexec_keys_slots_wipe(&crash.slots);
		/* The next load writes there through the direct map. */
		show_in_direct_map(image->keys_buffer_addr,
				   image->keys_buffer_size);
		vunmap(crash.slots.vaddr);
	}
	memset(&crash, 0, sizeof(crash));
}

/**
 * kexec_keys_report_crash - describe what the crash image carries
 *
 * Return: the description.
 */
struct kexec_keys_report kexec_keys_report_crash(void)
{
	struct kexec_keys_report report;
	const char *refused;

	guard(mutex)(&crash_lock);
	refused = crash_refused();
	report = (struct kexec_keys_report) {
		.carried	= crash.slots.carried,
		.not_carried	= crash.slots.not_carried,
		.reason		= "none",
		.state		= "stale",
	};

	if (!crash.image && !READ_ONCE(kexec_crash_image)) {
		report.state = "none";
	} else if (!crash.image) {
		report.state = "unsupported";
		report.reason = "kexec_load";
	} else if (refused) {
		report.state = "disabled";
		report.reason = refused;
	} else if (!crash.slots.vaddr) {
		report.reason = "buffer";
	} else if (crash.slots.not_carried) {
		report.reason = "capacity";
	} else if (crash.generation != kexec_keys_generation()) {
		report.reason = "pending";
	} else {
		report.state = "synced";
	}

	return report;
}

/**
 * kexec_keys_verify_crash - read the crash image as the next kernel would
 *
 * Return: one word: "ok", "none" where no set is expected, or what is wrong.
 */
const char *kexec_keys_verify_crash(void)
{
	guard(mutex)(&crash_lock);
	if (!crash.slots.vaddr || crash_refused())
		return "none";

	return kexec_keys_slots_verify(&crash.slots);
}

/*
 * The buffer is empty while the system hibernates, so that nothing of it is in
 * the hibernation image. Such an image leaves out pages that are not in the direct
 * map: after a resume, anything may be in the buffer until it is reset. A panic in
 * between finds no set.
 */
static int kexec_keys_pm_notify(struct notifier_block *nb, unsigned long event,
				void *data)
{
	if (event != PM_HIBERNATION_PREPARE && event != PM_POST_HIBERNATION)
		return NOTIFY_DONE;

	scoped_guard(mutex, &crash_lock) {
		hibernating = event == PM_HIBERNATION_PREPARE;
		if (crash.slots.vaddr && !hibernating)
			kexec_keys_slots_reset(&crash.slots);
		update_locked();
	}
	kexec_keys_notify_pollers();

	return NOTIFY_OK;
}

static int __init kexec_keys_pm_init(void)
{
	pm_notifier(kexec_keys_pm_notify, 0);
	return 0;
}
core_initcall(kexec_keys_pm_init);
