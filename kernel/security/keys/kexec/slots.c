// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two slots of a handover buffer, as the kernel that fills them sees them.
 */

#include <linux/align.h>
#include <linux/container_of.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include "internal.h"

static unsigned int min_slot_size = KEXEC_KEYS_SLOT_MIN;
module_param_named(slot_size, min_slot_size, uint, 0444);
MODULE_PARM_DESC(slot_size, "least bytes in each of the two slots of a handover buffer");

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
 * kexec_keys_slot_size_wanted - size of a slot for an image that is being loaded
 *
 * Twice what the ring needs now, so that as much again can be added later.
 *
 * Return: bytes, between the format's limits, a multiple of KEXEC_KEYS_ALIGN.
 */
size_t kexec_keys_slot_size_wanted(void)
{
	struct size_sink size = {
		.sink.member	= add_size,
		.limit		= KEXEC_KEYS_SLOT_MAX,
	};
	size_t want;

	kexec_keys_read_ring(&size.sink);
	want = max_t(size_t, min_slot_size,
		     2 * kexec_keys_slot_len(size.records_len));

	return clamp_t(size_t, ALIGN(want, KEXEC_KEYS_ALIGN),
		       KEXEC_KEYS_SLOT_MIN, KEXEC_KEYS_SLOT_MAX);
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

	for (slot = 0; slot < KEXEC_KEYS_SLOTS; slot++)
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

	for (slot = 0; slot < KEXEC_KEYS_SLOTS; slot++)
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
 * Writes into the slot that does not count, then wipes the other. Whoever reads
 * the buffer after a panic at any instruction here finds one complete set,
 * because a slot without its digest is none.
 *
 * Return: when the first of the members expires, in seconds since 1970, or 0.
 */
time64_t kexec_keys_slots_write(struct kexec_keys_slots *slots)
{
	struct encode_sink encode = { .sink.member = encode_member };
	unsigned int slot = !slots->active;

	/* All of the slot may hold keys until the digest says how much. */
	slots->used[slot] = slots->slot_size;
	kexec_keys_encode_start(&encode.enc, slot_addr(slots, slot),
				slots->slot_size);
	kexec_keys_read_ring(&encode.sink);
	slots->used[slot] = kexec_keys_encode_finish(&encode.enc, ++slots->seq,
						     slots->source,
						     init_uts_ns.name.release);
	/* The new set is in memory before the old one goes. */
	smp_wmb();
	wipe_slot(slots, slots->active);

	slots->active = slot;
	slots->carried = encode.enc.count;
	slots->not_carried = encode.left_out;
	return encode.sink.next_expiry;
}

/**
 * kexec_keys_slots_verify - read a buffer as the next kernel would
 * @slots: its slots
 *
 * Return: one word: "ok", or what is wrong.
 */
const char *kexec_keys_slots_verify(const struct kexec_keys_slots *slots)
{
	enum kexec_keys_status status;
	struct kexec_keys_set set;

	status = kexec_keys_decode(slots->vaddr,
				   KEXEC_KEYS_SLOTS * slots->slot_size, &set);
	if (status == KEXEC_KEYS_OK && set.count != slots->carried)
		return "count";

	return kexec_keys_status_name(status);
}

/**
 * kexec_keys_slots_measure - what would kexec_keys_slots_write() write now?
 * @slots: slots of a buffer
 * @report: its carried, not_carried and used are set
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
	report->used = kexec_keys_slot_len(size.records_len);
}
