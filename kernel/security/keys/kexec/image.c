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

#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/kconfig.h>
#include <linux/kexec.h>
#include <linux/kexec_keys.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <asm/sections.h>

#include "internal.h"

/*
 * What the handover buffer may take of the crash region. It must not depend on
 * the ring: else keys could make a load fail, which leaves no crash image.
 */
#define CRASH_REGION_PART	64

/* Of the free memory, what may be kept aside while a block is looked for. */
#define KEPT_PART		4

/*
 * powerpc's next kernel moves to the start of memory, and may be larger than
 * this one. Nowhere else is memory below the end of the kernel in danger.
 */
#ifdef CONFIG_PPC64
#define MIN_ADDR	(2 * __pa(_end))
#else
#define MIN_ADDR	0
#endif

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

static int add_crash_segment(struct kimage *image)
{
	size_t part = resource_size(&crashk_res) / CRASH_REGION_PART;

	return add_segment(image, clamp_t(size_t,
					  ALIGN_DOWN(part, KEXEC_KEYS_ALIGN),
					  KEXEC_KEYS_BUFFER_MIN,
					  KEXEC_KEYS_BUFFER_MAX), NULL);
}

/* Hot-added memory may not be in the memory map of the next kernel. */
static bool is_boot_memory(phys_addr_t addr, size_t size)
{
#ifdef CONFIG_SPARSEMEM
	unsigned long pfn = PHYS_PFN(addr);
	unsigned long end = PHYS_PFN(addr + size);

	for (; pfn < end; pfn++)
		if (!early_section(__pfn_to_section(pfn)))
			return false;
#endif
	return true;
}

/* One option, from its "=" on: SIZE@BASE, or START-END:SIZE,...@BASE. */
static bool overlaps_option(const char *word, phys_addr_t addr, size_t size)
{
	unsigned long long value, largest = 0;
	char *end;

	for (; *word && *word != ' '; word = end) {
		value = memparse(word + 1, &end);
		if (*word == '@')
			return addr < value + largest && value < addr + size;
		if (end == word + 1)
			continue;
		if (*end != '-' && *word != '-')
			largest = max(largest, value);
	}

	return false;
}

/*
 * Where the next kernel's command line has crashkernel= with a base, a
 * reservation in that range may make the one of the crash region fail. Of
 * several sizes, each for another amount of memory, the largest counts.
 */
VISIBLE_IF_KUNIT bool kexec_keys_overlap_crashkernel(const char *cmdline,
						     phys_addr_t addr,
						     size_t size)
{
	static const char name[] = "crashkernel";

	while ((cmdline = strstr(cmdline, name))) {
		cmdline += strlen(name);
		if (*cmdline == '=' && overlaps_option(cmdline, addr, size))
			return true;
	}

	return false;
}

static bool is_suitable(const struct kimage *image, phys_addr_t addr, size_t size)
{
	const char *cmdline = image->cmdline_buf;

	return addr >= MIN_ADDR && is_boot_memory(addr, size) &&
	       !(cmdline && kexec_keys_overlap_crashkernel(cmdline, addr, size));
}

/* A block that does not suit is kept aside until another one is found. */
static void *alloc_suitable_pages(const struct kimage *image, size_t size,
				  gfp_t zone)
{
	unsigned long tries = nr_free_pages() / KEPT_PART / PHYS_PFN(size);
	struct page *page, *next;
	LIST_HEAD(kept);
	void *pages;

	do {
		pages = alloc_pages_exact(size, GFP_KERNEL | zone |
					  __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
		if (!pages || is_suitable(image, virt_to_phys(pages), size))
			break;
		list_add(&virt_to_page(pages)->lru, &kept);
		pages = NULL;
	} while (tries--);
	list_for_each_entry_safe(page, next, &kept, lru)
		free_pages_exact(page_address(page), size);

	return pages;
}

/* What was hot-added is rarely in the zone of addresses that devices need. */
static void *alloc_buffer(const struct kimage *image, size_t size)
{
	void *pages = alloc_suitable_pages(image, size, 0);

	if (!pages && IS_ENABLED(CONFIG_ZONE_DMA32))
		pages = alloc_suitable_pages(image, size, __GFP_DMA32);
	if (pages)
		memset(pages, 0, size);

	return pages;
}

/* Room for twice what the ring has now, or for as much as there is in one block. */
static int add_reboot_segment(struct kimage *image)
{
	size_t need = kexec_keys_slot_len_wanted();
	size_t most = min_t(size_t, PAGE_SIZE << MAX_PAGE_ORDER,
			    KEXEC_KEYS_BUFFER_MAX);
	size_t size = clamp_t(size_t, ALIGN(2 * need, KEXEC_KEYS_ALIGN),
			      KEXEC_KEYS_BUFFER_MIN, most);
	void *pages;
	int ret;

	for (;;) {
		pages = alloc_buffer(image, size);
		if (pages || size == KEXEC_KEYS_BUFFER_MIN)
			break;
		size = max_t(size_t, ALIGN(size / 2, KEXEC_KEYS_ALIGN),
			     KEXEC_KEYS_BUFFER_MIN);
	}
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
 * nothing, and the state says so. Called with the kexec lock held, before all
 * other segments are placed.
 */
void kexec_keys_add_buffer(struct kimage *image)
{
	int ret;

	if (!kexec_keys_ring || kexec_keys_memory_encrypted())
		return;
	if (!kexec_keys_has_seed()) {
		pr_warn("no random numbers yet, no key is carried; load the image again\n");
		return;
	}

	if (image->type == KEXEC_TYPE_CRASH)
		ret = add_crash_segment(image);
	else
		ret = add_reboot_segment(image);
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
	kexec_keys_notify_pollers();
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
	kexec_keys_notify_pollers();
}
