// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of table.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "kexec-keys.h"
#include "table.h"
#include "unit.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"
#define BEGINNING "aes-xts-plain64 :64:logon:x:y 0 8:2 32768"

static struct kk_header sample(void)
{
	struct kk_header h = { .luks = 2, .uuid = UUID, .cipher = "aes-xts-plain64",
			       .key_bytes = 64, .sector_size = 512, .offset = 32768 };

	return h;
}

static const struct { const char *name; unsigned int flags, sector_size; const char *options; } rows[] = {
	{ "none", 0, 512, "" },
	{ "discards", KK_FLAG_DISCARDS, 512, " 1 allow_discards" },
	{ "same CPU", KK_FLAG_SAME_CPU, 512, " 1 same_cpu_crypt" },
	{ "submit from CPU", KK_FLAG_SUBMIT_FROM_CPU, 512, " 1 submit_from_crypt_cpus" },
	{ "no read workqueue", KK_FLAG_NO_READ_WQ, 512, " 1 no_read_workqueue" },
	{ "no write workqueue", KK_FLAG_NO_WRITE_WQ, 512, " 1 no_write_workqueue" },
	{ "high priority", KK_FLAG_HIGH_PRIORITY, 512, " 1 high_priority" },
	/* Not of the table, but of the device. */
	{ "readonly", KK_FLAG_READONLY, 512, "" },
	{ "sectors of 1024", 0, 1024, " 1 sector_size:1024" },
	{ "sectors of 4096", 0, 4096, " 1 sector_size:4096" },
	{ "two", KK_FLAG_HIGH_PRIORITY | KK_FLAG_DISCARDS, 512, " 2 allow_discards high_priority" },
	{ "one and sectors", KK_FLAG_NO_READ_WQ, 4096, " 2 no_read_workqueue sector_size:4096" },
	{ "performance", KK_FLAGS_PERFORMANCE, 512,
	  " 5 same_cpu_crypt submit_from_crypt_cpus no_read_workqueue no_write_workqueue high_priority" },
	{ "all", ~0U, 4096,
	  " 7 allow_discards same_cpu_crypt submit_from_crypt_cpus no_read_workqueue "
	  "no_write_workqueue high_priority sector_size:4096" },
};

/* Where the next function has its variables. */
static __attribute__((noinline)) void dirty_stack(void)
{
	volatile char dirt[8192];

	memset((char *)dirt, 'x', sizeof(dirt));
}

static void test_options(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(rows); i++) {
		struct kk_header h = sample();
		char out[512], expected[512];

		unit_row = rows[i].name;
		h.sector_size = rows[i].sector_size;
		dirty_stack();
		OK(!kk_table_params(&h, "x:y", 8, 2, rows[i].flags, out, sizeof(out)));
		snprintf(expected, sizeof(expected), "%s%s", BEGINNING, rows[i].options);
		STR(out, expected);
	}
}

static void test_params(void)
{
	struct kk_header h = sample();
	char out[300], exact[sizeof(BEGINNING)], shorter[sizeof(BEGINNING) - 1];

	OK(!kk_table_params(&h, "cryptsetup:" UUID "-d0", 254, 3, 0, out, sizeof(out)));
	STR(out, "aes-xts-plain64 :64:logon:cryptsetup:" UUID "-d0 0 254:3 32768");
	/* cryptsetup's form of a cipher without a mode is the header's matter. */
	snprintf(h.cipher, sizeof(h.cipher), "capi:xts(aes)-plain64");
	h.key_bytes = 512;
	h.offset = 18446744073709551615ULL;
	OK(!kk_table_params(&h, "a", 4294967295U, 0, 0, out, sizeof(out)));
	STR(out, "capi:xts(aes)-plain64 :512:logon:a 0 4294967295:0 18446744073709551615");
	h = sample();
	OK(!kk_table_params(&h, "x:y", 8, 2, 0, exact, sizeof(exact)));
	STR(exact, BEGINNING);
	OK(kk_table_params(&h, "x:y", 8, 2, 0, shorter, sizeof(shorter)) == -E2BIG);
}

static const struct {
	const char *name;
	unsigned int sector_size;
	uint64_t offset, header_size, device;
	int r;
	uint64_t size;
} sizes[] = {
	{ "one sector", 512, 32768, 0, 32769, 0, 1 },
	{ "no sector", 512, 32768, 0, 32768, -ENOSPC, 0 },
	{ "less than none", 512, 32768, 0, 32767, -ENOSPC, 0 },
	{ "empty device", 512, 32768, 0, 0, -ENOSPC, 0 },
	{ "empty device, data at its beginning", 512, 0, 0, 0, -ENOSPC, 0 },
	{ "detached header", 512, 0, 0, 80, 0, 80 },
	{ "end of 2^64 sectors", 512, 1, 0, ~0ULL, 0, ~0ULL - 1 },
	{ "sectors of 4096", 4096, 32768, 0, 32776, 0, 8 },
	{ "sectors of 4096, one of 512 more", 4096, 32768, 0, 32777, -EINVAL, 0 },
	{ "sectors of 4096, one of 512 less", 4096, 32768, 0, 32775, -EINVAL, 0 },
	{ "sectors of 1024", 1024, 32768, 0, 32770, 0, 2 },
	{ "sectors of 1024, one of 512 more", 1024, 32768, 0, 32771, -EINVAL, 0 },
	{ "size of the header", 512, 32768, 80, 40000, 0, 80 },
	{ "size of the header fits", 512, 32768, 80, 32848, 0, 80 },
	{ "size of the header is one more", 512, 32768, 80, 32847, -ENOSPC, 0 },
	{ "size of the header, no multiple", 4096, 32768, 81, 40000, -EINVAL, 0 },
	{ "size of the header beyond 64 bits", 512, 32768, ~0ULL, 40000, -ENOSPC, 0 },
};

static void test_sizes(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(sizes); i++) {
		struct kk_header h = { .sector_size = sizes[i].sector_size, .offset = sizes[i].offset,
				       .size = sizes[i].header_size };
		uint64_t size;

		unit_row = sizes[i].name;
		OK(kk_table_size(&h, sizes[i].device, &size) == sizes[i].r);
		OK(sizes[i].r || size == sizes[i].size);
	}
}

#define PREFIX "CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-"

static void test_uuids(void)
{
	struct kk_header h = sample();
	char out[160], name[128], exact[sizeof(PREFIX "root")], *tight;

	OK(!kk_table_uuid(&h, "root", out, sizeof(out)));
	STR(out, PREFIX "root");
	h.luks = 1;
	snprintf(h.uuid, sizeof(h.uuid), "2F144136-B0DE-4B51-B2EB-BD869CC39A6E");
	OK(!kk_table_uuid(&h, "a-b", out, sizeof(out)));
	STR(out, "CRYPT-LUKS1-2f144136b0de4b51b2ebbd869cc39a6e-a-b");
	h.luks = 2;
	OK(!kk_table_uuid(&h, "root", exact, sizeof(exact)));
	STR(exact, PREFIX "root");
	OK(kk_table_uuid(&h, "root", exact, sizeof(exact) - 1) == -E2BIG);
	/* Nothing is written behind it, however long the name is. */
	tight = malloc(sizeof(PREFIX));
	OK(kk_table_uuid(&h, "root", tight, sizeof(PREFIX)) == -E2BIG);
	STR(tight, PREFIX);
	free(tight);
	/* The longest that device-mapper takes, and one more. */
	memset(name, 'n', sizeof(name));
	name[KK_DM_UUID_MAX - strlen(PREFIX)] = '\0';
	OK(!kk_table_uuid(&h, name, out, sizeof(out)) && strlen(out) == 128);
	name[KK_DM_UUID_MAX - strlen(PREFIX)] = 'n';
	name[KK_DM_UUID_MAX - strlen(PREFIX) + 1] = '\0';
	OK(kk_table_uuid(&h, name, out, sizeof(out)) == -E2BIG);
}

static void test_prefixes(void)
{
	char out[sizeof(PREFIX) + 1];

	kk_table_uuid_prefix(2, UUID, out, sizeof(out));
	STR(out, PREFIX);
	/* Cut, it still ends in a dash, and nothing behind it is written. */
	for (size_t size = 20; size <= sizeof(PREFIX); size++) {
		name_row("%zu bytes", size);
		memset(out, 0x7f, sizeof(out));
		kk_table_uuid_prefix(2, UUID, out, size);
		OK(strlen(out) == size - 1 && out[size - 2] == '-' && out[size] == 0x7f);
		OK(!strncmp(out, PREFIX, size - 2));
	}
}

UNIT_MODULE(table,
	{ "each option", test_options },
	{ "parameters, the longest and an exact fit", test_params },
	{ "sizes of mappings", test_sizes },
	{ "dm uuids", test_uuids },
	{ "beginnings of dm uuids", test_prefixes }
);
