// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find a key in a file, for scan.py: keysearch FD < KEY, where FD is the file,
 * open for reading.
 *
 * Searched for is every 8-byte window of the key, in one pass over the parts of
 * the file that hold data:
 *
 *   plain, by-2, by-4, by-8   the bytes, at any address; reversed in groups
 *   hex, hex-by-2 ...         hex digits, also of words of 2, 4 and 8 bytes; what
 *                             stands between them, "0x" too, does not count
 *   base64                    also with the characters for URLs; others between them
 *                             do not count
 *
 * Text has at least SHORTEST printable characters in a row.
 *
 * Each window found is one line: the form, the offset in the file (of the first
 * byte; of the last character for text), the place of the window in the key.
 * Overlapping windows are not merged. Bytes of the key are never printed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW		8
#define MAX_KEY		4096
#define BUCKETS		(1 << 16)
#define BASE64_CHARS	10
#define SHORTEST	BASE64_CHARS
#define BASE64_MASK	((1ULL << (BASE64_CHARS * 6)) - 1)

struct entry {
	uint64_t value;
	const char *form;
	unsigned int window;
	/* Bytes of the window that come before VALUE, in a table of pieces. */
	unsigned int shift;
	struct entry *next;
};

/* FILLED has a bit for each bucket: small enough to stay in a cache. */
struct table {
	uint64_t filled[BUCKETS / 64];
	struct entry *buckets[BUCKETS];
};

static const struct {
	unsigned int size;
	const char *raw, *hex;
} orders[] = {
	{ 1, "plain", "hex" },
	{ 2, "by-2", "hex-by-2" },
	{ 4, "by-4", "hex-by-4" },
	{ 8, "by-8", "hex-by-8" },
};

/* pieces: 4 bytes at an address divisible by 4, which any window has. */
static struct table pieces, digits, base64;
static bool is_text[256];
static int8_t hex_value[256], base64_value[256];

static unsigned int bucket(uint64_t value)
{
	return value * 0x9e3779b97f4a7c15ULL >> 48;
}

static void add(struct table *table, uint64_t value, const char *form, unsigned int window,
		unsigned int shift)
{
	struct entry *entry = malloc(sizeof(*entry));
	unsigned int at = bucket(value);

	if (!entry)
		err(1, "malloc");
	*entry = (struct entry){ value, form, window, shift, table->buckets[at] };
	table->buckets[at] = entry;
	table->filled[at / 64] |= 1ULL << at % 64;
}

static inline bool is_filled(const struct table *table, uint64_t value)
{
	unsigned int at = bucket(value);

	return table->filled[at / 64] >> at % 64 & 1;
}

static inline const struct entry *first_entry(const struct table *table, uint64_t value)
{
	return is_filled(table, value) ? table->buckets[bucket(value)] : NULL;
}

static uint64_t big_endian(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < WINDOW; i++)
		value = value << 8 | bytes[i];
	return value;
}

static void reverse_groups(uint8_t *to, const uint8_t *from, unsigned int size)
{
	for (unsigned int i = 0; i < WINDOW; i++)
		to[i] = from[i - i % size + size - 1 - i % size];
}

/*
 * Of the 64 bits of a window, those that make whole characters where the window
 * begins 0, 1 or 2 bytes after a character's boundary.
 */
static void add_base64(uint64_t bits, unsigned int window)
{
	add(&base64, bits >> 4, "base64", window, 0);
	add(&base64, bits & BASE64_MASK, "base64", window, 0);
	add(&base64, bits >> 2 & BASE64_MASK, "base64", window, 0);
}

static void add_window(const uint8_t *key, unsigned int window)
{
	uint8_t bytes[WINDOW];
	uint32_t piece;

	for (size_t order = 0; order < sizeof(orders) / sizeof(*orders); order++) {
		reverse_groups(bytes, key + window, orders[order].size);
		add(&digits, big_endian(bytes), orders[order].hex, window, 0);
		for (unsigned int shift = 0; shift < sizeof(piece); shift++) {
			memcpy(&piece, bytes + shift, sizeof(piece));
			add(&pieces, piece, orders[order].raw, window, shift);
		}
	}
	add_base64(big_endian(key + window), window);
}

static void make_alphabets(void)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	memset(hex_value, -1, sizeof(hex_value));
	memset(base64_value, -1, sizeof(base64_value));
	for (int i = ' '; i <= '~'; i++)
		is_text[i] = true;
	for (int i = '\t'; i <= '\r'; i++)
		is_text[i] = true;
	for (int i = 0; i < 10; i++)
		hex_value['0' + i] = i;
	for (int i = 0; i < 6; i++)
		hex_value['a' + i] = hex_value['A' + i] = 10 + i;
	for (int i = 0; i < 64; i++)
		base64_value[(uint8_t)alphabet[i]] = i;
	base64_value['-'] = 62;
	base64_value['_'] = 63;
}

static void report(const struct entry *entry, size_t offset)
{
	printf("%s %zu %u\n", entry->form, offset, entry->window);
}

static unsigned int group_size(const struct entry *entry)
{
	for (size_t order = 0; order < sizeof(orders) / sizeof(*orders); order++)
		if (entry->form == orders[order].raw)
			return orders[order].size;
	abort();
}

/* Is the rest of the window around a piece, too? */
static void check_piece(const struct entry *entry, const uint8_t *key, const uint8_t *file,
			size_t size, size_t at)
{
	uint8_t bytes[WINDOW];

	if (at < entry->shift || at - entry->shift + WINDOW > size)
		return;
	reverse_groups(bytes, key + entry->window, group_size(entry));
	if (!memcmp(file + at - entry->shift, bytes, WINDOW))
		report(entry, at - entry->shift);
}

static void search_bytes(const uint8_t *key, const uint8_t *file, size_t size, size_t start,
			 size_t end)
{
	for (size_t at = start & ~3UL; at + 4 <= end; at += 4) {
		const struct entry *entry;
		uint32_t piece;

		memcpy(&piece, file + at, sizeof(piece));
		for (entry = first_entry(&pieces, piece); entry; entry = entry->next)
			if (entry->value == piece)
				check_piece(entry, key, file, size, at);
	}
}

static void look_up(const struct table *table, uint64_t value, size_t at)
{
	const struct entry *entry;

	for (entry = first_entry(table, value); entry; entry = entry->next)
		if (entry->value == value)
			report(entry, at);
}

/* A run of printable characters. */
static void search_run(const uint8_t *file, size_t start, size_t end)
{
	unsigned __int128 nibbles = 0;
	uint64_t sextets = 0;

	for (size_t at = start; at < end; at++) {
		uint8_t byte = file[at];

		if (base64_value[byte] < 0)
			continue;
		sextets = (sextets << 6 | base64_value[byte]) & BASE64_MASK;
		look_up(&base64, sextets, at);
		if (hex_value[byte] >= 0) {
			nibbles = nibbles << 4 | hex_value[byte];
			look_up(&digits, nibbles, at);
		} else if ((byte | 0x20) == 'x' && at > start && file[at - 1] == '0') {
			nibbles >>= 4;
		}
	}
}

/* Runs of at least SHORTEST characters: each has one where this looks. */
static void search_text(const uint8_t *file, size_t start, size_t end)
{
	size_t run_start, run_end;

	for (size_t at = start + SHORTEST - 1; at < end; at = run_end + SHORTEST) {
		run_end = at;
		if (!is_text[file[at]])
			continue;
		for (run_start = at; run_start > start && is_text[file[run_start - 1]];)
			run_start--;
		while (run_end < end && is_text[file[run_end]])
			run_end++;
		if (run_end - run_start >= SHORTEST)
			search_run(file, run_start, run_end);
	}
}

static void search(const uint8_t *key, int fd, const uint8_t *file, size_t size)
{
	off_t start, end = 0;

	while ((size_t)end < size && (start = lseek(fd, end, SEEK_DATA)) >= 0) {
		end = lseek(fd, start, SEEK_HOLE);
		if (end < 0)
			err(1, "lseek");
		search_bytes(key, file, size, start, end);
		search_text(file, start, end);
	}
	if ((size_t)end < size && errno != ENXIO)
		err(1, "lseek");
}

static size_t read_key(uint8_t *key)
{
	size_t length = fread(key, 1, MAX_KEY, stdin);

	if (ferror(stdin) || length < WINDOW || getchar() != EOF)
		errx(1, "a key has %d to %d bytes", WINDOW, MAX_KEY);
	return length;
}

int main(int argc, char **argv)
{
	static uint8_t key[MAX_KEY];
	size_t length = read_key(key);
	struct stat status;
	const uint8_t *file;
	int fd;

	if (argc != 2)
		errx(1, "usage: keysearch FD < KEY");
	fd = atoi(argv[1]);
	if (fstat(fd, &status))
		err(1, "the file to search");
	if (!status.st_size)
		return 0;
	file = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		err(1, "mmap");
	make_alphabets();
	for (unsigned int window = 0; window + WINDOW <= length; window++)
		add_window(key, window);
	search(key, fd, file, status.st_size);
	if (fflush(stdout) || ferror(stdout))
		err(1, "stdout");
	return 0;
}
