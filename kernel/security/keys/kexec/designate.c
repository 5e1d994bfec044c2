// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designating keys on behalf of a part of the kernel that uses them.
 */

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kexec_keys.h>
#include <linux/key.h>
#include <linux/key-type.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"

/**
 * struct kexec_keys_designation - a description that somebody wants carried
 * @list: in designations, under designations_lock
 * @users: how many want that; two mappings may have one key, and while a table is
 *	replaced the old one and the new one do; none while it only waits for a kexec
 * @type: type of the key
 * @desc: its description; the key may be another one each time
 */
struct kexec_keys_designation {
	struct list_head	list;
	unsigned int		users;
	struct key_type		*type;
	char			desc[];
};

static LIST_HEAD(designations);
static DEFINE_MUTEX(designations_lock);

static struct kexec_keys_designation *find_designation(const struct key *key)
{
	struct kexec_keys_designation *designation;

	list_for_each_entry(designation, &designations, list)
		if (designation->type == key->type &&
		    !strcmp(designation->desc, key->description))
			return designation;

	return NULL;
}

static struct kexec_keys_designation *new_designation(const struct key *key)
{
	struct kexec_keys_designation *designation;
	size_t size = strlen(key->description) + 1;

	designation = kzalloc(struct_size(designation, desc, size), GFP_KERNEL);
	if (!designation)
		return NULL;

	designation->type = key->type;
	memcpy(designation->desc, key->description, size);
	list_add(&designation->list, &designations);
	return designation;
}

static void free_designation(struct kexec_keys_designation *designation)
{
	list_del(&designation->list);
	kfree(designation);
}

static struct kexec_keys_designation *designate_locked(struct key *key)
{
	struct kexec_keys_designation *old = find_designation(key);
	struct kexec_keys_designation *designation;
	int ret;

	designation = old ?: new_designation(key);
	if (!designation)
		return ERR_PTR(-ENOMEM);

	ret = key_link(kexec_keys_ring, key);
	/* What is designated for another use stays so, for this one as well. */
	if (ret && !designation->users) {
		if (!old)
			free_designation(designation);
		return ERR_PTR(ret);
	}

	designation->users++;
	return designation;
}

/**
 * kexec_keys_designate - link a key into `.kexec` for as long as it is in use
 * @key: the key; displaces one of the same type and description
 *
 * The caller of the system call that this is part of needs CAP_SYS_BOOT, as for
 * linking the key itself. May be called while a block device is suspended: it
 * does no I/O, though whoever else changes the ring meanwhile may.
 *
 * Return: what is to be given to kexec_keys_withdraw() or kexec_keys_release();
 * NULL if a key of that type cannot be carried; or an error.
 */
struct kexec_keys_designation *kexec_keys_designate(struct key *key)
{
	struct kexec_keys_designation *designation;
	unsigned int noio;

	if (!key->type->kexec_payload)
		return NULL;
	if (!kexec_keys_ring)
		return ERR_PTR(-ENOKEY);

	noio = memalloc_noio_save();
	scoped_guard(mutex, &designations_lock)
		designation = designate_locked(key);
	memalloc_noio_restore(noio);

	return designation;
}
EXPORT_SYMBOL_GPL(kexec_keys_designate);

/* The key that the ring has now, whoever has linked it. */
static void unlink_designated(const struct kexec_keys_designation *designation)
{
	struct keyring_index_key index_key = {
		.type		= designation->type,
		.description	= designation->desc,
		.desc_len	= strlen(designation->desc),
	};
	key_ref_t ref;
	struct key *key;
	int ret;

	key_set_index_key(&index_key);
	scoped_guard(rwsem_read, &kexec_keys_ring->sem)
		ref = find_key_to_update(make_key_ref(kexec_keys_ring, true),
					 &index_key);
	if (!ref)
		return;

	key = key_ref_to_ptr(ref);
	ret = key_unlink(kexec_keys_ring, key);
	/* There may be no memory to unlink it; then nobody is to have it. */
	if (ret && ret != -ENOENT)
		key_invalidate(key);
	key_put(key);
}

static void end_designation(struct kexec_keys_designation *designation)
{
	unlink_designated(designation);
	free_designation(designation);
	/* Who wipes a key does not want to wait for the worker. */
	kexec_keys_update_crash();
}

static void end_use(struct kexec_keys_designation *designation, bool may_wait)
{
	unsigned int noio;

	if (IS_ERR_OR_NULL(designation))
		return;

	noio = memalloc_noio_save();
	scoped_guard(mutex, &designations_lock) {
		if (!--designation->users &&
		    !(may_wait && kexec_keys_reboot_armed()))
			end_designation(designation);
	}
	memalloc_noio_restore(noio);
}

/**
 * kexec_keys_withdraw - the end of a use of a designated key that is to be gone
 * @designation: what kexec_keys_designate() returned, or NULL or an error
 *
 * After the last use there is no such key in `.kexec`, nor in the crash image.
 * Cannot fail. May be called while a block device is suspended, as above.
 */
void kexec_keys_withdraw(struct kexec_keys_designation *designation)
{
	end_use(designation, false);
}
EXPORT_SYMBOL_GPL(kexec_keys_withdraw);

/**
 * kexec_keys_release - the end of a use of a designated key
 * @designation: what kexec_keys_designate() returned, or NULL or an error
 *
 * As kexec_keys_withdraw(), but for a kexec that would carry keys: a shutdown
 * closes what uses them before it gets there. While there is one to come, the
 * key stays.
 */
void kexec_keys_release(struct kexec_keys_designation *designation)
{
	end_use(designation, true);
}
EXPORT_SYMBOL_GPL(kexec_keys_release);

static void release_work_fn(struct work_struct *work)
{
	struct kexec_keys_designation *designation, *next;
	unsigned int noio;

	/* The caller may hold a suspended block device. */
	noio = memalloc_noio_save();
	scoped_guard(mutex, &designations_lock) {
		list_for_each_entry_safe(designation, next, &designations, list)
			if (!designation->users && !kexec_keys_reboot_armed())
				end_designation(designation);
	}
	memalloc_noio_restore(noio);
}

static DECLARE_WORK(release_work, release_work_fn);

/**
 * kexec_keys_reboot_changed - end what only waits for a kexec that does not come
 *
 * For whoever may have disarmed the reboot image; with the kexec lock held or not.
 */
void kexec_keys_reboot_changed(void)
{
	/* Before there is a ring nothing waits, and no work can be queued. */
	if (kexec_keys_ring)
		schedule_work(&release_work);
}
