// SPDX-License-Identifier: GPL-2.0-only
/*
 * Designating keys on behalf of a part of the kernel that uses them.
 *
 * The callers may have suspended a block device. They change a list and the crash
 * image, neither of which takes memory. A work item then changes the ring, which
 * does take memory.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/kexec_keys.h>
#include <linux/key.h>
#include <linux/key-type.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"

/**
 * struct kexec_keys_designation - a key that a part of the kernel wants carried
 * @list: in designations; changed under designations_lock, read under RCU
 * @rcu: to free it
 * @users: how many uses there are: two mappings may have one key, and while a
 *	table is replaced the old one and the new one do; none while the key only
 *	waits for a kexec, or is withdrawn
 * @withdrawn: no image carries the key of this name that is in the ring; until one in
 *	use is linked
 * @key: a new key that is not linked into the ring yet, or NULL
 * @type: type of the key
 * @desc: its description; the key may be another one each time
 */
struct kexec_keys_designation {
	struct list_head	list;
	struct rcu_head		rcu;
	unsigned int		users;
	bool			withdrawn;
	struct key		*key;
	struct key_type		*type;
	char			desc[];
};

static LIST_HEAD(designations);
static DEFINE_MUTEX(designations_lock);

/* How long to wait for memory to unlink a key. */
#define RETRY_DELAY	HZ

static void ring_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(ring_work, ring_work_fn);

static void schedule_ring_work(unsigned long delay)
{
	mod_delayed_work(system_unbound_wq, &ring_work, delay);
}

/* Under RCU, or designations_lock. */
static struct kexec_keys_designation *find_designation(const struct key *key)
{
	struct kexec_keys_designation *designation;

	list_for_each_entry_rcu(designation, &designations, list,
				lockdep_is_held(&designations_lock))
		if (designation->type == key->type &&
		    !strcmp(designation->desc, key->description))
			return designation;

	return NULL;
}

/**
 * kexec_keys_is_withdrawn - is a member of the ring about to be unlinked?
 * @key: the member
 *
 * Called under RCU.
 *
 * Return: true if no image may carry the key.
 */
bool kexec_keys_is_withdrawn(const struct key *key)
{
	const struct kexec_keys_designation *designation = find_designation(key);

	return designation && READ_ONCE(designation->withdrawn);
}

static struct kexec_keys_designation *alloc_designation(const struct key *key)
{
	struct kexec_keys_designation *designation;
	size_t size = strlen(key->description) + 1;

	designation = kzalloc(struct_size(designation, desc, size), GFP_NOIO);
	if (!designation)
		return NULL;

	designation->type = key->type;
	memcpy(designation->desc, key->description, size);
	return designation;
}

/**
 * kexec_keys_designate - have a key in `.kexec` for as long as it is in use
 * @key: the key; displaces one of the same type and description
 *
 * A moment later the key is linked into the ring. May be called while a block
 * device is suspended.
 *
 * Return: a handle for kexec_keys_withdraw() or kexec_keys_release(); NULL if a
 * key of that type cannot be carried; or an error.
 */
struct kexec_keys_designation *kexec_keys_designate(struct key *key)
{
	struct kexec_keys_designation *designation, *new;
	struct key *old_key;

	if (!key->type->kexec_payload)
		return NULL;
	if (!kexec_keys_ring)
		return ERR_PTR(-ENOKEY);

	new = alloc_designation(key);
	if (!new)
		return ERR_PTR(-ENOMEM);

	scoped_guard(mutex, &designations_lock) {
		designation = find_designation(key);
		if (!designation) {
			designation = new;
			new = NULL;
			list_add_rcu(&designation->list, &designations);
		}
		designation->users++;
		old_key = designation->key;
		designation->key = key_get(key);
	}
	key_put(old_key);
	kfree(new);
	schedule_ring_work(0);

	return designation;
}
EXPORT_SYMBOL_GPL(kexec_keys_designate);

static void end_use(struct kexec_keys_designation *designation, bool may_wait)
{
	if (IS_ERR_OR_NULL(designation))
		return;

	scoped_guard(mutex, &designations_lock) {
		if (--designation->users ||
		    (may_wait && kexec_keys_reboot_armed()))
			return;
		WRITE_ONCE(designation->withdrawn, true);
	}
	kexec_keys_update_crash();
	schedule_ring_work(0);
}

/**
 * kexec_keys_withdraw - end a use of a designated key that must be gone
 * @designation: what kexec_keys_designate() returned, or NULL or an error
 *
 * After the last use no image carries such a key, whatever linked it into the
 * ring. A moment later it is unlinked. May be called while a block device is
 * suspended. Cannot fail.
 */
void kexec_keys_withdraw(struct kexec_keys_designation *designation)
{
	end_use(designation, false);
}
EXPORT_SYMBOL_GPL(kexec_keys_withdraw);

/**
 * kexec_keys_release - end a use of a designated key
 * @designation: what kexec_keys_designate() returned, or NULL or an error
 *
 * As kexec_keys_withdraw(), except while a kexec would carry keys: a shutdown
 * closes what uses them before it enters the image, so until then the key stays.
 */
void kexec_keys_release(struct kexec_keys_designation *designation)
{
	end_use(designation, true);
}
EXPORT_SYMBOL_GPL(kexec_keys_release);

/* The key that the ring has now, whatever linked it. */
static int unlink_key(struct key_type *type, const char *desc)
{
	struct keyring_index_key index_key = {
		.type		= type,
		.description	= desc,
		.desc_len	= strlen(desc),
	};
	key_ref_t ref;
	int ret;

	key_set_index_key(&index_key);
	scoped_guard(rwsem_read, &kexec_keys_ring->sem)
		ref = find_key_to_update(make_key_ref(kexec_keys_ring, true),
					 &index_key);
	if (!ref)
		return 0;

	ret = key_unlink(kexec_keys_ring, key_ref_to_ptr(ref));
	key_ref_put(ref);

	return ret == -ENOENT ? 0 : ret;
}

/* Of a key that was tried to be linked; true if that makes a difference. */
static bool set_withdrawn(const struct key *key, bool withdrawn)
{
	struct kexec_keys_designation *designation;

	guard(mutex)(&designations_lock);
	designation = find_designation(key);
	/* Without a use left, it was withdrawn meanwhile or waits for a kexec. */
	if (!designation->users || designation->withdrawn == withdrawn)
		return false;

	WRITE_ONCE(designation->withdrawn, withdrawn);
	return true;
}

static void link_key(struct key *key)
{
	int ret = key_link(kexec_keys_ring, key);

	if (ret) {
		pr_warn("a key in use is not designated for the next kernel: %pe\n",
			ERR_PTR(ret));
		/* One of the same name that is there is not the one in use. */
		unlink_key(key->type, key->description);
	}
	if (set_withdrawn(key, ret))
		kexec_keys_changed();
}

/* The next key to link, or NULL. */
static struct key *take_new_key(void)
{
	struct kexec_keys_designation *designation;
	struct key *key;

	guard(mutex)(&designations_lock);
	list_for_each_entry(designation, &designations, list) {
		key = designation->key;
		designation->key = NULL;
		if (key && (designation->users || !designation->withdrawn))
			return key;
		key_put(key);
	}

	return NULL;
}

static void link_new_keys(void)
{
	struct key *key;

	while ((key = take_new_key())) {
		link_key(key);
		key_put(key);
	}
}

/* What only waits for a kexec does so no longer if that would carry nothing. */
static bool withdraw_waiting(void)
{
	struct kexec_keys_designation *designation;
	bool withdrawn = false;

	guard(mutex)(&designations_lock);
	if (kexec_keys_reboot_armed())
		return false;

	list_for_each_entry(designation, &designations, list) {
		if (designation->users || designation->withdrawn)
			continue;
		WRITE_ONCE(designation->withdrawn, true);
		withdrawn = true;
	}

	return withdrawn;
}

static struct kexec_keys_designation *find_withdrawn(void)
{
	struct kexec_keys_designation *designation;

	guard(mutex)(&designations_lock);
	list_for_each_entry(designation, &designations, list)
		if (designation->withdrawn && !designation->users)
			return designation;

	return NULL;
}

/* Only here is a designation freed, so that it stays while it is not locked. */
static int unlink_withdrawn(void)
{
	struct kexec_keys_designation *designation;
	int ret;

	while ((designation = find_withdrawn())) {
		ret = unlink_key(designation->type, designation->desc);
		if (ret)
			return ret;

		guard(mutex)(&designations_lock);
		/* It may be in use again, and then is linked again. */
		if (designation->users)
			continue;
		list_del_rcu(&designation->list);
		key_put(designation->key);
		kfree_rcu(designation, rcu);
	}

	return 0;
}

static void ring_work_fn(struct work_struct *work)
{
	link_new_keys();
	if (withdraw_waiting())
		kexec_keys_update_crash();
	if (unlink_withdrawn())
		schedule_ring_work(RETRY_DELAY);
}

/**
 * kexec_keys_end_waiting - withdraw what only waits for a kexec that won't come
 *
 * For all that may have disarmed the reboot image. Any context.
 */
void kexec_keys_end_waiting(void)
{
	/* Before there is a ring nothing waits, and no work can be queued. */
	if (kexec_keys_ring)
		schedule_ring_work(0);
}
