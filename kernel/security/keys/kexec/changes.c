// SPDX-License-Identifier: GPL-2.0-only
/*
 * Following the ring: every change of `.kexec` or of a member reaches the
 * loaded images without a reload.
 */

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/kexec_keys.h>
#include <linux/ktime.h>
#include <linux/workqueue.h>

#include "../internal.h"
#include "internal.h"

/* Counts changes of the ring, not updates: many changes may make one update. */
static atomic64_t generation = ATOMIC64_INIT(0);

static void update_work_fn(struct work_struct *work)
{
	kexec_keys_update_crash();
}

static DECLARE_WORK(update_work, update_work_fn);

/**
 * kexec_keys_generation - number of changes of the ring so far
 *
 * Return: the number; fully ordered, so that a later read of the ring sees at
 * least these changes.
 */
u64 kexec_keys_generation(void)
{
	return atomic64_fetch_add(0, &generation);
}

/**
 * kexec_keys_changed - have the loaded images brought up to date
 *
 * Any context. Before there is a ring there is nothing to do.
 */
void kexec_keys_changed(void)
{
	if (!kexec_keys_ring)
		return;

	atomic64_inc_return(&generation);
	queue_work(system_unbound_wq, &update_work);
}

/**
 * kexec_keys_notify - a key or keyring was changed
 * @key: any key of the system
 *
 * Called where watchers of keys are notified, with semaphores of keys held. A
 * member is marked when the ring is read, and the mark is cleared here: a key
 * that has left the ring costs one update at most, however often its owner
 * changes it. The atomic orders the change before the mark; its pair is in
 * visit_leaf().
 */
void kexec_keys_notify(struct key *key)
{
	if (key == kexec_keys_ring ||
	    test_and_clear_bit(KEY_FLAG_KEXEC, &key->flags))
		kexec_keys_changed();
}

static enum hrtimer_restart expiry_timer_fn(struct hrtimer *timer)
{
	kexec_keys_changed();
	return HRTIMER_NORESTART;
}

static struct hrtimer expiry_timer;

/**
 * kexec_keys_wake_at - set the time of an update, for when a member expires
 * @expiry: seconds since 1970, 0 for never
 *
 * Absolute wall time, as a key's expiry is: a clock that is set forward, or that
 * went on during suspend, makes the timer fire. Serialised by crash_lock.
 */
void kexec_keys_wake_at(time64_t expiry)
{
	if (expiry && expiry < KTIME_SEC_MAX)
		hrtimer_start(&expiry_timer, ktime_set(expiry, 0),
			      HRTIMER_MODE_ABS);
	else
		hrtimer_cancel(&expiry_timer);
}

static int __init kexec_keys_changes_init(void)
{
	hrtimer_setup(&expiry_timer, expiry_timer_fn, CLOCK_REALTIME,
		      HRTIMER_MODE_ABS);
	return 0;
}
pure_initcall(kexec_keys_changes_init);
