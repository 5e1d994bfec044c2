// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of scrub, on vmcores that are made here: what stands where in them is
 * said by numbers, not by the structures under test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "aes.h"
#include "kexec-keys.h"
#include "scrub.h"
#include "unit.h"

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned int byte;

	while (sscanf(hex + 2 * n, "%2x", &byte) == 1)
		out[n++] = byte;
	return n;
}

static void known_schedule(const char *key_hex, const char *last_hex)
{
	uint8_t key[32], last[16], schedule[KK_AES_SCHEDULE_MAX];
	size_t n = from_hex(key_hex, key), found;

	from_hex(last_hex, last);
	kk_aes_expand(key, n, schedule);
	OK(!memcmp(schedule, key, n));
	OK(!memcmp(schedule + kk_aes_schedule_len(n) - 16, last, 16));
	OK(kk_aes_find(schedule, kk_aes_schedule_len(n), 0, &found) == 0 && found == n);
}

static void known_inverse(const char *key_hex, const char *round_key_hex)
{
	uint8_t key[32], expected[16], schedule[KK_AES_SCHEDULE_MAX], inverse[KK_AES_SCHEDULE_MAX];
	size_t n = from_hex(key_hex, key), len = kk_aes_schedule_len(n);

	from_hex(round_key_hex, expected);
	kk_aes_expand(key, n, schedule);
	kk_aes_invert(schedule, len, inverse);
	OK(!memcmp(inverse + len - 32, expected, 16));
}

static void test_aes_known(void)
{
	/* Appendix A: the last round key */
	known_schedule("2b7e151628aed2a6abf7158809cf4f3c", "d014f9a8c9ee2589e13f0cc8b6630ca6");
	known_schedule("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		       "e98ba06f448c773c8ecc720401002202");
	known_schedule("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		       "fe4890d1e6188d0b046df344706c631e");
	/* Appendix C: the first but one that decrypts */
	known_inverse("000102030405060708090a0b0c0d0e0f", "13aa29be9c8faff6f770f58000f7bf03");
	known_inverse("000102030405060708090a0b0c0d0e0f1011121314151617",
		      "d6bebd0dc209ea494db073803e021bb9");
	known_inverse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		      "34f1d1ffbfceaa2ffce9e25f2558016e");
}

static void make_schedule(size_t key_len, uint8_t *schedule)
{
	uint8_t key[32];

	for (size_t i = 0; i < key_len; i++)
		key[i] = rand();
	kk_aes_expand(key, key_len, schedule);
}

static bool finds(const uint8_t *p, size_t len)
{
	size_t key_len;

	return kk_aes_find(p, len, 0, &key_len) < len;
}

static void test_aes_find(void)
{
	uint8_t memory[1024];
	size_t key_len;

	for (size_t n = 16; n <= 32; n += 8) {
		const size_t len = kk_aes_schedule_len(n);

		RAND_bytes(memory, sizeof(memory));
		OK(!finds(memory, sizeof(memory)));
		make_schedule(n, memory + 100);
		OK(kk_aes_find(memory, sizeof(memory), 0, &key_len) == 100 && key_len == n);
		OK(kk_aes_find(memory, sizeof(memory), 100, &key_len) == 100);
		OK(kk_aes_find(memory, sizeof(memory), 104, &key_len) == sizeof(memory));
		OK(kk_aes_find(memory, 100 + len, 0, &key_len) == 100);
		OK(!finds(memory, 100 + len - 1));
		/* One bit of it is wrong, whichever. */
		for (size_t i = 0; i < len; i++) {
			memory[100 + i] ^= 1 << i % 8;
			OK(!finds(memory, sizeof(memory)));
			memory[100 + i] ^= 1 << i % 8;
		}
	}
	for (int byte = 0; byte < 256; byte++) {
		memset(memory, byte, sizeof(memory));
		OK(!finds(memory, sizeof(memory)));
	}
}

static void test_needles(void)
{
	struct kk_needles needles;
	uint8_t keys[100][64], memory[256];
	size_t end;

	RAND_bytes(keys[0], sizeof(keys));
	OK(!kk_needles_init(&needles));
	/* More than there is room for at first. */
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(keys); i++)
		OK(!kk_needles_add(&needles, keys[i], sizeof(keys[i])));
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(keys); i++) {
		RAND_bytes(memory, sizeof(memory));
		OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == sizeof(memory));
		memcpy(memory + 33, keys[i] + 20, 30);
		memory[32] = ~keys[i][19];
		memory[63] = ~keys[i][50];
		OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == 33 && end == 63);
		OK(kk_needles_find(&needles, memory, sizeof(memory), 56, &end) == sizeof(memory));
		OK(kk_needles_find(&needles, memory, 40, 0, &end) == 40);
		OK(kk_needles_find(&needles, memory, 41, 0, &end) == 33 && end == 41);
	}
	/* The least piece, and less. */
	RAND_bytes(memory, sizeof(memory));
	memcpy(memory + 100, keys[7] + 3, KK_PIECE - 1);
	memory[99] = ~keys[7][2];
	memory[107] = ~keys[7][10];
	memcpy(memory + 200, keys[8] + 3, KK_PIECE);
	memory[199] = ~keys[8][2];
	memory[208] = ~keys[8][11];
	OK(kk_needles_find(&needles, memory, sizeof(memory), 0, &end) == 200 && end == 208);
	kk_needles_free(&needles);

	/* What other memory is full of is no piece of a key. */
	OK(!kk_needles_init(&needles));
	memset(memory, 0x01, sizeof(memory));
	OK(!kk_needles_add(&needles, memory, 64) && !needles.n);
	kk_needles_free(&needles);
}

/* As AF_ALG does it in the kernel. */
static int soft_hmac(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out)
{
	unsigned int n = KK_SHA256;

	OK(fd == 77);
	return HMAC(EVP_sha256(), key, len, (const uint8_t *)text, strlen(text), out, &n) ? 0 : -1;
}

/* struct user_key_payload, but for its first member */
static void put_payload(uint8_t *at, const uint8_t *key, uint16_t len)
{
	at[0] = len & 0xff;
	at[1] = len >> 8;
	memcpy(at + 8, key, len);
}

static void test_payloads(void)
{
	static const size_t lens[] = { 16, 32, 64, 512 };
	struct kk_payload one[2] = { 0 };
	struct kk_payloads p = { .keys.n = 2, .payload = one, .fd = 77, .hmac = soft_hmac };
	uint8_t key[512], memory[1024];
	size_t n;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lens); i++) {
		RAND_bytes(key, lens[i]);
		RAND_bytes(memory, sizeof(memory));
		soft_hmac(77, key, lens[i], KK_PAYLOAD_TEXT, one[1].hmac);
		one[1].found = false;
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == sizeof(memory));
		put_payload(memory + 400, key, lens[i]);
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == 408 && n == lens[i]);
		OK(one[1].found && !one[0].found);
		OK(kk_payload_find(&p, memory, sizeof(memory), 401, &n) == sizeof(memory));
		OK(kk_payload_find(&p, memory, 408 + lens[i], 0, &n) == 408);
		OK(kk_payload_find(&p, memory, 407 + lens[i], 0, &n) == 407 + lens[i]);
		memory[408 + lens[i] - 1] ^= 1;
		OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == sizeof(memory));
	}
	/* One that somebody has made up. */
	put_payload(memory + 40, (const uint8_t *)"a key that one can read and type", 32);
	soft_hmac(77, memory + 48, 32, KK_PAYLOAD_TEXT, one[0].hmac);
	OK(kk_payload_find(&p, memory, sizeof(memory), 0, &n) == 48 && one[0].found);
}

/* --- vmcores ------------------------------------------------------------- */

#define BLOCK 4096
#define PAGES 24
#define NOTES (BLOCK + 1024)		/* in the file */
#define BITMAPS (2 * BLOCK)
#define DESCRIPTORS (4 * BLOCK)
#define DATA (DESCRIPTORS + 24 * PAGES)

/* In memory, too, neighbours but for these, before which there is a hole. */
static bool after_hole(unsigned int i) { return i == 12 || i == 13; }

struct core {
	uint8_t page[PAGES][BLOCK];
	uint8_t notes[512];
	uint8_t file[DATA + (PAGES + 1) * BLOCK];
	size_t len;
};

static struct core core;

static void put32(size_t at, uint32_t value)
{
	memcpy(core.file + at, &value, sizeof(value));
}

static void put64(size_t at, uint64_t value)
{
	memcpy(core.file + at, &value, sizeof(value));
}

static void put_content(unsigned int i, const uint8_t *bytes, uint32_t len, uint32_t flags)
{
	put64(DESCRIPTORS + 24 * i, core.len);
	put32(DESCRIPTORS + 24 * i + 8, len);
	put32(DESCRIPTORS + 24 * i + 12, flags);
	memcpy(core.file + core.len, bytes, len);
	core.len += len;
}

/* Those of zeroes are one; every other one is compressed; the last one was lost. */
static void put_page(unsigned int i, unsigned int *zero)
{
	uint8_t packed[2 * BLOCK];
	uLongf n = sizeof(packed);

	if (i == PAGES - 1)
		return;
	if (!core.page[i][0] && !memcmp(core.page[i], core.page[i] + 1, BLOCK - 1)) {
		if (*zero == PAGES)
			put_content(i, core.page[i], BLOCK, 0);
		else
			memcpy(core.file + DESCRIPTORS + 24 * i, core.file + DESCRIPTORS + 24 * *zero, 24);
		*zero = i;
	} else if (i % 2) {
		OK(compress(packed, &n, core.page[i], BLOCK) == Z_OK && n < BLOCK);
		put_content(i, packed, n, 1);
	} else {
		put_content(i, core.page[i], BLOCK, 0);
	}
}

static void pack(void)
{
	unsigned int zero = PAGES, pfn = 7;

	memset(core.file, 0, sizeof(core.file));
	memcpy(core.file, "KDUMP   ", 8);
	put32(8, 6);
	strcpy((char *)core.file + 12 + 4 * 65, "x86_64");
	put32(428, BLOCK);
	put32(432, 1);
	put32(436, 2);
	put64(BLOCK + 48, NOTES);
	put64(BLOCK + 56, sizeof(core.notes));
	memcpy(core.file + NOTES, core.notes, sizeof(core.notes));
	core.len = DATA;
	for (unsigned int i = 0; i < PAGES; i++) {
		pfn += after_hole(i);
		core.file[BITMAPS + BLOCK + pfn / 8] |= 1 << pfn % 8;
		pfn++;
		put_page(i, &zero);
	}
	put64(BLOCK + 64, core.len);
	put64(BLOCK + 72, 14);
	memcpy(core.file + core.len, "erase nothing\n", 14);
	core.len += 14;
}

static const char *save(const char *name)
{
	int fd = open(in_dir(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	OK(write(fd, core.file, core.len) == (ssize_t)core.len);
	close(fd);
	return in_dir(name);
}

/* What is in it then, in the place of what was. */
static void load(const char *name)
{
	static uint8_t file[sizeof(core.file) + PAGES * BLOCK];
	int fd = open(in_dir(name), O_RDONLY);
	ssize_t len = read(fd, file, sizeof(file));
	uint64_t erased;

	close(fd);
	memcpy(&erased, file + BLOCK + 64, 8);
	OK(len > DATA && erased + 14 == (uint64_t)len && !memcmp(file + erased, "erase nothing\n", 14));
	/* The headers, but for where that stands, and the bitmaps. */
	OK(!memcmp(file, core.file, BLOCK + 64));
	OK(!memcmp(file + BITMAPS, core.file + BITMAPS, 2 * BLOCK));
	memcpy(core.notes, file + NOTES, sizeof(core.notes));
	for (unsigned int i = 0; i < PAGES; i++) {
		uint64_t at;
		uint32_t n, flags;
		uLongf unpacked = BLOCK;

		memcpy(&at, file + DESCRIPTORS + 24 * i, 8);
		memcpy(&n, file + DESCRIPTORS + 24 * i + 8, 4);
		memcpy(&flags, file + DESCRIPTORS + 24 * i + 12, 4);
		OK((i == PAGES - 1) == !at && at + n <= erased);
		if (!at)
			continue;
		if (flags)
			OK(uncompress(core.page[i], &unpacked, file + at, n) == Z_OK);
		else
			memcpy(core.page[i], file + at, BLOCK);
		OK(unpacked == BLOCK && (flags || n == BLOCK));
	}
}

/* Neither of zeroes nor of noise: every third page has nothing. */
static void fill(void)
{
	for (unsigned int i = 0; i < PAGES; i++)
		for (unsigned int j = 0; j < BLOCK; j++)
			core.page[i][j] = i % 3 == 2 ? 0 : rand() % 16;
	memset(core.page[PAGES - 1], 0, BLOCK);
	memset(core.notes, 5, sizeof(core.notes));
}

/* @bytes at this place, and in @clean, which is what is to be left, zeroes. */
static void plant(struct core *clean, unsigned int page, size_t at, const uint8_t *bytes, size_t len)
{
	memcpy(&core.page[page][at], bytes, len);
	memset(&clean->page[page][at], 0, len);
}

/* POWER8's schedule for decryption: all of the bytes the other way round. */
static void reverse(const uint8_t *from, uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[len - 1 - i];
}

/* Each round key of 16 bytes the other way round: that for encryption. */
static void reverse_blocks(const uint8_t *from, uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i += 16)
		reverse(from + i, to + i, 16);
}

/* As struct crypto_aes_ctx has it: round keys from the last to the first. */
static void decrypting(const uint8_t *schedule, uint8_t *to, size_t len)
{
	uint8_t inverse[KK_AES_SCHEDULE_MAX];

	kk_aes_invert(schedule, len, inverse);
	for (size_t i = 0; i < len; i += 16)
		memcpy(to + i, (i && i < len - 16 ? inverse : schedule) + len - 16 - i, 16);
}

/* struct aesbs_ctx: the masks as they are of these bits, by whatever order. */
static void bit_sliced(const uint8_t *schedule, uint8_t *to)
{
	memcpy(to, schedule, 16);
	for (unsigned int i = 0; i < 13 * 128; i++)
		to[16 + i] = schedule[16 + i / 8] >> i % 8 & 1 ? 0xff : 0;
	for (unsigned int i = 0; i < 16; i++)
		to[16 + 13 * 128 + i] = schedule[224 + i] ^ 0x63;
}

#define BIT_SLICED (16 + 13 * 128 + 16)

static void plant_keys(struct core *clean)
{
	uint8_t data[240], tweak[240], small[176], form[BIT_SLICED], split[64];

	make_schedule(32, data);
	make_schedule(32, tweak);
	make_schedule(16, small);
	plant(clean, 1, 1000, data, 240);
	decrypting(data, form, 240);
	plant(clean, 1, 1240, form, 240);
	plant(clean, 4, 16, tweak, 240);
	/* The raw key, its length before it; at an odd place; its parts in other pages. */
	memcpy(split, data, 32);
	memcpy(split + 32, tweak, 32);
	plant(clean, 6, 24, split, 64);
	plant(clean, 7, 501, split, 64);
	plant(clean, 9, BLOCK - 20, split, 20);
	plant(clean, 12, 0, split + 20, 44);
	plant(clean, 13, 600, split + 10, 8);
	reverse(tweak, form, 240);
	plant(clean, 15, 1, form, 240);
	reverse_blocks(tweak, form, 240);
	plant(clean, 15, 408, form, 240);
	bit_sliced(data, form);
	plant(clean, 16, 1024, form, BIT_SLICED);
	plant(clean, 21, BLOCK - 700, form, 700);
	plant(clean, 22, 0, form + 700, BIT_SLICED - 700);
	/* Over the border of two pages which are neighbours. */
	plant(clean, 18, BLOCK - 100, small, 100);
	plant(clean, 19, 0, small + 100, 76);
	memcpy(core.notes + 300, split + 16, 32);
	memset(clean->notes + 300, 0, 32);
}

static void test_scrub(void)
{
	static struct core clean, before;
	static char out[8192];
	char *argv[] = { "kexec-keys", "scrub", "-q", strdup(in_dir("core")), strdup(in_dir("new")), NULL };
	char *again[] = { "kexec-keys", "scrub", argv[4], strdup(in_dir("again")), NULL };
	struct stat st;

	unlink(argv[4]);
	srand(1);
	fill();
	clean = core;
	plant_keys(&clean);
	pack();
	save("core");
	before = core;
	OK(run(out, sizeof(out), argv) == KK_OK);
	OK(strstr(out, "Designated keys are not looked for: "));
	OK(strstr(out, "\nDifferent AES-128 keys: 1; key schedules of them: 1.\n"));
	OK(strstr(out, "\nDifferent AES-256 keys: 2; key schedules of them: 2.\n"));
	OK(strstr(out, "\nCopies of these keys: 17, on 13 of 24 pages. In "));
	load("new");
	OK(!memcmp(core.page, clean.page, sizeof(core.page)));
	OK(!memcmp(core.notes, clean.notes, sizeof(core.notes)));
	OK(!stat(argv[4], &st) && (st.st_mode & 07777) == 0600);

	/* The old one is as it was, and the new one not written again. */
	load("core");
	OK(!memcmp(core.page, before.page, sizeof(core.page)));
	OK(run(out, sizeof(out), argv) == KK_BUSY && strstr(out, "new exists; "));
	OK(run(out, sizeof(out), again) == KK_KEY_MISSING && access(again[3], F_OK));
	for (unsigned int i = 3; i < 5; i++)
		free(argv[i]);
	free(again[3]);
}

/* What the last look says of a vmcore as it is. */
static int check(struct kk_scrub *s)
{
	struct kk_vmcore v;
	int fd, r;

	pack();
	fd = open(save("checked"), O_RDONLY);
	r = kk_vmcore_open(&v, fd, "checked");
	OK(!r);
	r = kk_scrub_check(s, &v);
	kk_vmcore_close(&v);
	close(fd);
	return r;
}

static void test_scrub_check(void)
{
	struct kk_payloads none = { 0 };
	struct kk_scrub s;
	struct kk_kept kept;
	uint8_t known[64], schedule[240];

	OK(kk_scrub_init(&s, &none) == KK_OK);
	RAND_bytes(known, sizeof(known));
	OK(!kk_needles_add(&s.needles, known, sizeof(known)));
	kk_keep_errors(&kept);
	fill();
	OK(check(&s) == KK_OK);
	memcpy(core.page[3] + 77, known + 9, 8);
	OK(check(&s) == KK_KEYS_REMAIN);
	STR(kept.sentence, "in checked there would still be key schedules: 0, copies of keys: 1");
	fill();
	make_schedule(24, schedule);
	memcpy(core.page[9] + 4, schedule, 208);
	OK(check(&s) == KK_KEYS_REMAIN);
	fill();
	memcpy(core.notes + 8, known, 64);
	OK(check(&s) == KK_KEYS_REMAIN);
	kk_keep_errors(NULL);
	kk_scrub_free(&s);
}

/* The linker puts it in the place of kk_vmcore_write(): pages may stay as they were. */
static bool pages_stay;

int __real_kk_vmcore_write(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
			   const uint8_t *page, bool changed);
int __wrap_kk_vmcore_write(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
			   const uint8_t *page, bool changed);

int __wrap_kk_vmcore_write(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
			   const uint8_t *page, bool changed)
{
	return __real_kk_vmcore_write(w, c, page, changed && !pages_stay);
}

static unsigned int files_in(const char *directory)
{
	DIR *dir = opendir(directory);
	unsigned int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void test_scrub_fails_its_check(void)
{
	static struct core unused;
	static char out[8192];
	char old[512], new[512], directory[512];

	snprintf(old, sizeof(old), "%s", in_dir("remain"));
	snprintf(directory, sizeof(directory), "%s", in_dir("scrubbed"));
	snprintf(new, sizeof(new), "%s", in_dir("scrubbed/new"));
	OK(!mkdir(directory, 0700));
	fill();
	plant_keys(&unused);
	pack();
	save("remain");

	pages_stay = true;
	OK(run(out, sizeof(out), (char *[]){ "kexec-keys", "scrub", old, new, NULL }) == KK_KEYS_REMAIN);
	pages_stay = false;
	OK(strstr(out, "new there would still be key schedules: 2, copies of keys: 16; "));
	OK(strstr(out, "do not give it away"));
	OK(!strstr(out, "they are zeroes"));
	/* "." and "..": neither the new file nor another. */
	OK(files_in(directory) == 2);

	OK(run(out, sizeof(out), (char *[]){ "kexec-keys", "scrub", old, new, NULL }) == KK_OK);
	OK(files_in(directory) == 3);
}

static int scrub_it(char *out, size_t size)
{
	char old[512], new[520];

	snprintf(old, sizeof(old), "%s", save("odd"));
	snprintf(new, sizeof(new), "%s.new", old);
	unlink(new);
	return run(out, size, (char *[]){ "kexec-keys", "scrub", "-q", old, new, NULL });
}

static void test_scrub_refused(void)
{
	static char out[8192];
	struct core clean;

	OK(RUN(out, "scrub") == KK_USAGE);
	OK(RUN(out, "scrub", "x") == KK_USAGE);
	OK(RUN(out, "scrub", "x", "y", "z") == KK_USAGE);
	OK(RUN(out, "scrub", "/nonexistent/x", "y") == KK_DEVICE);
	fill();
	plant_keys(&clean);
	pack();
	memcpy(core.file, "\177ELF\2\1\1", 8);
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "makedumpfile -c -d 31 "));
	memcpy(core.file, "makedumpfile", 12);
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "makedumpfile -R"));
	memcpy(core.file, "DISKDUMP", 8);
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "is not a vmcore"));
	pack();
	strcpy((char *)core.file + 12 + 4 * 65, "s390x");
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "a machine of which"));
	pack();
	put32(BLOCK + 12, 1);
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "--reassemble"));
	pack();
	put32(DESCRIPTORS + 24 + 12, 2);
	OK(scrub_it(out, sizeof(out)) == KK_UNSUPPORTED && strstr(out, "not compressed by zlib"));
	OK(access(in_dir("odd.new"), F_OK));
	pack();
	OK(scrub_it(out, sizeof(out)) == KK_OK);
}

/* Nothing is written of what cannot be read to its end. */
static void test_scrub_damaged(void)
{
	static const size_t lens[] = { 0, 7, 300, BLOCK + 10, BITMAPS + 10, DESCRIPTORS + 30, DATA + 100 };
	static char out[8192];
	static struct core whole, clean;

	fill();
	plant_keys(&clean);
	pack();
	whole = core;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lens); i++) {
		core.len = lens[i];
		OK(scrub_it(out, sizeof(out)) == KK_DEVICE && strstr(out, "cut off or damaged"));
		OK(access(in_dir("odd.new"), F_OK));
	}
	/* Of a compressed page, and of one that is not. */
	for (unsigned int i = 0; i < 2; i++) {
		core = whole;
		put32(DESCRIPTORS + 24 * i + 8, BLOCK + 1);
		OK(scrub_it(out, sizeof(out)) == KK_DEVICE && strstr(out, "descriptor of a page"));
	}
	/* Bytes of the headers, bitmaps and descriptors at random. */
	for (unsigned int i = 0; i < 300; i++) {
		int status;

		core = whole;
		for (unsigned int j = 0; j < 1U + i % 4; j++)
			core.file[i % 3 ? DESCRIPTORS + rand() % (24 * PAGES) : rand() % (BITMAPS + 2 * BLOCK)] = rand();
		status = scrub_it(out, sizeof(out));
		OK(status == KK_OK || status == KK_DEVICE || status == KK_UNSUPPORTED ||
		   status == KK_KEY_MISSING);
		OK(!status == !access(in_dir("odd.new"), F_OK));
	}
}

UNIT_MODULE(scrub,
	{ "AES key schedules of FIPS 197", test_aes_known },
	{ "nothing but a key schedule is taken for one", test_aes_find },
	{ "pieces of keys", test_needles },
	{ "keys that the kernel would know", test_payloads },
	{ "a vmcore is scrubbed", test_scrub },
	{ "keys that remain are found", test_scrub_check },
	{ "a scrubbed vmcore in which keys remain is not kept", test_scrub_fails_its_check },
	{ "no vmcore, or none that can be scrubbed", test_scrub_refused },
	{ "damaged vmcores", test_scrub_damaged }
);
