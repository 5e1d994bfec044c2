// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of when nothing may be carried, and where no buffer may be.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/kexec.h>
#include <linux/kexec_keys.h>
#include <linux/sizes.h>

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

static void memory_encryption_adds_no_segment(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	kunit_activate_static_stub(test, kexec_keys_memory_encrypted, encrypted);
	image->type = KEXEC_TYPE_CRASH;
	kexec_keys_add_buffer(image);
	KUNIT_EXPECT_EQ(test, image->nr_segments, 0);
}

static bool overlaps(const char *cmdline, phys_addr_t addr)
{
	return kexec_keys_overlap_crashkernel(cmdline, addr, SZ_64K);
}

static void crash_region_of_a_size(struct kunit *test)
{
	static const char cmdline[] = "ro crashkernel=16M@32M quiet";

	KUNIT_EXPECT_FALSE(test, overlaps(cmdline, SZ_32M - SZ_64K));
	KUNIT_EXPECT_TRUE(test, overlaps(cmdline, SZ_32M - SZ_4K));
	KUNIT_EXPECT_TRUE(test, overlaps(cmdline, SZ_32M));
	KUNIT_EXPECT_TRUE(test, overlaps(cmdline, SZ_32M + SZ_16M - SZ_4K));
	KUNIT_EXPECT_FALSE(test, overlaps(cmdline, SZ_32M + SZ_16M));
}

static void crash_region_of_several_sizes(struct kunit *test)
{
	static const char cmdline[] = "crashkernel=512M-2G:16M,2G-:0x1000000@32M";

	KUNIT_EXPECT_FALSE(test, overlaps(cmdline, SZ_32M - SZ_64K));
	KUNIT_EXPECT_TRUE(test, overlaps(cmdline, SZ_32M));
	KUNIT_EXPECT_TRUE(test, overlaps(cmdline, SZ_32M + SZ_16M - SZ_4K));
	KUNIT_EXPECT_FALSE(test, overlaps(cmdline, SZ_32M + SZ_16M));
}

static void crash_region_without_a_base(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, overlaps("crashkernel=16M", SZ_32M));
	KUNIT_EXPECT_FALSE(test, overlaps("crashkernel=16M,high x=1@32M", SZ_32M));
	KUNIT_EXPECT_FALSE(test, overlaps("crashkernel=512M-2G:16M,2G-:64M", SZ_32M));
	KUNIT_EXPECT_FALSE(test, overlaps("crashkernel=", SZ_32M));
	KUNIT_EXPECT_FALSE(test, overlaps("", SZ_32M));
	KUNIT_EXPECT_TRUE(test, overlaps("crashkernel crashkernel=1M,high crashkernel=1M@32M",
					 SZ_32M));
}

static bool no_seed(void)
{
	return false;
}

static void no_seed_adds_no_segment(struct kunit *test)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	kunit_activate_static_stub(test, kexec_keys_memory_encrypted,
				   not_encrypted);
	kunit_activate_static_stub(test, kexec_keys_has_seed, no_seed);
	image->type = KEXEC_TYPE_CRASH;
	kexec_keys_add_buffer(image);
	KUNIT_EXPECT_EQ(test, image->nr_segments, 0);
}

static struct kunit_case image_cases[] = {
	KUNIT_CASE(memory_encryption_is_refused),
	KUNIT_CASE(plain_memory_is_not_refused),
	KUNIT_CASE(memory_encryption_adds_no_segment),
	KUNIT_CASE(no_seed_adds_no_segment),
	KUNIT_CASE(crash_region_of_a_size),
	KUNIT_CASE(crash_region_of_several_sizes),
	KUNIT_CASE(crash_region_without_a_base),
	{}
};

static struct kunit_suite image_suite = {
	.name		= "keys_kexec_image",
	.test_cases	= image_cases,
};

kunit_test_suite(image_suite);
