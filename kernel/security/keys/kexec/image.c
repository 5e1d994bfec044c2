// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the loader of images calls, and when nothing may be carried.
 *
 * A load adds an empty segment. Of a crash image, the last thing it does is the
 * very update that every later change of the ring makes; a reboot image stays
 * empty until it is entered. So a load that fails has never held a key, and no key
 * is ever copied to the heap.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/cc_platform.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kexec.h>
#include <linux/kexec_keys.h>
#include <linux/printk.h>

#include "internal.h"

/*
 * With SME (not SEV) the segments of an image are stored decrypted, and keys
 * would lie in memory in the clear.
 */
VISIBLE_IF_KUNIT bool kexec_keys_memory_encrypted(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_keys_memory_encrypted);

	return cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT);
}

/**
 * kexec_keys_refused - may an image carry keys?
 * @enabled: whether the image's parameter allows it
 *
 * Return: NULL if it may, else one word why not.
 */
const char *kexec_keys_refused(bool enabled)
{
	if (kexec_keys_memory_encrypted())
		return "sme";
	/* Root may revoke or invalidate the ring; there is no other. */
	if (key_validate(kexec_keys_ring))
		return "ring";

	return enabled ? NULL : "parameter";
}

/* Of pages that are there already, or where there is room for it. */
static int add_segment(struct kimage *image, size_t size, void *pages)
{
	struct kexec_buf kbuf = {
		.image		= image,
		.memsz		= size,
		.buf_align	= KEXEC_KEYS_ALIGN,
		.buf_max	= ULONG_MAX,
		.top_down	= true,
		.mem		= pages ? virt_to_phys(pages) : KEXEC_BUF_MEM_UNKNOWN,
	};
	int ret;

	ret = kexec_add_buffer(&kbuf);
	if (ret)
		return ret;

	image->keys_buffer_addr = kbuf.mem;
	image->keys_buffer_size = kbuf.memsz;
	image->keys_segment_index = image->nr_segments - 1;
	return 0;
}

/* alloc_pages_exact() ends at 4 MiB on most architectures. */
static int add_reboot_segment(struct kimage *image, size_t size)
{
	void *pages;
	int ret;

	pages = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO |
				  __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	if (!pages)
		return -ENOMEM;

	ret = add_segment(image, size, pages);
	if (ret)
		free_pages_exact(pages, size);

	return ret;
}

/**
 * kexec_keys_add_buffer - add the handover buffer to an image
 * @image: image that is being loaded by kexec_file_load(2)
 *
 * The segment is empty. Never fails a load: an image without the segment carries
 * nothing, and the state says so. Called with the kexec lock held.
 */
void kexec_keys_add_buffer(struct kimage *image)
{
	size_t size;
	int ret;

	if (!kexec_keys_ring)
		return;

	size = KEXEC_KEYS_SLOTS * kexec_keys_slot_size_wanted();
	if (image->type == KEXEC_TYPE_CRASH)
		ret = add_segment(image, size, NULL);
	else
		ret = add_reboot_segment(image, size);
	if (ret)
		pr_warn("no room for keys in the image: %pe\n", ERR_PTR(ret));
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

/**
 * kexec_keys_is_in_place - is a segment of an image loaded already?
 * @image: the image
 * @index: index of the segment
 *
 * The pages of a reboot image's handover buffer are where they are to be.
 */
bool kexec_keys_is_in_place(const struct kimage *image, unsigned long index)
{
	return image->type != KEXEC_TYPE_CRASH &&
	       kexec_keys_is_segment(image, index);
}

/**
 * kexec_keys_post_load - take note of a loaded image
 * @image: image that is complete and about to be made the current one
 *
 * Nothing that can fail may follow in the load. Called with the kexec lock held.
 */
void kexec_keys_post_load(struct kimage *image)
{
	if (!kexec_keys_ring)
		return;

	if (kexec_keys_memory_encrypted())
		pr_warn_once("memory encryption is on and images are loaded in the clear: no key is carried\n");

	if (image->type == KEXEC_TYPE_CRASH)
		kexec_keys_crash_loaded(image);
	else
		kexec_keys_reboot_loaded(image);
	kexec_keys_state_changed();
}

/**
 * kexec_keys_free_image - wipe the handover buffer of an image
 * @image: image that is being freed, loaded or half loaded
 *
 * Called with the kexec lock held.
 */
void kexec_keys_free_image(const struct kimage *image)
{
	if (image->type == KEXEC_TYPE_CRASH) {
		kexec_keys_crash_freed(image);
	} else {
		kexec_keys_reboot_freed(image);
		if (image->keys_buffer_size)
			free_pages_exact(phys_to_virt(image->keys_buffer_addr),
					 image->keys_buffer_size);
	}
	kexec_keys_state_changed();
}
