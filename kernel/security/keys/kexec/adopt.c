// SPDX-License-Identifier: GPL-2.0-only
/*
 * The next kernel's side: find the handover buffer, re-create its keys in
 * `.kexec`, wipe it.
 *
 * Three stages. Early, an architecture says where the buffer is; what can be
 * judged without a memory map is judged, and the range is reserved. At
 * subsys_initcall, before any user process, it is judged again, read, and then
 * wiped and freed whatever was in it.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <linux/align.h>
#include <linux/crash_dump.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kexec.h>
#include <linux/kexec_keys.h>
#include <linux/key-type.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/of_fdt.h>
#include <linux/overflow.h>
#include <linux/pfn.h>
#include <linux/user_namespace.h>
#include <asm/sections.h>

#include "../internal.h"
#include "internal.h"

/* As KEYCTL_SETPERM has it. */
#define PERM_ALL	(KEY_POS_ALL | KEY_USR_ALL | KEY_GRP_ALL | KEY_OTH_ALL)

static bool adopt __initdata = true;
module_param(adopt, bool, 0);
MODULE_PARM_DESC(adopt, "adopt the keys of the previous kernel, and do not just wipe them (default Y)");

struct kexec_keys_adopted kexec_keys_adopted __ro_after_init = {
	.status = "none",
};

static phys_addr_t buffer_addr __initdata;
static size_t buffer_size __initdata;

static bool __init overlaps(phys_addr_t addr, u64 size, phys_addr_t start,
			    u64 len)
{
	return len && addr < start + len && start < addr + size;
}

/* What an architecture with a device tree reserves only later. */
static bool __init overlaps_boot_data(phys_addr_t addr, u64 size)
{
	if (overlaps(addr, size, __pa_symbol(_text), _end - _text))
		return true;
#ifdef CONFIG_BLK_DEV_INITRD
	if (overlaps(addr, size, phys_initrd_start, phys_initrd_size))
		return true;
#endif
	if (early_init_dt_is_reserved(addr, size))
		return true;

	return overlaps(addr, size, elfcorehdr_addr, elfcorehdr_size);
}

/* One word, why the range cannot be a handover buffer, or NULL. */
static const char * __init judge_range(phys_addr_t addr, u64 size, bool is_ram)
{
	phys_addr_t last;

	if (!addr || !IS_ALIGNED(addr, KEXEC_KEYS_ALIGN) ||
	    !IS_ALIGNED(size, KEXEC_KEYS_ALIGN))
		return "alignment";
	if (size < KEXEC_KEYS_BUFFER_MIN || size > KEXEC_KEYS_BUFFER_MAX)
		return "size";
	if (check_add_overflow(addr, (phys_addr_t)size - 1, &last))
		return "overflow";
	if (!is_ram)
		return "not-ram";
	if (memblock_is_region_reserved(addr, size) ||
	    overlaps_boot_data(addr, size))
		return "overlap";

	return NULL;
}

/**
 * kexec_keys_reserve - take note of the handover buffer and reserve it
 * @addr: its physical address, as the previous kernel says
 * @size: its size in bytes
 * @is_ram: false if the firmware's memory map is known and says that it is not RAM
 *
 * For architectures, before the first allocation from memblock. A range that
 * cannot be a handover buffer is left alone and costs nothing but the keys.
 */
void __init kexec_keys_reserve(phys_addr_t addr, u64 size, bool is_ram)
{
	const char *reason = buffer_size ? "duplicate" :
					   judge_range(addr, size, is_ram);

	if (!reason && memblock_reserve(addr, size))
		reason = "memory";
	if (reason) {
		kexec_keys_adopted.status = reason;
		pr_warn("handover buffer at %pa, size %#llx ignored: %s\n",
			&addr, size, reason);
		return;
	}

	buffer_addr = addr;
	buffer_size = size;
}

/*
 * The range was reserved before mem= was known. Now there is a memory map:
 * every page must be RAM that is mapped and still reserved.
 */
static bool __init range_is_ram(phys_addr_t addr, size_t size)
{
	unsigned long pfn = PHYS_PFN(addr);
	unsigned long end = pfn + PHYS_PFN(size);

#ifdef CONFIG_X86
	if (!pfn_range_is_mapped(pfn, end))
		return false;
#endif
	for (; pfn < end; pfn++)
		if (!pfn_valid(pfn) || !page_is_ram(pfn) ||
		    !PageReserved(pfn_to_page(pfn)))
			return false;

	return true;
}

/* A copy of a name in the record, terminated; true if that is all of it. */
static bool __init copy_name(char *to, size_t size, const char *from, size_t len)
{
	if (len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';

	return strlen(to) == len;
}

static struct key * __init alloc_key(struct key_type *type, const char *desc,
				     const struct kexec_keys_record *rec)
{
	kuid_t uid = make_kuid(&init_user_ns, rec->uid);
	kgid_t gid = make_kgid(&init_user_ns, rec->gid);

	if (!type->kexec_payload || !uid_valid(uid) || !gid_valid(gid))
		return ERR_PTR(-EINVAL);

	return key_alloc(type, desc, uid, gid, current_cred(),
			 rec->perm & PERM_ALL, KEY_ALLOC_NOT_IN_QUOTA, NULL);
}

static int __init adopt_key(const struct kexec_keys_record *rec)
{
	char desc[KEXEC_KEYS_DESC_MAX + 1];
	char name[KEXEC_KEYS_TYPE_MAX + 1];
	struct key_type *type;
	struct key *key;
	int ret;

	if (!copy_name(name, sizeof(name), rec->type, rec->type_len) ||
	    !copy_name(desc, sizeof(desc), rec->desc, rec->desc_len))
		return -EINVAL;
	if (rec->expiry && rec->expiry <= ktime_get_real_seconds())
		return -EKEYEXPIRED;

	type = key_type_lookup(name);
	if (IS_ERR(type))
		return PTR_ERR(type);
	key = alloc_key(type, desc, rec);
	key_type_put(type);
	if (IS_ERR(key))
		return PTR_ERR(key);

	/* The key cannot be found before it is linked. */
	if (rec->expiry)
		key_set_expiry(key, rec->expiry);
	ret = key_instantiate_and_link(key, rec->payload, rec->payload_len,
				       kexec_keys_ring, NULL);
	key_put(key);

	return ret;
}

static void __init adopt_set(struct kexec_keys_set *set)
{
	struct kexec_keys_adopted *adopted = &kexec_keys_adopted;
	struct kexec_keys_record rec;
	int ret;

	adopted->source = set->source;

	while (kexec_keys_next(set, &rec)) {
		ret = adopt_key(&rec);
		if (ret) {
			adopted->skipped++;
			pr_debug("a key was not adopted: %pe\n", ERR_PTR(ret));
		} else {
			adopted->count++;
		}
	}

	pr_info("adopted %u keys, skipped %u, written by %s\n", adopted->count,
		adopted->skipped, set->release);
}

static const char * __init adopt_buffer(const void *buf)
{
	enum kexec_keys_status status;
	struct kexec_keys_set set;

	if (!adopt)
		return "parameter";
	if (!kexec_keys_ring)
		return "memory";

	status = kexec_keys_decode(buf, buffer_size, &set);
	if (status == KEXEC_KEYS_OK)
		adopt_set(&set);
	else if (status == KEXEC_KEYS_EMPTY)
		pr_debug("the handover buffer at %pa is empty\n", &buffer_addr);
	else
		pr_warn("handover buffer at %pa not adopted: %s\n",
			&buffer_addr, kexec_keys_status_name(status));

	return kexec_keys_status_name(status);
}

static bool __init is_in(const struct resource *res, unsigned long pfn)
{
	return pfn >= PHYS_PFN(res->start) && pfn <= PHYS_PFN(res->end);
}

/*
 * Some architectures let the crash region overlap what is reserved already; a
 * page of it is not to be given away.
 */
static void __init free_buffer(void)
{
	unsigned long pfn = PHYS_PFN(buffer_addr);
	unsigned long end = PHYS_PFN(buffer_addr + buffer_size);

	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		memblock_phys_free(buffer_addr, buffer_size);
	for (; pfn < end; pfn++)
		if (!is_in(&crashk_res, pfn) && !is_in(&crashk_low_res, pfn))
			free_reserved_page(pfn_to_page(pfn));
}

/* After subsys_initcall, at which powerpc makes the resources of System RAM. */
static int __init kexec_keys_adopt(void)
{
	void *buf;

	if (!buffer_size)
		return 0;

	if (!range_is_ram(buffer_addr, buffer_size)) {
		kexec_keys_adopted.status = "not-ram";
		pr_warn("handover buffer at %pa ignored and left reserved: not-ram\n",
			&buffer_addr);
		return 0;
	}

	buf = phys_to_virt(buffer_addr);
	kexec_keys_adopted.status = adopt_buffer(buf);
	memzero_explicit(buf, buffer_size);
	free_buffer();
	return 0;
}
subsys_initcall_sync(kexec_keys_adopt);
