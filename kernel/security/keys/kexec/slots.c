// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slots of a handover buffer, as the kernel that fills them sees them.
 */

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "internal.h"

struct size_sink {
	struct kexec_keys_sink	sink;
	size_t			limit;
	size_t			records_len;
	u32			fit;
	u32			left_out;
};

static void add_size(struct kexec_keys_sink *sink,
		     const struct kexec_keys_record *rec)
{
	struct size_sink *size = container_of(sink, struct size_sink, sink);
	size_t len = kexec_keys_record_len(rec);

	if (!len || kexec_keys_slot_len(size->records_len + len) > size->limit) {
		size->left_out++;
		return;
	}
	size->records_len += len;
	size->fit++;
}

/**
 * kexec_keys_slot_len_wanted - what a slot needs to hold the ring as it is now
 *
 * Return: bytes.
 */
size_t kexec_keys_slot_len_wanted(void)
{
	struct size_sink size = {
		.sink.member	= add_size,
		.limit		= SIZE_MAX,
	};

	kexec_keys_read_ring(&size.sink);
	return kexec_keys_slot_len(size.records_len);
}

static void *slot_addr(const struct kexec_keys_slots *slots, unsigned int slot)
{
	return slots->vaddr + slot * slots->slot_size;
}

static void wipe_slot(struct kexec_keys_slots *slots, unsigned int slot)
{
	memzero_explicit(slot_addr(slots, slot), slots->used[slot]);
	slots->used[slot] = 0;
}

/**
 * kexec_keys_slots_wipe - leave nothing in a buffer
 * @slots: its slots
 */
void kexec_keys_slots_wipe(struct kexec_keys_slots *slots)
{
	unsigned int slot;

	for (slot = 0; slot < slots->n_slots; slot++)
		wipe_slot(slots, slot);
	slots->carried = 0;
	slots->not_carried = 0;
}

/**
 * kexec_keys_slots_reset - leave nothing in a buffer whose content is unknown
 * @slots: its slots
 */
void kexec_keys_slots_reset(struct kexec_keys_slots *slots)
{
	unsigned int slot;

	for (slot = 0; slot < slots->n_slots; slot++)
		slots->used[slot] = slots->slot_size;
	kexec_keys_slots_wipe(slots);
}

struct encode_sink {
	struct kexec_keys_sink		sink;
	struct kexec_keys_encoder	enc;
	u32				left_out;
};

static void encode_member(struct kexec_keys_sink *sink,
			  const struct kexec_keys_record *rec)
{
	struct encode_sink *encode = container_of(sink, struct encode_sink, sink);

	if (!kexec_keys_encode_add(&encode->enc, rec))
		encode->left_out++;
}

/**
 * kexec_keys_slots_write - copy the ring into a buffer
 * @slots: its slots
 *
 * Writes into the slot that does not count, then wipes the other. After a panic
 * at any instruction here, the buffer has one complete set, because a slot without
 * its digest is none.
 *
 * Return: when the first of the members expires, in seconds since 1970, or 0.
 */
time64_t kexec_keys_slots_write(struct kexec_keys_slots *slots)
{
	struct encode_sink encode = { .sink.member = encode_member };
	unsigned int slot = (slots->active + 1) % slots->n_slots;

	/* All of the slot may hold keys until the digest says how much. */
	slots->used[slot] = slots->slot_size;
	kexec_keys_encode_start(&encode.enc, slot_addr(slots, slot),
				slots->slot_size);
	kexec_keys_read_ring(&encode.sink);
	slots->used[slot] = kexec_keys_encode_finish(&encode.enc, ++slots->seq,
						     slots->source,
						     init_uts_ns.name.release);
	/*
	 * The new set is complete before the old one goes. No other processor
	 * reads the slots before this one has stopped, and what it has then
	 * written is a prefix of the program: only the compiler must be told.
	 */
	barrier();
	if (slot != slots->active)
		wipe_slot(slots, slots->active);

	slots->active = slot;
	slots->carried = encode.enc.count;
	slots->not_carried = encode.left_out;
	return encode.sink.next_expiry;
}

struct compare_sink {
	struct kexec_keys_sink	sink;
	struct kexec_keys_set	set;
	u32			missing;
};

static bool is_same_key(const struct kexec_keys_record *a,
			const struct kexec_keys_record *b)
{
	return a->type_len == b->type_len && a->desc_len == b->desc_len &&
	       a->payload_len == b->payload_len && a->uid == b->uid &&
	       a->gid == b->gid && a->perm == b->perm &&
	       a->expiry == b->expiry &&
	       !memcmp(a->type, b->type, a->type_len) &&
	       !memcmp(a->desc, b->desc, a->desc_len) &&
	       !memcmp(a->payload, b->payload, a->payload_len);
}

/* In the order in which they were written; some may have been left out. */
static void compare_member(struct kexec_keys_sink *sink,
			   const struct kexec_keys_record *rec)
{
	struct compare_sink *compare = container_of(sink, struct compare_sink, sink);
	struct kexec_keys_set rest = compare->set;
	struct kexec_keys_record carried;

	if (kexec_keys_next(&rest, &carried) && is_same_key(rec, &carried))
		compare->set = rest;
	else
		compare->missing++;
}

/**
 * kexec_keys_slots_verify - compare a buffer, as the next kernel would read it,
 *	with the ring
 * @slots: its slots
 *
 * Return: one word: "ok", or what is wrong.
 */
const char *kexec_keys_slots_verify(const struct kexec_keys_slots *slots)
{
	struct compare_sink compare = { .sink.member = compare_member };
	struct kexec_keys_record more;
	enum kexec_keys_status status;

	status = kexec_keys_decode(slots->vaddr,
				   slots->n_slots * slots->slot_size,
				   &compare.set);
	if (status != KEXEC_KEYS_OK)
		return kexec_keys_status_name(status);

	kexec_keys_read_ring(&compare.sink);
	if (compare.missing != slots->not_carried ||
	    kexec_keys_next(&compare.set, &more))
		return "content";

	return "ok";
}

/**
 * kexec_keys_slots_measure - what would kexec_keys_slots_write() write now?
 * @slots: slots of a buffer
 * @report: its carried and not_carried are set
 */
void kexec_keys_slots_measure(const struct kexec_keys_slots *slots,
			      struct kexec_keys_report *report)
{
	struct size_sink size = {
		.sink.member	= add_size,
		.limit		= slots->slot_size,
	};

	kexec_keys_read_ring(&size.sink);
	report->carried = size.fit;
	report->not_carried = size.left_out;
}
