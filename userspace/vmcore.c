// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "kexec-keys.h"
#include "locked.h"
#include "mend.h"
#include "vmcore.h"

#define UTSNAME_MAX 65

/* The headers as 64-bit machines have them. */
struct main_header {
	char signature[8];
	int32_t version;
	char utsname[6][UTSNAME_MAX];
	int64_t timestamp[2];
	uint32_t status;
	int32_t block_size;
	int32_t sub_header_blocks;
	uint32_t bitmap_blocks;
};

struct sub_header {
	uint64_t phys_base;
	int32_t dump_level;
	int32_t split;
	uint64_t start_pfn;
	uint64_t end_pfn;
	uint64_t offset_vmcoreinfo;
	uint64_t size_vmcoreinfo;
	uint64_t offset_note;
	uint64_t size_note;
	uint64_t offset_eraseinfo;
	uint64_t size_eraseinfo;
};

#define SIGNATURE "KDUMP   "
#define MACHINE 4	/* in utsname */
#define FLAG_ZLIB 1U

/* Those of which it is known how their kernels keep keys; all have the least byte first. */
static const char *const machines[] = { "x86_64", "aarch64", "ppc64le", "riscv64" };

static int damaged(const struct kk_vmcore *v, const char *what)
{
	return kk_fail(KK_DEVICE, "see whether makedumpfile --dump-dmesg can read it",
		       "%s is cut off or damaged: %s", kk_esc(v->name), what);
}

static int must_convert(const struct kk_vmcore *v, const char *what)
{
	char next[2400];

	snprintf(next, sizeof(next), "convert it with makedumpfile -c -d 31 %s NEW",
		 kk_shell_word(v->name));
	return kk_fail(KK_UNSUPPORTED, next, "%s is %s", kk_esc(v->name), what);
}

static int read_at(const struct kk_vmcore *v, void *to, size_t len, off_t at)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(v->fd, (uint8_t *)to + done, len - done, at + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kk_fail(KK_DEVICE, "see dmesg", "cannot read %s: %s",
				       kk_esc(v->name), strerror(errno));
		if (!n)
			return damaged(v, "its end is missing");
		done += n;
	}
	return KK_OK;
}

static bool is_known_machine(const char *machine)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(machines); i++)
		if (!strncmp(machine, machines[i], UTSNAME_MAX))
			return true;
	return false;
}

static int check_kind(const struct kk_vmcore *v, const struct main_header *h)
{
	if (!memcmp(h->signature, "\177ELF", 4))
		return must_convert(v, "an ELF file");
	if (!memcmp(h->signature, "makedump", 8))
		return kk_fail(KK_UNSUPPORTED, "rearrange it with makedumpfile -R",
			       "%s is in the flattened format", kk_esc(v->name));
	if (memcmp(h->signature, SIGNATURE, 8))
		return kk_fail(KK_UNSUPPORTED, "give a file that makedumpfile has written",
			       "%s is not a vmcore", kk_esc(v->name));
	if (!is_known_machine(h->utsname[MACHINE]))
		return kk_fail(KK_UNSUPPORTED, "keep it as you keep the keys",
			       "%s is of a machine of which it is not known how its kernel keeps keys",
			       kk_esc(v->name));
	return KK_OK;
}

static int check_headers(const struct kk_vmcore *v, const struct main_header *h,
			 const struct sub_header *sub)
{
	const uint64_t end = v->block * (1 + (uint64_t)h->sub_header_blocks);

	if (h->sub_header_blocks < 1 || h->sub_header_blocks > 1 << 16 || h->bitmap_blocks < 2)
		return damaged(v, "its headers");
	if (sub->split)
		return kk_fail(KK_UNSUPPORTED, "put the parts together with makedumpfile --reassemble",
			       "%s is a part of a vmcore", kk_esc(v->name));
	if (sub->offset_note > end || sub->size_note > end - sub->offset_note)
		return damaged(v, "its notes");
	return KK_OK;
}

/* The second bitmap; as many descriptors as it has bits come after it. */
static int read_bitmap(struct kk_vmcore *v, uint32_t bitmap_blocks)
{
	const size_t len = bitmap_blocks / 2 * v->block;
	const off_t end = v->block * (v->header_blocks + (off_t)bitmap_blocks);
	int r;

	if (end > v->size)
		return damaged(v, "its bitmaps");
	v->bitmap = malloc(len);
	if (!v->bitmap)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	r = read_at(v, v->bitmap, len, end - len);
	for (size_t i = 0; !r && i < len; i++)
		v->n_pages += __builtin_popcount(v->bitmap[i]);
	v->descriptors = end;
	return r;
}

int kk_vmcore_open(struct kk_vmcore *v, int fd, const char *name)
{
	struct main_header h = { 0 };
	struct sub_header sub = { 0 };
	struct stat st;
	int r;

	*v = (struct kk_vmcore){ .fd = fd, .name = name };
	if (fstat(fd, &st))
		return kk_fail(KK_DEVICE, "see dmesg", "cannot look at %s: %s", kk_esc(name),
			       strerror(errno));
	v->size = st.st_size;
	r = read_at(v, &h, sizeof(h), 0);
	if (!r)
		r = check_kind(v, &h);
	if (r)
		return r;
	if (h.block_size < 4096 || h.block_size > KK_VMCORE_BLOCK_MAX ||
	    h.block_size & (h.block_size - 1))
		return damaged(v, "its page size");
	v->block = h.block_size;
	r = read_at(v, &sub, sizeof(sub), v->block);
	if (!r)
		r = check_headers(v, &h, &sub);
	if (r)
		return r;
	v->header_blocks = 1 + h.sub_header_blocks;
	r = read_bitmap(v, h.bitmap_blocks);
	if (r)
		return r;
	v->packed = kk_locked_alloc(KK_VMCORE_BLOCK_MAX);
	if (!v->packed)
		return kk_fail(KK_MEMORY, "run it as root", "cannot lock memory: %s",
			       strerror(errno));
	return KK_OK;
}

void kk_vmcore_close(struct kk_vmcore *v)
{
	free(v->bitmap);
	kk_locked_free(v->packed, KK_VMCORE_BLOCK_MAX);
	v->bitmap = v->packed = NULL;
}

void kk_vmcore_rewind(struct kk_vmcore *v)
{
	v->next_header_block = v->next_page = v->next_bit = 0;
}

bool kk_vmcore_has_next(const struct kk_vmcore *v)
{
	return v->next_header_block < v->header_blocks || v->next_page < v->n_pages;
}

/*
 * In one go, for which zlib needs no window: it would be a copy of the page on the
 * heap, which uncompress() makes.
 */
static bool inflate_page(const struct kk_vmcore *v, size_t size, uint8_t *bytes)
{
	z_stream z = { .next_in = v->packed, .avail_in = size, .next_out = bytes, .avail_out = v->block };
	bool is;

	if (inflateInit(&z) != Z_OK)
		return false;
	is = inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_out;
	inflateEnd(&z);
	return is;
}

static int unpack(const struct kk_vmcore *v, const struct kk_vmcore_descriptor *d, uint8_t *bytes)
{
	int r = read_at(v, v->packed, d->size, d->offset);

	if (!r && !inflate_page(v, d->size, bytes))
		r = damaged(v, "a page does not unpack");
	return r;
}

static bool is_zero(const struct kk_vmcore *v, const uint8_t *bytes)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, v->block - 1);
}

static int check_descriptor(const struct kk_vmcore *v, const struct kk_vmcore_descriptor *d)
{
	if (d->flags & ~FLAG_ZLIB)
		return must_convert(v, "not compressed by zlib");
	if (d->size > v->block || (!d->flags && d->size != v->block))
		return damaged(v, "the descriptor of a page");
	return KK_OK;
}

static int read_page(struct kk_vmcore *v, struct kk_vmcore_chunk *c, uint8_t *bytes)
{
	const struct kk_vmcore_descriptor *d = &c->descriptor;
	int r;

	/* What did not fit on the disk has no place; all pages of zeroes have the same. */
	c->is_zero = !d->offset || d->offset == v->zero_page;
	if (c->is_zero) {
		memset(bytes, 0, v->block);
		return KK_OK;
	}
	r = check_descriptor(v, d);
	if (r || d->flags)
		return r ? r : unpack(v, d, bytes);
	r = read_at(v, bytes, v->block, d->offset);
	c->is_zero = !r && is_zero(v, bytes);
	if (c->is_zero)
		v->zero_page = d->offset;
	return r;
}

/* The page's number, of which the bit is set. */
static uint64_t next_set_bit(const struct kk_vmcore *v)
{
	uint64_t bit = v->next_bit;

	while (!(v->bitmap[bit / 8] >> bit % 8 & 1))
		bit++;
	return bit;
}

int kk_vmcore_read(struct kk_vmcore *v, struct kk_vmcore_chunk *c, uint8_t *bytes)
{
	uint64_t bit;
	int r;

	c->is_page = v->next_header_block == v->header_blocks;
	if (!c->is_page) {
		c->is_zero = false;
		c->follows = v->next_header_block;
		c->at = v->block * v->next_header_block++;
		return read_at(v, bytes, v->block, c->at);
	}
	bit = next_set_bit(v);
	c->follows = v->next_page && bit == v->next_bit;
	c->at = v->descriptors + v->next_page++ * sizeof(c->descriptor);
	v->next_bit = bit + 1;
	r = read_at(v, &c->descriptor, sizeof(c->descriptor), c->at);
	return r ? r : read_page(v, c, bytes);
}

/* Bytes that are written one after the other. */
struct stream {
	off_t at;
	size_t n;
	uint8_t buffer[1 << 16];
};

struct kk_vmcore_writer {
	const struct kk_vmcore *v;
	const char *name;
	int fd;
	off_t zero_page;
	struct stream descriptors;
	struct stream data;
	uint8_t bytes[KK_VMCORE_BLOCK_MAX];
};

static int cannot_write(const struct kk_vmcore_writer *w)
{
	return kk_fail(KK_DEVICE, "see df and dmesg", "cannot write %s: %s", kk_esc(w->name),
		       strerror(errno));
}

static int write_at(const struct kk_vmcore_writer *w, const void *from, size_t len, off_t at)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(w->fd, (const uint8_t *)from + done, len - done, at + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cannot_write(w);
		done += n;
	}
	return KK_OK;
}

static int flush(const struct kk_vmcore_writer *w, struct stream *s)
{
	int r = write_at(w, s->buffer, s->n, s->at);

	s->at += s->n;
	s->n = 0;
	return r;
}

static int put(const struct kk_vmcore_writer *w, struct stream *s, const void *bytes, size_t len)
{
	int r = s->n + len > sizeof(s->buffer) ? flush(w, s) : KK_OK;

	memcpy(s->buffer + s->n, bytes, len);
	s->n += len;
	return r;
}

static int copy_range(struct kk_vmcore_writer *w, off_t from, off_t to, uint64_t len)
{
	int r = KK_OK;

	while (!r && len) {
		size_t n = len < sizeof(w->bytes) ? len : sizeof(w->bytes);

		r = read_at(w->v, w->bytes, n, from);
		if (!r)
			r = write_at(w, w->bytes, n, to);
		from += n;
		to += n;
		len -= n;
	}
	return r;
}

int kk_vmcore_copy(const struct kk_vmcore *v, int fd, const char *name,
		   struct kk_vmcore_writer **writer)
{
	const off_t bitmaps = v->block * (off_t)v->header_blocks;
	struct kk_vmcore_writer *w = calloc(1, sizeof(*w));

	*writer = w;
	if (!w)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	w->v = v;
	w->fd = fd;
	w->name = name;
	w->descriptors.at = v->descriptors;
	w->data.at = v->descriptors + v->n_pages * sizeof(struct kk_vmcore_descriptor);
	return copy_range(w, bitmaps, bitmaps, v->descriptors - bitmaps);
}

/* As it is in the file, compressed or not. */
static int put_unchanged(struct kk_vmcore_writer *w, const struct kk_vmcore_descriptor *d)
{
	int r = read_at(w->v, w->bytes, d->size, d->offset);

	return r ? r : put(w, &w->data, w->bytes, d->size);
}

/* Zeroes go into the file once. */
static int put_zero(struct kk_vmcore_writer *w, struct kk_vmcore_descriptor *d)
{
	const bool first = !w->zero_page;

	if (!d->offset)
		return KK_OK;
	if (first)
		w->zero_page = w->data.at + w->data.n;
	d->offset = w->zero_page;
	d->flags = 0;
	d->size = w->v->block;
	memset(w->bytes, 0, d->size);
	return first ? put(w, &w->data, w->bytes, d->size) : KK_OK;
}

static int put_page(struct kk_vmcore_writer *w, struct kk_vmcore_descriptor *d,
		    const uint8_t *bytes, bool changed)
{
	const off_t place = w->data.at + w->data.n;
	int r;

	if (changed) {
		d->flags = 0;
		d->size = w->v->block;
	}
	r = changed ? put(w, &w->data, bytes, d->size) : put_unchanged(w, d);
	d->offset = place;
	return r;
}

static int write_page(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
		      const uint8_t *bytes, bool changed)
{
	struct kk_vmcore_descriptor d = c->descriptor;
	int r = c->is_zero ? put_zero(w, &d) : put_page(w, &d, bytes, changed);

	return r ? r : put(w, &w->descriptors, &d, sizeof(d));
}

int kk_vmcore_write(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
		    const uint8_t *bytes, bool changed)
{
	if (!c->is_page)
		return write_at(w, bytes, w->v->block, c->at);
	return write_page(w, c, bytes, changed);
}

/* What makedumpfile has to say of its own erasures follows the pages. */
static int copy_eraseinfo(struct kk_vmcore_writer *w)
{
	const off_t header = w->v->block;
	struct sub_header sub;
	int r = read_at(w->v, &sub, sizeof(sub), header);

	if (r || !sub.size_eraseinfo)
		return r;
	r = copy_range(w, sub.offset_eraseinfo, w->data.at, sub.size_eraseinfo);
	sub.offset_eraseinfo = w->data.at;
	return r ? r : write_at(w, &sub.offset_eraseinfo, sizeof(sub.offset_eraseinfo),
				header + offsetof(struct sub_header, offset_eraseinfo));
}

int kk_vmcore_finish(struct kk_vmcore_writer *w)
{
	int r = flush(w, &w->descriptors);

	if (!r)
		r = flush(w, &w->data);
	if (!r)
		r = copy_eraseinfo(w);
	if (!r && fsync(w->fd))
		r = cannot_write(w);
	return r;
}

void kk_vmcore_writer_free(struct kk_vmcore_writer *w)
{
	free(w);
}
