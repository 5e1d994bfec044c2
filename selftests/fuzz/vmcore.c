// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vmcore, read and scrubbed. An input describes the pages, then changes of the
 * numbers in the file:
 *
 *	size of a page, machine, bytes behind the file (1 byte), number of pages (1 byte)
 *	for each page: kind and flags (1 byte), seed (1 byte), place (2 bytes)
 *	then changes: where (1 byte), which (1 byte), length (1 byte), number
 *
 * Without changes it must be scrubbed, and nothing of a planted key may be left.
 */
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "aes.h"
#include "fuzz.h"
#include "kexec-keys.h"
#include "scrub.h"

#define MAX_PAGES 6
#define MAX_BLOCK 8192
#define BITMAP_BYTES 64		/* those that may be changed */
#define DESCRIPTOR 24
#define TAIL 70000
#define PAYLOAD 32

enum { ZEROES, SAME, NOISE, SCHEDULE_16, SCHEDULE_24, SCHEDULE_32, KEY, LOGON, MASKS, N_KINDS };
enum { PACKED = 0x10, AFTER_HOLE = 0x20, LOST = 0x40 };

struct planted {
	size_t at;
	size_t len;
	uint8_t bytes[KK_AES_SCHEDULE_MAX];
};

/* The memory of a machine, and the vmcore of it. */
struct core {
	size_t block;
	unsigned int n_pages;
	uint8_t flags[MAX_PAGES];
	uint8_t memory[MAX_PAGES * MAX_BLOCK];
	struct planted planted[MAX_PAGES];
	unsigned int n_planted;
	uint8_t file[(6 + 2 * MAX_PAGES) * MAX_BLOCK];
	size_t len;
	size_t tail;			/* of zeroes, after that */
	bool changed;
};

static struct core core;

static uint8_t mix(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 24;
}

static void make_noise(uint8_t *to, size_t len, uint8_t seed)
{
	uint32_t state = 2654435769u * (seed + 1);

	while (len--)
		*to++ = mix(&state);
}

static void put(size_t at, const uint8_t *bytes, size_t len)
{
	if (at + len <= core.n_pages * core.block)
		memcpy(core.memory + at, bytes, len);
}

static void plant_schedule(size_t at, size_t key_len, uint8_t seed)
{
	struct planted *p = &core.planted[core.n_planted];
	uint8_t key[KK_AES_KEY_MAX];

	make_noise(key, sizeof(key), seed);
	*p = (struct planted){ .at = at & ~(size_t)3, .len = kk_aes_schedule_len(key_len) };
	if (p->at + p->len > core.n_pages * core.block)
		return;
	kk_aes_expand(key, key_len, p->bytes);
	put(p->at, p->bytes, p->len);
	core.n_planted++;
}

/* As struct user_key_payload has it. */
static void plant_logon(size_t at, uint8_t seed)
{
	uint8_t bytes[8 + PAYLOAD] = { PAYLOAD };

	make_noise(bytes + 8, PAYLOAD, seed);
	put(at & ~(size_t)7, bytes, sizeof(bytes));
}

static void fill_page(unsigned int i, unsigned int kind, uint8_t seed, uint16_t place)
{
	uint8_t *page = core.memory + i * core.block;
	const size_t at = i * core.block + place % core.block;
	uint8_t key[KK_AES_KEY_MAX];

	switch (kind) {
	case SAME:
		memset(page, seed, core.block);
		break;
	case NOISE:
		make_noise(page, core.block, seed);
		break;
	case SCHEDULE_16:
	case SCHEDULE_24:
	case SCHEDULE_32:
		plant_schedule(at, 16 + 8 * (kind - SCHEDULE_16), seed);
		break;
	case KEY:
		make_noise(key, sizeof(key), seed);
		put(at, key, sizeof(key));
		break;
	case LOGON:
		plant_logon(at, seed);
		break;
	case MASKS:
		for (size_t j = 0; j < 13 * 128 && at + j < core.n_pages * core.block; j++)
			core.memory[at + j] = seed >> j % 8 & 1 ? 0xff : 0;
		break;
	}
}

/* --- the file ------------------------------------------------------------ */

static void put_number(size_t at, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes && at + i < core.len; i++)
		core.file[at + i] = value >> 8 * i;
}

static size_t bitmaps(void) { return 2 * core.block; }
static size_t descriptors(void) { return 4 * core.block; }

static void put_content(unsigned int i, const uint8_t *bytes, size_t len, uint32_t flags)
{
	const size_t at = descriptors() + DESCRIPTOR * i;

	put_number(at, core.len, 8);
	put_number(at + 8, len, 4);
	put_number(at + 12, flags, 4);
	memcpy(core.file + core.len, bytes, len);
	core.len += len;
}

static void pack_page(unsigned int i)
{
	static uint8_t packed[2 * MAX_BLOCK];
	const uint8_t *page = core.memory + i * core.block;
	uLongf len = sizeof(packed);

	if (core.flags[i] & LOST)
		return;
	if (core.flags[i] & PACKED) {
		MUST(compress2(packed, &len, page, core.block, 1) == Z_OK);
		if (len < core.block) {
			put_content(i, packed, len, 1);
			return;
		}
	}
	put_content(i, page, core.block, 0);
}

static void pack(const char *machine)
{
	unsigned int pfn = 3;

	core.len = descriptors() + DESCRIPTOR * core.n_pages;
	memset(core.file, 0, core.len);
	memcpy(core.file, "KDUMP   ", 8);
	put_number(8, 6, 4);
	strcpy((char *)core.file + 12 + 4 * 65, machine);
	put_number(428, core.block, 4);
	put_number(432, 1, 4);
	put_number(436, 2, 4);
	for (unsigned int i = 0; i < core.n_pages; i++) {
		pfn += !!(core.flags[i] & AFTER_HOLE);
		core.file[bitmaps() + core.block + pfn / 8] |= 1 << pfn % 8;
		pfn++;
		pack_page(i);
	}
	put_number(core.block + 64, core.len, 8);
	put_number(core.block + 72, 6, 8);
	memcpy(core.file + core.len, "erased", 6);
	core.len += 6;
}

static void take_pages(struct input *in)
{
	static const char *const machines[] = { "x86_64", "aarch64", "ppc64le", "riscv64" };
	const unsigned int shape = take(in, 1);

	core.tail = (shape >> 6) * TAIL;
	core.block = shape % 16 == 15 ? 8192 : 4096;
	core.n_pages = 1 + take(in, 1) % MAX_PAGES;
	core.n_planted = 0;
	memset(core.memory, 0, core.n_pages * core.block);
	for (unsigned int i = 0; i < core.n_pages; i++) {
		const unsigned int kind = take(in, 1);
		const uint8_t seed = take(in, 1);

		core.flags[i] = kind & (PACKED | AFTER_HOLE | LOST);
		fill_page(i, kind % 16 % N_KINDS, seed, take(in, 2));
	}
	pack(machines[shape >> 4 & 3]);
}

static void take_changes(struct input *in)
{
	static const uint16_t main_fields[] = { 0, 8, 12 + 4 * 65, 428, 432, 436 };
	static const uint8_t sub_fields[] = { 0, 8, 12, 16, 24, 32, 40, 48, 56, 64, 72 };

	core.changed = in->left;
	while (in->left) {
		const unsigned int where = take(in, 1), which = take(in, 1);
		const unsigned int bytes = 1 + take(in, 1) % 8;
		const uint64_t value = take(in, bytes);

		switch (where % 6) {
		case 0:
			put_number(main_fields[which % 6], value, bytes);
			break;
		case 1:
			put_number(core.block + sub_fields[which % 11], value, bytes);
			break;
		case 2:
			put_number(bitmaps() + core.block + which % BITMAP_BYTES, value, bytes);
			break;
		case 3:
			put_number(descriptors() + 4 * which, value, bytes);
			break;
		case 4:
			put_number(value % core.len, which, 1);
			break;
		case 5:
			core.len = value % (core.len + 1);
			if (!core.len)
				return;
			break;
		}
	}
}

/* --- what is done with it ------------------------------------------------ */

/* In place of the HMAC: it depends on each byte. */
static int stand_in(int fd, const uint8_t *key, size_t len, const char *text, uint8_t *out)
{
	uint64_t sum = 14695981039346656037u ^ len;

	(void)fd;
	(void)text;
	read_bytes(key, len);
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ key[i]) * 1099511628211u;
	for (unsigned int i = 0; i < KK_SHA256; i++)
		out[i] = sum >> i % 8 * 8;
	return 0;
}

static int new_file(const uint8_t *bytes, size_t len, size_t tail)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	MUST(fd >= 0 && pwrite(fd, bytes, len, 0) == (ssize_t)len && !ftruncate(fd, len + tail));
	return fd;
}

static int write_new(struct kk_scrub *s, struct kk_vmcore *v, int fd)
{
	struct kk_vmcore_writer *w;
	int r = kk_vmcore_copy(v, fd, "new", &w);

	if (!r)
		r = kk_scrub_write(s, v, w);
	if (!r)
		r = kk_vmcore_finish(w);
	kk_vmcore_writer_free(w);
	return r;
}

/* A planted key schedule is in memory as it was, and in one piece. */
static bool is_whole(const struct planted *p)
{
	for (size_t i = p->at / core.block; i <= (p->at + p->len - 1) / core.block; i++)
		if (core.flags[i] & LOST ||
		    (i > p->at / core.block && core.flags[i] & AFTER_HOLE))
			return false;
	return !memcmp(core.memory + p->at, p->bytes, p->len);
}

static bool any_whole(void)
{
	for (unsigned int i = 0; i < core.n_planted; i++)
		if (is_whole(&core.planted[i]))
			return true;
	return false;
}

/*
 * Nothing is left of a key schedule; of one that goes on on the next page, less than
 * a piece on either of the two may be.
 */
static void check_planted(const struct planted *p, const uint8_t *new_memory)
{
	const size_t end = p->at + p->len;

	for (size_t at = p->at, next; at < end; at = next) {
		next = (at / core.block + 1) * core.block;
		if (next > end)
			next = end;
		for (size_t i = at; next - at >= KK_PIECE && i < next; i++)
			MUST(!new_memory[i]);
	}
}

/* Page by page the new file has what the old one has, but for zeroes. */
static void compare(struct kk_vmcore *old, struct kk_vmcore *new)
{
	static uint8_t new_memory[sizeof(core.memory)];
	uint8_t *a = malloc(old->block), *b = malloc(old->block);
	struct kk_vmcore_chunk c, d;
	unsigned int page = 0;

	MUST(a && b && new->block == old->block);
	kk_vmcore_rewind(old);
	kk_vmcore_rewind(new);
	while (kk_vmcore_has_next(old)) {
		MUST(kk_vmcore_has_next(new));
		MUST(!kk_vmcore_read(old, &c, a) && !kk_vmcore_read(new, &d, b));
		MUST(c.is_page == d.is_page && c.follows == d.follows);
		for (size_t i = 0; c.is_page && i < old->block; i++)
			MUST(b[i] == a[i] || !b[i]);
		if (c.is_page && !core.changed)
			memcpy(new_memory + page++ * core.block, b, core.block);
	}
	MUST(!kk_vmcore_has_next(new));
	for (unsigned int i = 0; !core.changed && i < core.n_planted; i++)
		if (is_whole(&core.planted[i]))
			check_planted(&core.planted[i], new_memory);
	free(a);
	free(b);
}

static void check_new(struct kk_scrub *s, struct kk_vmcore *old, int fd)
{
	struct kk_vmcore v;
	int r = kk_vmcore_open(&v, fd, "new");

	/* With changed numbers, a copy may be one that is refused. */
	MUST(!r || core.changed);
	if (!r) {
		r = kk_scrub_check(s, &v);
		MUST(!r || core.changed);
	}
	if (!r)
		compare(old, &v);
	kk_vmcore_close(&v);
	if (!r)
		reached();
}

static void scrub(struct kk_vmcore *v)
{
	struct kk_payload payload = { 0 };
	struct kk_key key = { 0 };
	struct kk_payloads payloads = { .keys = { &key, 1 }, .payload = &payload, .fd = -1,
					.hmac = stand_in };
	uint8_t bytes[PAYLOAD];
	struct kk_scrub s;
	int fd, r;

	make_noise(bytes, sizeof(bytes), 7);
	stand_in(-1, bytes, sizeof(bytes), "", payload.hmac);
	MUST(!kk_scrub_init(&s, &payloads));
	r = kk_scrub_find(&s, v);
	MUST(!r || core.changed);
	MUST(core.changed || s.needles.n || !any_whole());
	if (!r && s.needles.n) {
		fd = new_file(core.file, 0, 0);
		r = write_new(&s, v, fd);
		MUST(!r || core.changed);
		if (!r)
			check_new(&s, v, fd);
		close(fd);
	}
	kk_scrub_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct kk_kept kept;
	struct kk_vmcore v;
	int fd, r;

	take_pages(&in);
	take_changes(&in);
	fd = new_file(core.file, core.len, core.tail);
	kk_keep_errors(&kept);
	r = kk_vmcore_open(&v, fd, "old");
	MUST(!r || core.changed);
	if (!r)
		scrub(&v);
	kk_vmcore_close(&v);
	kk_keep_errors(NULL);
	MUST_END(kept.sentence);
	MUST_END(kept.next);
	close(fd);
	return 0;
}
