/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many byte strings, and the search for any piece of any of them: 8 bytes in a
 * row, wherever in the string and wherever in memory, are a hit. So a copy that is
 * split or half overwritten is found, too, but for pieces of less than 8 bytes.
 */
#ifndef KK_NEEDLES_H
#define KK_NEEDLES_H

#include <stddef.h>
#include <stdint.h>

#define KK_PIECE 8

struct kk_needles {
	uint64_t *slots;	/* pieces, by their hash; 0 is none */
	uint64_t *maybe;	/* a bit for each hash that some piece has */
	size_t n;
	size_t n_slots;		/* a power of two */
};

int kk_needles_init(struct kk_needles *needles);
void kk_needles_free(struct kk_needles *needles);

/* 0, or -ENOMEM. */
int kk_needles_add(struct kk_needles *needles, const uint8_t *bytes, size_t len);

/* Next hit at or after @from: where it begins; where it ends is in @end. @len: none. */
size_t kk_needles_find(const struct kk_needles *needles, const uint8_t *p, size_t len,
		       size_t from, size_t *end);

#endif
