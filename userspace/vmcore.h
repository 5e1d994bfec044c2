/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmcore in makedumpfile's compressed format: read page by page, and written anew
 * with some pages changed. In the file are headers, with the notes; two bitmaps, the
 * second of which has a bit for each page that is there; a descriptor for each of
 * these; their contents.
 */
#ifndef KK_VMCORE_H
#define KK_VMCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define KK_VMCORE_BLOCK_MAX 65536

struct kk_vmcore {
	const char *name;		/* for messages */
	int fd;
	off_t size;
	size_t block;			/* bytes of a page */
	uint32_t header_blocks;		/* the headers and the notes */
	uint8_t *bitmap;
	uint64_t n_pages;
	off_t descriptors;
	uint8_t *packed;		/* a page as it is in the file */
	uint64_t zero_page;		/* where the last page of zeroes was */
	/* where the reader is */
	uint64_t next_header_block;
	uint64_t next_page;
	uint64_t next_bit;
};

struct kk_vmcore_descriptor {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

/* A block of the headers, or a page. */
struct kk_vmcore_chunk {
	bool is_page;
	bool follows;			/* what was read before it, in memory, too */
	bool is_zero;			/* or lost: a page of which there is nothing to see */
	off_t at;			/* in the file; of a page, its descriptor */
	struct kk_vmcore_descriptor descriptor;
};

/* Of a file that is open; an exit status, after a message if it is not KK_OK. */
int kk_vmcore_open(struct kk_vmcore *v, int fd, const char *name);
void kk_vmcore_close(struct kk_vmcore *v);
void kk_vmcore_rewind(struct kk_vmcore *v);

/* More to read? */
bool kk_vmcore_has_next(const struct kk_vmcore *v);

/* The next chunk and its @v->block bytes. */
int kk_vmcore_read(struct kk_vmcore *v, struct kk_vmcore_chunk *c, uint8_t *bytes);

struct kk_vmcore_writer;

/* Begin a copy of @v in the file @fd; all chunks are yet to come. @w is to be freed. */
int kk_vmcore_copy(const struct kk_vmcore *v, int fd, const char *name,
		   struct kk_vmcore_writer **w);

/* In the order in which they were read, with the bytes that were, or others. */
int kk_vmcore_write(struct kk_vmcore_writer *w, const struct kk_vmcore_chunk *c,
		    const uint8_t *bytes, bool changed);

/* The end of it, after the last chunk: all is on the disk. */
int kk_vmcore_finish(struct kk_vmcore_writer *w);
void kk_vmcore_writer_free(struct kk_vmcore_writer *w);

#endif
