// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of when nothing may be carried.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "internal.h"

static bool encrypted(void)
{
	return true;
}

static bool not_encrypted(void)
{
	return false;
}

/* No emulator has SME, so the query is replaced. */
static void memory_encryption_is_refused(struct kunit *test)
{
	const char *reason;

	kunit_activate_static_stub(test, kexec_keys_memory_encrypted, encrypted);
	reason = kexec_keys_refused(true);
	KUNIT_ASSERT_NOT_NULL(test, reason);
	KUNIT_EXPECT_STREQ(test, reason, "sme");
}

static void plain_memory_is_not_refused(struct kunit *test)
{
	kunit_activate_static_stub(test, kexec_keys_memory_encrypted,
				   not_encrypted);
	KUNIT_EXPECT_NULL(test, kexec_keys_refused(true));
	KUNIT_EXPECT_STREQ(test, kexec_keys_refused(false), "parameter");
}

static struct kunit_case image_cases[] = {
	KUNIT_CASE(memory_encryption_is_refused),
	KUNIT_CASE(plain_memory_is_not_refused),
	{}
};

static struct kunit_suite image_suite = {
	.name		= "keys_kexec_image",
	.test_cases	= image_cases,
};

kunit_test_suite(image_suite);
