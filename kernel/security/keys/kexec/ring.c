// SPDX-License-Identifier: GPL-2.0-only
/*
 * The `.kexec` keyring: what is linked here is designated for the next kernel.
 */

#define pr_fmt(fmt) "kexec-keys: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/assoc_array.h>
#include <linux/cc_platform.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/key-type.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "../internal.h"
#include "internal.h"

struct key *kexec_keys_ring __ro_after_init;

/* Asked under the ring's semaphore, for a link and for a new key alike. */
static int kexec_keys_restrict(struct key *ring, const struct key_type *type,
			       const union key_payload *payload,
			       struct key *restriction_key)
{
	return type->kexec_payload ? 0 : -EOPNOTSUPP;
}

/* Seconds, not rounded down to the last tick as ktime_get_real_seconds() is. */
static time64_t now_seconds(void)
{
	struct timespec64 now;

	ktime_get_real_ts64(&now);
	return now.tv_sec;
}

struct ring_walk {
	struct kexec_keys_sink	*sink;
	time64_t		now;
};

static bool key_never_expires(time64_t expiry)
{
	return !expiry || expiry == TIME64_MAX;
}

static void show_member(struct ring_walk *walk, struct key *key)
{
	struct kexec_keys_record rec = {
		.type		= key->type->name,
		.type_len	= strlen(key->type->name),
		.desc		= key->description,
		.desc_len	= strlen(key->description),
		.uid		= from_kuid(&init_user_ns, READ_ONCE(key->uid)),
		.gid		= from_kgid(&init_user_ns, READ_ONCE(key->gid)),
		.perm		= READ_ONCE(key->perm),
	};
	time64_t expiry = READ_ONCE(key->expiry);
	long len;

	if (!key_never_expires(expiry)) {
		if (expiry <= walk->now)
			return;
		if (!walk->sink->next_expiry ||
		    expiry < walk->sink->next_expiry)
			walk->sink->next_expiry = expiry;
		rec.expiry = expiry;
	}

	len = key->type->kexec_payload(key, &rec.payload);
	if (len <= 0)
		return;

	rec.payload_len = len;
	walk->sink->member(walk->sink, &rec);
}

static int visit_leaf(const void *leaf, void *data)
{
	struct key *key = keyring_ptr_to_key(leaf);

	if (keyring_ptr_is_keyring(leaf))
		return 0;

	/* From here on a change of the key is told, whatever its state is now. */
	set_bit(KEY_FLAG_KEXEC, &key->flags);
	/*
	 * Mark before the payload is read: pairs with the atomic, after the
	 * payload is written, in kexec_keys_notify().
	 */
	smp_mb__after_atomic();

	if (key->type->kexec_payload && key_is_positive(key) &&
	    !key_validate(key) && !kexec_keys_is_withdrawn(key))
		show_member(data, key);

	return 0;
}

/**
 * kexec_keys_read_ring - show every member that an image may carry
 * @sink: takes the members; its next_expiry is set
 *
 * Takes no lock, so that the caller may hold any: a writer of the ring allocates
 * memory under its semaphore, and so may wait for a block device. A member that
 * is added or removed meanwhile may be shown twice or not at all; such a change
 * is followed by another update.
 */
void kexec_keys_read_ring(struct kexec_keys_sink *sink)
{
	struct ring_walk walk = { .sink = sink, .now = now_seconds() };

	sink->next_expiry = 0;

	rcu_read_lock();
	assoc_array_iterate(&kexec_keys_ring->keys, visit_leaf, &walk);
	rcu_read_unlock();
}

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

	return enabled ? NULL : "parameter";
}

/*
 * Root may link the ring to a keyring of its own, which is how a process comes
 * to possess the keys, and may look for keys, add and remove some. It may not
 * change the ring's permissions.
 */
#define RING_PERM	(KEY_POS_SEARCH | KEY_USR_VIEW | KEY_USR_READ | \
			 KEY_USR_WRITE | KEY_USR_SEARCH | KEY_USR_LINK)

static int __init kexec_keys_ring_init(void)
{
	struct key_restriction *restriction;
	struct key *ring;

	restriction = kzalloc(sizeof(*restriction), GFP_KERNEL);
	if (!restriction)
		return -ENOMEM;
	restriction->check = kexec_keys_restrict;
	restriction->flags = KEY_RESTRICT_REPLACE | KEY_RESTRICT_SYS_BOOT |
			     KEY_RESTRICT_PERMANENT;

	ring = keyring_alloc(".kexec", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID,
			     current_cred(), RING_PERM, KEY_ALLOC_NOT_IN_QUOTA,
			     restriction, NULL);
	if (IS_ERR(ring)) {
		pr_err("no .kexec keyring, no key will be carried: %pe\n", ring);
		kfree(restriction);
		return PTR_ERR(ring);
	}

	kexec_keys_ring = ring;
	return 0;
}
core_initcall(kexec_keys_ring_init);
