// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of vmcore.c, on files that are made here byte by byte: what stands where
 * in them is said by numbers, not by the structures under test.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "kexec-keys.h"
#include "unit.h"
#include "vmcore.h"

#define BLOCK 4096
/* Blocks: 0 main header, 1 sub-header, 2 notes, 3 first bitmap, 4 second, 5 descriptors. */
#define SUB BLOCK
#define NOTES (2 * BLOCK)
#define BITMAP (4 * BLOCK)
#define DESCRIPTORS (5 * BLOCK)
#define PAGES 8
#define DATA (DESCRIPTORS + 24 * PAGES)
#define ERASE_TEXT "erase nothing\n"

/* Numbers of the pages; 3 to 4 and 16 to 32760 are holes. */
static const unsigned int pfn[PAGES] = { 2, 3, 5, 6, 7, 15, 16, 32760 };

enum content { RAW, PACKED, ZERO, LOST };
static const enum content content[PAGES] = { RAW, PACKED, ZERO, RAW, ZERO, PACKED, LOST, RAW };

static uint8_t file[DATA + (PAGES + 2) * BLOCK];
static size_t len;

static void put32(size_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static void put64(size_t at, uint64_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static uint64_t get64(size_t at)
{
	uint64_t value;

	memcpy(&value, file + at, sizeof(value));
	return value;
}

static uint8_t byte_of(unsigned int page, unsigned int at)
{
	return content[page] == ZERO || content[page] == LOST ? 0 : 1 + page + at % 7;
}

static void put_page(unsigned int i, size_t *zero)
{
	const size_t at = DESCRIPTORS + 24 * i;
	uint8_t bytes[BLOCK];
	uLongf n = BLOCK;

	for (unsigned int j = 0; j < BLOCK; j++)
		bytes[j] = byte_of(i, j);
	put64(at + 16, 0x1234567800000000 + i);
	if (content[i] == LOST)
		return;
	if (content[i] == ZERO && *zero) {
		memcpy(file + at, file + *zero, 16);
		return;
	}
	put64(at, len);
	put32(at + 12, content[i] == PACKED);
	if (content[i] == PACKED)
		OK(compress(file + len, &n, bytes, BLOCK) == Z_OK);
	else
		memcpy(file + len, bytes, BLOCK);
	put32(at + 8, n);
	len += n;
	if (content[i] == ZERO)
		*zero = at;
}

static void make_core(void)
{
	size_t zero = 0;

	memset(file, 0, sizeof(file));
	memcpy(file, "KDUMP   ", 8);
	put32(8, 6);
	strcpy((char *)file + 12 + 4 * 65, "x86_64");
	put32(428, BLOCK);
	put32(432, 2);
	put32(436, 2);
	put64(SUB + 48, NOTES);
	put64(SUB + 56, 100);
	memset(file + NOTES, 7, 100);
	for (unsigned int i = 0; i < PAGES; i++)
		file[BITMAP + pfn[i] / 8] |= 1 << pfn[i] % 8;
	len = DATA;
	for (unsigned int i = 0; i < PAGES; i++)
		put_page(i, &zero);
	put64(SUB + 64, len);
	put64(SUB + 72, strlen(ERASE_TEXT));
	memcpy(file + len, ERASE_TEXT, strlen(ERASE_TEXT));
	len += strlen(ERASE_TEXT);
}

static int save(size_t length)
{
	int fd = open(in_dir("core-of-vmcore"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	OK(fd >= 0 && write(fd, file, length) == (ssize_t)length);
	return fd;
}

static struct kk_kept kept;

/* Result of kk_vmcore_open() for the file as it is, and what it said. */
static int open_core(struct kk_vmcore *v, int *fd)
{
	int r;

	*fd = save(len);
	memset(&kept, 0, sizeof(kept));
	kk_keep_errors(&kept);
	r = kk_vmcore_open(v, *fd, "co\x1bre");
	kk_keep_errors(NULL);
	OK(!r == !kept.sentence[0]);
	OK(!r || strstr(kept.sentence, "co\\x1bre"));
	return r;
}

static void close_core(struct kk_vmcore *v, int fd)
{
	kk_vmcore_close(v);
	close(fd);
}

/* --- headers ------------------------------------------------------------------ */

#define BYTES(text) text, sizeof(text) - 1
#define LE32(a, b, c, d) (const char []){ a, b, c, d }, 4
#define MACHINE (12 + 4 * 65)
/* The end of the notes' room: the beginning of the bitmaps. */
#define END (3 * BLOCK)

static const struct {
	const char *name;
	size_t at;
	const char *bytes;
	size_t len;
	int status;
	const char *part;	/* of the message */
} headers[] = {
	{ "ELF", 0, BYTES("\177ELF"), KK_UNSUPPORTED, "an ELF file" },
	{ "nearly ELF", 0, BYTES("\177ELG"), KK_UNSUPPORTED, "not a vmcore" },
	{ "flattened", 0, BYTES("makedumpfile"), KK_UNSUPPORTED, "flattened format" },
	{ "nearly flattened", 0, BYTES("makedum_file"), KK_UNSUPPORTED, "not a vmcore" },
	{ "diskdump", 0, BYTES("DISKDUMP"), KK_UNSUPPORTED, "not a vmcore" },
	{ "the last character of the signature", 7, BYTES("_"), KK_UNSUPPORTED, "not a vmcore" },
	{ "x86_64", MACHINE, BYTES("x86_64\0"), KK_OK, "" },
	{ "aarch64", MACHINE, BYTES("aarch64\0"), KK_OK, "" },
	{ "ppc64le", MACHINE, BYTES("ppc64le\0"), KK_OK, "" },
	{ "riscv64", MACHINE, BYTES("riscv64\0"), KK_OK, "" },
	{ "ppc64, which is big-endian", MACHINE, BYTES("ppc64\0"), KK_UNSUPPORTED, "a machine of which" },
	{ "a longer name of a machine", MACHINE, BYTES("x86_64x"), KK_UNSUPPORTED, "a machine of which" },
	{ "i686", MACHINE, BYTES("i686\0"), KK_UNSUPPORTED, "a machine of which" },
	{ "no machine", MACHINE, BYTES("\0"), KK_UNSUPPORTED, "a machine of which" },
	{ "pages of no bytes", 428, LE32(0, 0, 0, 0), KK_DEVICE, "its page size" },
	{ "pages of 2048 bytes", 428, LE32(0, 8, 0, 0), KK_DEVICE, "its page size" },
	{ "pages of 4095 bytes", 428, LE32(-1, 15, 0, 0), KK_DEVICE, "its page size" },
	{ "pages of 4097 bytes", 428, LE32(1, 16, 0, 0), KK_DEVICE, "its page size" },
	{ "pages of 6144 bytes", 428, LE32(0, 24, 0, 0), KK_DEVICE, "its page size" },
	{ "pages of 131072 bytes", 428, LE32(0, 0, 2, 0), KK_DEVICE, "its page size" },
	{ "pages of -4096 bytes", 428, LE32(0, -16, -1, -1), KK_DEVICE, "its page size" },
	{ "no block of a sub-header", 432, LE32(0, 0, 0, 0), KK_DEVICE, "its headers" },
	{ "-1 blocks of a sub-header", 432, LE32(-1, -1, -1, -1), KK_DEVICE, "its headers" },
	{ "65536 blocks of a sub-header", 432, LE32(0, 0, 1, 0), KK_DEVICE, "its bitmaps" },
	{ "65537 blocks of a sub-header", 432, LE32(1, 0, 1, 0), KK_DEVICE, "its headers" },
	{ "no block of bitmaps", 436, LE32(0, 0, 0, 0), KK_DEVICE, "its headers" },
	{ "one block of bitmaps", 436, LE32(1, 0, 0, 0), KK_DEVICE, "its headers" },
	{ "2^32 - 1 blocks of bitmaps", 436, LE32(-1, -1, -1, -1), KK_DEVICE, "its bitmaps" },
	{ "a part of a vmcore", SUB + 12, LE32(1, 0, 0, 0), KK_UNSUPPORTED, "a part of a vmcore" },
	{ "a part with a negative flag", SUB + 12, LE32(0, 0, 0, -1), KK_UNSUPPORTED, "a part of a vmcore" },
	{ "another dump level", SUB + 8, LE32(31, 0, 0, 0), KK_OK, "" },
};

static void test_headers(void)
{
	struct kk_vmcore v;
	int fd;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(headers); i++) {
		unit_row = headers[i].name;
		make_core();
		memcpy(file + headers[i].at, headers[i].bytes, headers[i].len);
		OK(open_core(&v, &fd) == headers[i].status);
		OK(strstr(kept.sentence, headers[i].part));
		OK(!headers[i].status == !kept.next[0]);
		close_core(&v, fd);
	}
	/* All 65 bytes of a name without its end. */
	unit_row = "machine without its end";
	make_core();
	memset(file + MACHINE, 'x', 65);
	OK(open_core(&v, &fd) == KK_UNSUPPORTED);
	close_core(&v, fd);
}

static const struct { const char *name; uint64_t offset, size; int status; } notes[] = {
	{ "none", 0, 0, KK_OK },
	{ "at the end of the headers", END, 0, KK_OK },
	{ "up to the end of the headers", END - 100, 100, KK_OK },
	{ "all of the headers", 0, END, KK_OK },
	{ "one byte too long", END - 100, 101, KK_DEVICE },
	{ "one byte beyond the end", END, 1, KK_DEVICE },
	{ "behind the end", END + 1, 0, KK_DEVICE },
	{ "all of the headers and a byte", 0, END + 1, KK_DEVICE },
	{ "at 2^64 - 1", ~0ULL, 0, KK_DEVICE },
	{ "of 2^64 - 1 bytes", END - 100, ~0ULL, KK_DEVICE },
};

static void test_notes(void)
{
	struct kk_vmcore v;
	int fd;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(notes); i++) {
		unit_row = notes[i].name;
		make_core();
		put64(SUB + 48, notes[i].offset);
		put64(SUB + 56, notes[i].size);
		OK(open_core(&v, &fd) == notes[i].status);
		OK(!notes[i].status || strstr(kept.sentence, "its notes"));
		close_core(&v, fd);
	}
}

static const struct { const char *name; size_t len; const char *part; } lengths[] = {
	{ "empty file", 0, "its end is missing" },
	{ "main header less a byte", 439, "its end is missing" },
	{ "sub-header less a byte", SUB + 79, "its end is missing" },
	{ "bitmaps less a byte", DESCRIPTORS - 1, "its bitmaps" },
	{ "all before the descriptors", DESCRIPTORS, "" },
	{ "one byte more", DESCRIPTORS + 1, "" },
};

static void test_lengths(void)
{
	struct kk_vmcore v;
	int fd;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lengths); i++) {
		unit_row = lengths[i].name;
		make_core();
		len = lengths[i].len;
		OK(open_core(&v, &fd) == (lengths[i].part[0] ? KK_DEVICE : KK_OK));
		OK(strstr(kept.sentence, lengths[i].part));
		close_core(&v, fd);
	}
	unit_row = "no file";
	kk_keep_errors(&kept);
	OK(kk_vmcore_open(&v, -1, "x") == KK_DEVICE);
	kk_keep_errors(NULL);
	kk_vmcore_close(&v);
}

/* One that can be looked at, but not read. */
static void test_unreadable(void)
{
	int fd = open(unit_dir, O_RDONLY | O_DIRECTORY);
	struct kk_vmcore v;

	kk_keep_errors(&kept);
	OK(kk_vmcore_open(&v, fd, "a\tdirectory") == KK_DEVICE);
	kk_keep_errors(NULL);
	STR(kept.sentence, "cannot read a\\x09directory: Is a directory");
	close_core(&v, fd);
}

static void test_facts(void)
{
	struct kk_vmcore v;
	int fd;

	memset(&v, 0xa5, sizeof(v));
	make_core();
	OK(open_core(&v, &fd) == KK_OK);
	OK(v.fd == fd && v.size == (off_t)len && v.block == BLOCK && v.header_blocks == 3);
	OK(v.n_pages == PAGES && v.descriptors == DESCRIPTORS && !v.zero_page);
	OK(!v.next_header_block && !v.next_page && !v.next_bit && v.packed);
	OK(!memcmp(v.bitmap, file + BITMAP, BLOCK));
	STR(v.name, "co\x1bre");
	close_core(&v, fd);
	OK(!v.bitmap && !v.packed);

	/* Pages of 64 KiB, and an odd number of blocks of bitmaps. */
	memset(file, 0, sizeof(file));
	memcpy(file, "KDUMP   ", 8);
	strcpy((char *)file + MACHINE, "ppc64le");
	put32(428, KK_VMCORE_BLOCK_MAX);
	put32(432, 1);
	put32(436, 3);
	fd = save(BLOCK);
	OK(!ftruncate(fd, 5 * KK_VMCORE_BLOCK_MAX));
	OK(kk_vmcore_open(&v, fd, "x") == KK_OK);
	OK(v.block == 65536 && v.header_blocks == 2 && v.n_pages == 0 && v.descriptors == 5 * 65536);
	close_core(&v, fd);
}

/* --- reading ------------------------------------------------------------------------ */

static uint8_t bytes[KK_VMCORE_BLOCK_MAX];

static bool is_page(unsigned int page)
{
	for (unsigned int i = 0; i < BLOCK; i++)
		if (bytes[i] != byte_of(page, i))
			return false;
	return true;
}

static void read_all(struct kk_vmcore *v)
{
	struct kk_vmcore_chunk c;

	for (unsigned int i = 0; i < 3; i++) {
		name_row("header %u", i);
		memset(&c, 0xff, sizeof(c));
		OK(kk_vmcore_has_next(v) && kk_vmcore_read(v, &c, bytes) == KK_OK);
		OK(!c.is_page && !c.is_zero && c.follows == (i > 0) && c.at == BLOCK * i);
		OK(!memcmp(bytes, file + BLOCK * i, BLOCK));
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		const size_t at = DESCRIPTORS + 24 * i;

		name_row("page %u", i);
		memset(&c, 0xff, sizeof(c));
		OK(kk_vmcore_has_next(v) && kk_vmcore_read(v, &c, bytes) == KK_OK);
		OK(c.is_page && c.at == (off_t)at);
		OK(c.follows == (i && pfn[i] == pfn[i - 1] + 1));
		OK(c.is_zero == (content[i] == ZERO || content[i] == LOST));
		OK(c.descriptor.offset == get64(at) && c.descriptor.page_flags == get64(at + 16));
		OK(!memcmp(&c.descriptor.size, file + at + 8, 8));
		OK(is_page(i));
	}
	unit_row = "end";
	OK(!kk_vmcore_has_next(v));
}

static void test_read(void)
{
	struct kk_vmcore v;
	int fd;

	make_core();
	OK(open_core(&v, &fd) == KK_OK);
	read_all(&v);
	kk_vmcore_rewind(&v);
	read_all(&v);
	close_core(&v, fd);
}

/* Up to the page, which is read with this result. */
static int read_page(unsigned int page)
{
	struct kk_vmcore_chunk c;
	struct kk_vmcore v;
	int fd, r = open_core(&v, &fd);

	for (unsigned int i = 0; !r && i < 3 + page; i++)
		r = kk_vmcore_read(&v, &c, bytes);
	OK(!r);
	kk_keep_errors(&kept);
	r = kk_vmcore_read(&v, &c, bytes);
	kk_keep_errors(NULL);
	close_core(&v, fd);
	return r;
}

static const struct {
	const char *name;
	unsigned int page;
	size_t at;		/* in its descriptor */
	int32_t add;		/* to the 32 bits there */
	int status;
	const char *part;
} descriptors[] = {
	{ "as they are", 0, 8, 0, KK_OK, "" },
	{ "raw page, a byte more", 0, 8, 1, KK_DEVICE, "the descriptor of a page" },
	{ "raw page, a byte less", 0, 8, -1, KK_DEVICE, "the descriptor of a page" },
	{ "raw page, no byte", 0, 8, -BLOCK, KK_DEVICE, "the descriptor of a page" },
	{ "raw page that is said to be packed", 0, 12, 1, KK_DEVICE, "a page does not unpack" },
	{ "LZO", 0, 12, 2, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "snappy", 0, 12, 4, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "incomplete", 0, 12, 8, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "zstd", 0, 12, 32, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "zlib and LZO", 1, 12, 2, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "the last flag", 0, 12, INT32_MIN, KK_UNSUPPORTED, "not compressed by zlib" },
	{ "packed page, a byte less", 1, 8, -1, KK_DEVICE, "a page does not unpack" },
	/* zlib stops where it is at its end. */
	{ "packed page, a byte more", 1, 8, 1, KK_OK, "" },
	{ "packed page elsewhere", 1, 0, 1, KK_DEVICE, "a page does not unpack" },
	{ "packed page that is said to be raw", 1, 12, -1, KK_DEVICE, "the descriptor of a page" },
	{ "page beyond the end of the file", 0, 4, 1, KK_DEVICE, "its end is missing" },
};

static void test_descriptors(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(descriptors); i++) {
		const size_t at = DESCRIPTORS + 24 * descriptors[i].page + descriptors[i].at;
		uint32_t value;

		unit_row = descriptors[i].name;
		make_core();
		memcpy(&value, file + at, 4);
		put32(at, value + descriptors[i].add);
		memset(&kept, 0, sizeof(kept));
		OK(read_page(descriptors[i].page) == descriptors[i].status);
		OK(strstr(kept.sentence, descriptors[i].part));
	}
}

/* A page of noise, which zlib makes longer, in as many bytes as a page and in one more. */
static void test_packed_lengths(void)
{
	uint8_t noise[BLOCK], packed[2 * BLOCK];
	uLongf n = sizeof(packed);
	const size_t at = DESCRIPTORS + 24;

	srand(1);
	for (unsigned int i = 0; i < BLOCK; i++)
		noise[i] = i < BLOCK - 64 ? rand() : 5;
	OK(compress(packed, &n, noise, BLOCK) == Z_OK && n < BLOCK);
	make_core();
	memcpy(file + len, packed, n);
	put64(at, len);
	put32(at + 8, BLOCK);
	len += BLOCK;
	OK(read_page(1) == KK_OK && !memcmp(bytes, noise, BLOCK));
	put32(at + 8, BLOCK + 1);
	len++;
	OK(read_page(1) == KK_DEVICE && strstr(kept.sentence, "the descriptor of a page"));

	/* What unpacks to more or less than a page. */
	for (int more = -1; more <= 1; more += 2) {
		static uint8_t bytes_of[BLOCK + 1];

		name_row("%d bytes more", more);
		make_core();
		n = sizeof(packed);
		OK(compress(packed, &n, bytes_of, BLOCK + more) == Z_OK);
		memcpy(file + len, packed, n);
		put64(at, len);
		put32(at + 8, n);
		len += n;
		OK(read_page(1) == KK_DEVICE && strstr(kept.sentence, "does not unpack"));
	}
}

static void test_cut(void)
{
	static const struct { const char *name; size_t len; unsigned int page; } cuts[] = {
		{ "first descriptor", DESCRIPTORS + 23, 0 },
		{ "last descriptor", DATA - 1, PAGES - 1 },
		{ "first page", DATA + BLOCK - 1, 0 },
		{ "second page", DATA + BLOCK + 5, 1 },
	};

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(cuts); i++) {
		unit_row = cuts[i].name;
		make_core();
		if (i == 1)
			for (unsigned int j = 0; j < PAGES; j++)
				put64(DESCRIPTORS + 24 * j, 0);
		len = cuts[i].len;
		OK(read_page(cuts[i].page) == KK_DEVICE);
		OK(strstr(kept.sentence, "its end is missing"));
	}
	unit_row = "whole first page";
	make_core();
	len = DATA + BLOCK;
	OK(read_page(0) == KK_OK && is_page(0));
}

/* One byte that is not zero, at the beginning, in the middle and at the end. */
static void test_nearly_zero(void)
{
	static const unsigned int places[] = { 0, 1, BLOCK / 2, BLOCK - 1 };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(places); i++) {
		struct kk_vmcore_chunk c;
		struct kk_vmcore v;
		int fd;

		name_row("byte %u", places[i]);
		make_core();
		memset(file + DATA, 0, BLOCK);
		file[DATA + places[i]] = 1;
		OK(open_core(&v, &fd) == KK_OK);
		for (unsigned int j = 0; j < 4; j++)
			OK(kk_vmcore_read(&v, &c, bytes) == KK_OK);
		OK(!c.is_zero && bytes[places[i]] == 1);
		close_core(&v, fd);
	}
}

/* --- writing --------------------------------------------------------------------------- */

static uint8_t copy[sizeof(file)];

/* All of it again, with 0xee in the changed pages and headers; its length. */
static ssize_t write_copy(unsigned int changed, int *status)
{
	struct kk_vmcore_writer *w;
	struct kk_vmcore_chunk c;
	struct kk_vmcore v;
	int fd, to = open(in_dir("copy-of-vmcore"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t n;
	int r = open_core(&v, &fd);

	OK(!r);
	kk_keep_errors(&kept);
	r = kk_vmcore_copy(&v, to, "copy", &w);
	for (unsigned int i = 0; !r && kk_vmcore_has_next(&v); i++) {
		const bool change = changed >> i & 1;

		r = kk_vmcore_read(&v, &c, bytes);
		if (change)
			memset(bytes + 1000, 0xee, 16);
		if (!r)
			r = kk_vmcore_write(w, &c, bytes, change);
	}
	if (!r)
		r = kk_vmcore_finish(w);
	kk_keep_errors(NULL);
	kk_vmcore_writer_free(w);
	close_core(&v, fd);
	memset(copy, 0, sizeof(copy));
	n = pread(to, copy, sizeof(copy), 0);
	close(to);
	*status = r;
	return n;
}

/* Where the copy has a page, and in how many bytes; the same for pages of zeroes. */
static void check_copy(unsigned int changed, ssize_t n)
{
	uint64_t expected = DATA, zero = 0, erased;

	for (unsigned int i = 0; i < PAGES; i++) {
		const size_t at = DESCRIPTORS + 24 * i;
		const bool change = changed >> (i + 3) & 1;
		uint32_t size, flags, was;
		uint64_t offset;
		uLongf unpacked = BLOCK;

		name_row("page %u of the copy", i);
		memcpy(&offset, copy + at, 8);
		memcpy(&size, copy + at + 8, 4);
		memcpy(&flags, copy + at + 12, 4);
		memcpy(&was, file + at + 8, 4);
		OK(!memcmp(copy + at + 16, file + at + 16, 8));
		if (content[i] == LOST) {
			OK(!offset && !size && !flags);
			continue;
		}
		if (content[i] == ZERO && zero) {
			OK(offset == zero && size == BLOCK && !flags);
			continue;
		}
		OK(offset == expected && size == (change ? BLOCK : was) && flags == (!change && content[i] == PACKED));
		if (flags)
			OK(uncompress(bytes, &unpacked, copy + offset, size) == Z_OK && unpacked == BLOCK);
		else
			memcpy(bytes, copy + offset, BLOCK);
		for (unsigned int j = 0; change && j < 16; j++) {
			OK(bytes[1000 + j] == 0xee);
			bytes[1000 + j] = byte_of(i, 1000 + j);
		}
		OK(is_page(i));
		expected += size;
		if (content[i] == ZERO)
			zero = offset;
	}
	memcpy(&erased, copy + SUB + 64, 8);
	OK(erased == expected && n == (ssize_t)(expected + strlen(ERASE_TEXT)));
	OK(!memcmp(copy + erased, ERASE_TEXT, strlen(ERASE_TEXT)));
}

static void test_write(void)
{
	static const unsigned int changes[] = { 0, 1 << 2, 1 << 3, 1 << 4, 1 << 6, 1 << 10, 1 << 3 | 1 << 4 | 1 << 8 };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(changes); i++) {
		ssize_t n;
		int r;

		make_core();
		/* Elsewhere than it will be. */
		memmove(file + len - strlen(ERASE_TEXT) + 100, file + len - strlen(ERASE_TEXT), strlen(ERASE_TEXT));
		memset(file + len - strlen(ERASE_TEXT), 0, 100);
		put64(SUB + 64, get64(SUB + 64) + 100);
		len += 100;
		n = write_copy(changes[i], &r);
		name_row("changes %#x", changes[i]);
		OK(!r);
		for (unsigned int j = 0; j < 3; j++) {
			if (changes[i] >> j & 1)
				memset(file + BLOCK * j + 1000, 0xee, 16);
		}
		memcpy(file + SUB + 64, copy + SUB + 64, 8);
		OK(!memcmp(copy, file, DESCRIPTORS));
		check_copy(changes[i], n);
	}
}

/* The place of a page of zeroes is enough to know it by; what else is said of it is made right. */
static void test_second_zero(void)
{
	const size_t at = DESCRIPTORS + 24 * 4;
	ssize_t n;
	int r;

	make_core();
	OK(content[4] == ZERO);
	put32(at + 8, 5);
	put32(at + 12, 1);
	n = write_copy(0, &r);
	OK(!r);
	check_copy(0, n);
}

/* Without a text about erasures there is none, and none is looked for. */
static void test_no_eraseinfo(void)
{
	ssize_t n;
	int r;

	make_core();
	put64(SUB + 64, ~0ULL);
	put64(SUB + 72, 0);
	n = write_copy(0, &r);
	OK(!r && n == (ssize_t)(len - strlen(ERASE_TEXT)));
	OK(!memcmp(copy + SUB + 64, file + SUB + 64, 16));
	/* One that is not there. */
	make_core();
	put64(SUB + 72, strlen(ERASE_TEXT) + 1);
	write_copy(0, &r);
	OK(r == KK_DEVICE && strstr(kept.sentence, "its end is missing"));
}

/* More pages than a buffer of the writer holds, and more bitmap than it copies at once. */
static void test_large(void)
{
	enum { MANY = 100, BITMAP_BLOCKS = 34 };
	const size_t bitmaps = 3 * BLOCK, begin = bitmaps + BITMAP_BLOCKS * BLOCK, data = begin + 24 * MANY;
	const size_t size = data + MANY * BLOCK;
	uint8_t *big = calloc(1, size), *again = malloc(size + 1);
	int from = open(in_dir("large"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	int to = open(in_dir("large-copy"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct kk_vmcore_writer *w;
	struct kk_vmcore_chunk c;
	struct kk_vmcore v;

	make_core();
	memcpy(big, file, bitmaps);
	memset(big + BLOCK + 64, 0, 16);
	big[436] = BITMAP_BLOCKS;
	for (size_t i = 0; i < BITMAP_BLOCKS / 2 * BLOCK; i++)
		big[bitmaps + i] = i;
	for (unsigned int i = 0; i < MANY; i++) {
		const uint64_t offset = data + BLOCK * i;
		const uint32_t n = BLOCK;

		/* The last bit, too. */
		const size_t bit = i == MANY - 1 ? BITMAP_BLOCKS / 2 * BLOCK * 8 - 1 : 11 * i;

		big[bitmaps + BITMAP_BLOCKS / 2 * BLOCK + bit / 8] |= 1 << bit % 8;
		memcpy(big + begin + 24 * i, &offset, 8);
		memcpy(big + begin + 24 * i + 8, &n, 4);
		memset(big + offset, i + 1, BLOCK);
	}
	OK(write(from, big, size) == (ssize_t)size);
	OK(kk_vmcore_open(&v, from, "large") == KK_OK && v.n_pages == MANY);
	OK(kk_vmcore_copy(&v, to, "copy", &w) == KK_OK);
	while (kk_vmcore_has_next(&v))
		OK(kk_vmcore_read(&v, &c, bytes) == KK_OK && kk_vmcore_write(w, &c, bytes, false) == KK_OK);
	OK(kk_vmcore_finish(w) == KK_OK);
	OK(pread(to, again, size + 1, 0) == (ssize_t)size && !memcmp(big, again, size));
	kk_vmcore_writer_free(w);
	close_core(&v, from);
	close(to);
	free(big);
	free(again);
}

/* A place that takes nothing: each step of a copy says so. */
static void test_cannot_write(void)
{
	struct kk_vmcore_writer *w;
	struct kk_vmcore_chunk c = { .is_page = false };
	struct kk_vmcore v;
	int fd, full = open("/dev/full", O_RDWR), file_fd;

	make_core();
	OK(open_core(&v, &fd) == KK_OK);
	memset(&kept, 0, sizeof(kept));
	kk_keep_errors(&kept);
	OK(kk_vmcore_copy(&v, full, "fu\nll", &w) == KK_DEVICE);
	OK(strstr(kept.sentence, "cannot write fu\\x0all: No space left"));
	kk_vmcore_writer_free(w);
	file_fd = open(in_dir("copy-of-vmcore"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	OK(kk_vmcore_copy(&v, file_fd, "x", &w) == KK_OK);
	dup2(full, file_fd);
	memset(&kept, 0, sizeof(kept));
	kk_keep_errors(&kept);
	OK(kk_vmcore_write(w, &c, bytes, false) == KK_DEVICE);
	while (kk_vmcore_has_next(&v) && !kk_vmcore_read(&v, &c, bytes))
		if (c.is_page)
			kk_vmcore_write(w, &c, bytes, false);
	OK(kk_vmcore_finish(w) == KK_DEVICE);
	kk_keep_errors(NULL);
	OK(strstr(kept.sentence, "cannot write x: "));
	kk_vmcore_writer_free(w);
	close_core(&v, fd);
	close(full);
	close(file_fd);
}

UNIT_MODULE(vmcore,
	{ "bounds of the headers", test_headers },
	{ "bounds of the notes", test_notes },
	{ "lengths of a file", test_lengths },
	{ "a file that cannot be read", test_unreadable },
	{ "facts from the headers", test_facts },
	{ "headers and pages are read", test_read },
	{ "descriptors of pages", test_descriptors },
	{ "lengths of packed pages", test_packed_lengths },
	{ "files that are cut off", test_cut },
	{ "pages that are nearly zeroes", test_nearly_zero },
	{ "a copy, with changed pages", test_write },
	{ "a copy, with a second page of zeroes that has a wrong length", test_second_zero },
	{ "texts about erasures", test_no_eraseinfo },
	{ "a vmcore that is larger than buffers", test_large },
	{ "a disk that is full", test_cannot_write }
);
