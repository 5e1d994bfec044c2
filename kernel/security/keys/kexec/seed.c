// SPDX-License-Identifier: GPL-2.0-only
/*
 * The random seed of the next kernel's device tree. Without one that kernel
 * could not tell whether the handover buffer is for it, see drivers/of/kexec.c.
 */

#include <kunit/static_stub.h>
#include <kunit/visibility.h>
#include <linux/init.h>
#include <linux/kconfig.h>
#include <linux/random.h>
#include <linux/workqueue.h>

#include "internal.h"

/* x86 has no device tree. */
static const bool needs_seed = !IS_ENABLED(CONFIG_X86);

/**
 * kexec_keys_has_seed - can the next kernel be told where the buffer is?
 *
 * Return: false if its device tree would have no random seed.
 */
bool kexec_keys_has_seed(void)
{
	KUNIT_STATIC_STUB_REDIRECT(kexec_keys_has_seed);

	return !needs_seed || rng_is_initialized();
}

static void seed_work_fn(struct work_struct *work)
{
	wait_for_random_bytes();
}

static DECLARE_WORK(seed_work, seed_work_fn);

/*
 * Some machines get no seed from their firmware, and may load a crash image
 * before anything has asked for random numbers: ask here, where nothing waits.
 */
static int __init kexec_keys_seed_init(void)
{
	if (needs_seed)
		queue_work(system_unbound_wq, &seed_work);
	return 0;
}
late_initcall(kexec_keys_seed_init);
