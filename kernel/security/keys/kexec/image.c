// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handover buffer of the loaded crash image.
 *
 * A load adds an empty segment, and the last thing it does is the very update
 * that every later change of the ring makes, so a load that fails has never
 * held a key, and no key is ever copied to the heap.
 *
 * Locking: image_lock is taken after the kexec lock or without it, and before
 * the ring's semaphore. The kexec lock is never taken here: crash_kexec() gives
 * up the dump when it finds it held.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/cc_platform.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/kexec.h>
#include <linux/kexec_keys.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utsname.h>
#include <linux/vmalloc.h>

#include "internal.h"

static DEFINE_MUTEX(image_lock);

/**
 * struct crash_buffer - the handover buffer of the crash image
 * @image: the image, compared with kexec_crash_image but never followed
 * @vaddr: alias of the whole segment, NULL if it could not be mapped
 * @slot_size: bytes in each of the two slots
 * @seq: sequence number of the last set written
 * @active: slot that holds it
 * @used: bytes used in each slot
 * @carried: members in the last set
 * @not_carried: valid members that did not fit or that the format cannot carry
 * @generation: of the ring, when the last set was read from it
 *
 * Under image_lock. The alias and its page tables are made at load, so that an
 * update allocates nothing and cannot fail: a key that was taken out of the
 * ring is never left in the image. Writing through the direct map instead would
 * race with arch_kexec_protect_crashkres().
 */
static struct crash_buffer {
	const struct kimage	*image;
	void			*vaddr;
	size_t			slot_size;
	u64			seq;
	unsigned int		active;
	size_t			used[KEXEC_KEYS_SLOTS];
	u32			carried;
	u32			not_carried;
	u64			generation;
} crash;

/* The last reboot image loaded by file, only ever compared. Under image_lock. */
static const struct kimage *reboot_image;

static bool crash_enabled = true;

static unsigned int min_slot_size = KEXEC_KEYS_SLOT_MIN;
module_param_named(slot_size, min_slot_size, uint, 0444);
MODULE_PARM_DESC(slot_size, "least bytes in each of the two slots of a handover buffer");

static int crash_enabled_set(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_bool(val, kp);

	if (!ret)
		kexec_keys_update_images();

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

/*
 * With SME (not SEV) the segments of an image are stored decrypted, and keys
 * would lie in memory in the clear.
 */
VISIBLE_IF_KUNIT bool kexec_keys_memory_encrypted(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_keys_memory_encrypted);

	return cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT);
}

VISIBLE_IF_KUNIT const char *kexec_keys_refused(void)
{
	if (kexec_keys_memory_encrypted())
		return "sme";

	return READ_ONCE(crash_enabled) ? NULL : "parameter";
}

struct size_sink {
	struct kexec_keys_sink	sink;
	size_t			records_len;
};

static void add_size(struct kexec_keys_sink *sink,
		     const struct kexec_keys_record *rec)
{
	struct size_sink *size = container_of(sink, struct size_sink, sink);

	size->records_len += kexec_keys_record_len(rec);
}

/* Twice what the ring needs now, so that as much again can be added later. */
static size_t wanted_slot_size(void)
{
	struct size_sink size = { .sink.member = add_size };
	size_t want;

	kexec_keys_read_ring(&size.sink);
	want = max_t(size_t, min_slot_size,
		     2 * kexec_keys_slot_len(size.records_len));

	return clamp_t(size_t, ALIGN(want, KEXEC_KEYS_ALIGN),
		       KEXEC_KEYS_SLOT_MIN, KEXEC_KEYS_SLOT_MAX);
}

/**
 * kexec_keys_add_buffer - add the handover buffer to an image
 * @image: image that is being loaded by kexec_file_load(2)
 *
 * The segment is empty; kexec_keys_post_load() fills it. Never fails a load: an
 * image without the segment carries nothing, and the state says so. Called with
 * the kexec lock held.
 */
void kexec_keys_add_buffer(struct kimage *image)
{
	struct kexec_buf kbuf = {
		.image		= image,
		.buf_align	= KEXEC_KEYS_ALIGN,
		.buf_max	= ULONG_MAX,
		.top_down	= true,
		.mem		= KEXEC_BUF_MEM_UNKNOWN,
	};
	int ret;

	if (!kexec_keys_ring || image->type != KEXEC_TYPE_CRASH)
		return;

	kbuf.memsz = KEXEC_KEYS_SLOTS * wanted_slot_size();
	ret = kexec_add_buffer(&kbuf);
	if (ret) {
		pr_warn("no room for keys in the crash image: %pe\n",
			ERR_PTR(ret));
		return;
	}

	image->keys_buffer_addr = kbuf.mem;
	image->keys_buffer_size = kbuf.memsz;
	image->keys_segment_index = image->nr_segments - 1;
}

/**
 * kexec_keys_is_segment - is a segment of an image its handover buffer?
 * @image: the image
 * @index: index of the segment
 *
 * Such a segment changes after the load, so it stays outside purgatory's digest;
 * it has one of its own.
 */
bool kexec_keys_is_segment(const struct kimage *image, unsigned long index)
{
	return image->keys_buffer_size && index == image->keys_segment_index;
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
	vaddr = vmap(pages, nr_pages, VM_MAP, PAGE_KERNEL);
	kvfree(pages);

	return vaddr;
}

static void *slot_addr(unsigned int slot)
{
	return crash.vaddr + slot * crash.slot_size;
}

static void wipe_slot(unsigned int slot)
{
	memzero_explicit(slot_addr(slot), crash.used[slot]);
	crash.used[slot] = 0;
}

static void wipe_slots(void)
{
	unsigned int slot;

	for (slot = 0; slot < KEXEC_KEYS_SLOTS; slot++)
		wipe_slot(slot);
	crash.carried = 0;
	crash.not_carried = 0;
}

struct encode_sink {
	struct kexec_keys_sink		sink;
	struct kexec_keys_encoder	enc;
	u32				left_out;
};

static void encode_member(struct kexec_keys_sink *sink,
			  const struct kexec_keys_record *rec)
{
	struct encode_sink *encode = container_of(sink, struct encode_sink, sink);

	if (!kexec_keys_encode_add(&encode->enc, rec))
		encode->left_out++;
}

/*
 * Write the ring into the slot that does not count, then wipe the other.
 * Whoever reads the buffer after a panic at any instruction here finds one
 * complete set, because a slot without its digest is none.
 */
static time64_t write_set(void)
{
	struct encode_sink encode = { .sink.member = encode_member };
	unsigned int slot = !crash.active;

	/* All of the slot may hold keys until the digest says how much. */
	crash.used[slot] = crash.slot_size;
	kexec_keys_encode_start(&encode.enc, slot_addr(slot), crash.slot_size);
	kexec_keys_read_ring(&encode.sink);
	crash.used[slot] = kexec_keys_encode_finish(&encode.enc, ++crash.seq,
						    KEXEC_KEYS_CRASH,
						    init_uts_ns.name.release);
	/* The new set is in memory before the old one goes. */
	smp_wmb();
	wipe_slot(crash.active);

	crash.active = slot;
	crash.carried = encode.enc.count;
	crash.not_carried = encode.left_out;
	return encode.sink.next_expiry;
}

static void update_crash(void)
{
	time64_t next_expiry = 0;

	lockdep_assert_held(&image_lock);

	if (!crash.vaddr)
		return;

	/* Read first: a change that comes meanwhile makes another update. */
	crash.generation = kexec_keys_generation();
	if (kexec_keys_refused())
		wipe_slots();
	else
		next_expiry = write_set();

	kexec_keys_wake_at(next_expiry);
}

/**
 * kexec_keys_update_images - make the loaded images agree with the ring
 *
 * Allocates nothing and cannot fail. Takes image_lock.
 */
void kexec_keys_update_images(void)
{
	scoped_guard(mutex, &image_lock)
		update_crash();
	kexec_keys_state_changed();
}

/**
 * kexec_keys_post_load - fill the handover buffer of a loaded image
 * @image: image that is complete and about to be made the current one
 *
 * Nothing that can fail may follow in the load. Called with the kexec lock held.
 */
void kexec_keys_post_load(struct kimage *image)
{
	if (!kexec_keys_ring)
		return;

	guard(mutex)(&image_lock);
	if (image->type != KEXEC_TYPE_CRASH) {
		reboot_image = image;
		return;
	}

	if (kexec_keys_memory_encrypted())
		pr_warn_once("memory encryption is on and images are loaded in the clear: no key is carried\n");

	/* The loader has zeroed the segment, through the direct map. */
	crash = (struct crash_buffer) {
		.image		= image,
		.slot_size	= image->keys_buffer_size / KEXEC_KEYS_SLOTS,
		.vaddr		= map_segment(image->keys_buffer_addr,
					      image->keys_buffer_size),
	};
	if (!crash.vaddr)
		pr_warn("cannot map the handover buffer, no key is carried; load the image again\n");
	update_crash();
}

/**
 * kexec_keys_free_image - wipe the handover buffer of an image
 * @image: image that is being freed, loaded or half loaded
 *
 * Called with the kexec lock held, because the crash region may be loaded anew
 * as soon as it is dropped.
 */
void kexec_keys_free_image(struct kimage *image)
{
	guard(mutex)(&image_lock);
	if (image == reboot_image)
		reboot_image = NULL;
	if (image != crash.image)
		return;

	if (crash.vaddr) {
		wipe_slots();
		vunmap(crash.vaddr);
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
	const struct kimage *loaded = READ_ONCE(kexec_crash_image);
	const char *refused = kexec_keys_refused();

	struct kexec_keys_report report;

	guard(mutex)(&image_lock);
	report = (struct kexec_keys_report) {
		.carried	= crash.carried,
		.not_carried	= crash.not_carried,
		.used		= crash.used[crash.active],
		.capacity	= crash.slot_size,
		.generation	= crash.generation,
		.reason		= "none",
		.state		= "stale",
	};

	if (!loaded) {
		report.state = "none";
	} else if (loaded != crash.image) {
		report.state = "unsupported";
		report.reason = "kexec_load";
	} else if (refused) {
		report.state = "disabled";
		report.reason = refused;
	} else if (!crash.vaddr) {
		report.reason = "memory";
	} else if (crash.not_carried) {
		report.reason = "capacity";
	} else if (crash.generation != kexec_keys_generation()) {
		report.reason = "pending";
	} else {
		report.state = "synced";
	}

	return report;
}

/**
 * kexec_keys_report_reboot - describe what the reboot image carries
 *
 * Return: one word.
 */
const char *kexec_keys_report_reboot(void)
{
	const struct kimage *loaded = READ_ONCE(kexec_image);

	if (!loaded)
		return "none";

	guard(mutex)(&image_lock);
	return loaded == reboot_image ? "disabled" : "unsupported";
}

/**
 * kexec_keys_verify_crash - read the crash image as the next kernel would
 *
 * Return: one word: "ok", "none" where no set is expected, or what is wrong.
 */
const char *kexec_keys_verify_crash(void)
{
	enum kexec_keys_status status;
	struct kexec_keys_set set;

	guard(mutex)(&image_lock);
	if (!crash.vaddr || kexec_keys_refused())
		return "none";

	status = kexec_keys_decode(crash.vaddr,
				   KEXEC_KEYS_SLOTS * crash.slot_size, &set);
	if (status == KEXEC_KEYS_OK && set.count != crash.carried)
		return "count";

	return kexec_keys_status_name(status);
}
