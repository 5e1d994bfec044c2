// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "locked.h"
#include "needles.h"

#define FIRST_SLOTS 4096
/* So many that few are set, so few that they stay in the processor's cache. */
#define MAYBE_SHIFT 20
#define MAYBE_SIZE ((1 << MAYBE_SHIFT) / 8)

/* A piece of a random key is like this once in a billion, other memory often. */
#define MIN_DIFFERENT 4

static uint64_t load(const uint8_t *p)
{
	uint64_t piece;

	memcpy(&piece, p, sizeof(piece));
	return piece;
}

/* Its upper bits depend on all of the piece. */
static uint64_t hash(uint64_t piece)
{
	return piece * 0x9e3779b97f4a7c15;
}

static size_t maybe_bit(uint64_t piece)
{
	return hash(piece) >> (64 - MAYBE_SHIFT);
}

static bool is_telling(const uint8_t *p)
{
	unsigned int different = 0;

	for (unsigned int i = 0; i < KK_PIECE; i++)
		different += !memchr(p + i + 1, p[i], KK_PIECE - 1 - i);
	return different >= MIN_DIFFERENT;
}

/* Where the piece is, or would be. */
static uint64_t *slot_of(const struct kk_needles *needles, uint64_t piece)
{
	size_t i = hash(piece) >> 32;

	while (needles->slots[i &= needles->n_slots - 1] &&
	       needles->slots[i] != piece)
		i++;
	return &needles->slots[i];
}

int kk_needles_init(struct kk_needles *needles)
{
	memset(needles, 0, sizeof(*needles));
	needles->n_slots = FIRST_SLOTS;
	needles->slots = kk_locked_alloc(FIRST_SLOTS * sizeof(*needles->slots));
	needles->maybe = kk_locked_alloc(MAYBE_SIZE);
	if (needles->slots && needles->maybe)
		return 0;
	kk_needles_free(needles);
	return -ENOMEM;
}

void kk_needles_free(struct kk_needles *needles)
{
	kk_locked_free(needles->slots, needles->n_slots * sizeof(*needles->slots));
	kk_locked_free(needles->maybe, MAYBE_SIZE);
	memset(needles, 0, sizeof(*needles));
}

static int grow(struct kk_needles *needles)
{
	struct kk_needles larger = *needles;

	larger.n_slots *= 2;
	larger.slots = kk_locked_alloc(larger.n_slots * sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < needles->n_slots; i++)
		if (needles->slots[i])
			*slot_of(&larger, needles->slots[i]) = needles->slots[i];
	kk_locked_free(needles->slots, needles->n_slots * sizeof(*needles->slots));
	*needles = larger;
	return 0;
}

static int add_piece(struct kk_needles *needles, uint64_t piece)
{
	const size_t bit = maybe_bit(piece);
	uint64_t *slot;

	if (2 * needles->n >= needles->n_slots && grow(needles))
		return -ENOMEM;
	slot = slot_of(needles, piece);
	needles->n += !*slot;
	*slot = piece;
	needles->maybe[bit / 64] |= 1ULL << bit % 64;
	return 0;
}

int kk_needles_add(struct kk_needles *needles, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + KK_PIECE <= len; i++)
		if (is_telling(bytes + i) && add_piece(needles, load(bytes + i)))
			return -ENOMEM;
	return 0;
}

static bool is_piece(const struct kk_needles *needles, const uint8_t *p)
{
	const uint64_t piece = load(p);
	const size_t bit = maybe_bit(piece);

	return needles->maybe[bit / 64] >> bit % 64 & 1 && piece && *slot_of(needles, piece);
}

size_t kk_needles_find(const struct kk_needles *needles, const uint8_t *p, size_t len,
		       size_t from, size_t *end)
{
	size_t at = from;

	while (at + KK_PIECE <= len && !is_piece(needles, p + at))
		at++;
	if (at + KK_PIECE > len)
		return len;
	*end = at + KK_PIECE;
	/* Pieces that overlap or touch are one hit. */
	for (size_t i = at + 1; i <= *end && i + KK_PIECE <= len; i++)
		if (is_piece(needles, p + i))
			*end = i + KK_PIECE;
	return at;
}
