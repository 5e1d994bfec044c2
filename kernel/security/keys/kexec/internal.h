/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this directory tell each other.
 */
#ifndef _SECURITY_KEYS_KEXEC_INTERNAL_H
#define _SECURITY_KEYS_KEXEC_INTERNAL_H

#include <linux/kconfig.h>
#include <linux/key.h>
#include <linux/types.h>

#include "codec.h"

struct kimage;

/**
 * struct kexec_keys_sink - who is shown the members of `.kexec`
 * @member: a member that is to be carried; must not sleep, and must not keep
 *	what @rec points to
 * @next_expiry: the earliest end of life among the members shown, 0 for none
 */
struct kexec_keys_sink {
	void	(*member)(struct kexec_keys_sink *sink,
			  const struct kexec_keys_record *rec);
	time64_t next_expiry;
};

/* ring.c */
extern struct key *kexec_keys_ring;

void kexec_keys_read_ring(struct kexec_keys_sink *sink);

/* slots.c */

/**
 * struct kexec_keys_slots - the two slots of a handover buffer
 * @vaddr: where they are, NULL if there are none
 * @slot_size: bytes in each
 * @source: the image that they belong to
 * @seq: sequence number of the last set written
 * @active: slot that holds it
 * @used: bytes used in each slot
 * @carried: members in the last set
 * @not_carried: valid members that did not fit or that the format cannot carry
 */
struct kexec_keys_slots {
	void			*vaddr;
	size_t			slot_size;
	enum kexec_keys_source	source;
	u64			seq;
	unsigned int		active;
	size_t			used[KEXEC_KEYS_SLOTS];
	u32			carried;
	u32			not_carried;
};

/**
 * struct kexec_keys_report - what the state files show of an image
 * @state: one word
 * @reason: one word, why @state is not better than it is
 * @carried: members that the image holds, or would
 * @not_carried: valid members that it does not, or would not
 * @used: bytes of the slot that counts
 * @capacity: bytes that a slot has
 * @generation: of the ring, as the crash image holds it
 */
struct kexec_keys_report {
	const char	*state;
	const char	*reason;
	u32		carried;
	u32		not_carried;
	size_t		used;
	size_t		capacity;
	u64		generation;
};

size_t kexec_keys_slot_size_wanted(void);
time64_t kexec_keys_slots_write(struct kexec_keys_slots *slots);
void kexec_keys_slots_wipe(struct kexec_keys_slots *slots);
void kexec_keys_slots_reset(struct kexec_keys_slots *slots);
const char *kexec_keys_slots_verify(const struct kexec_keys_slots *slots);
void kexec_keys_slots_measure(const struct kexec_keys_slots *slots,
			      struct kexec_keys_report *report);

/* crash.c */
void kexec_keys_update_crash(void);
void kexec_keys_crash_loaded(const struct kimage *image);
void kexec_keys_crash_freed(const struct kimage *image);
struct kexec_keys_report kexec_keys_report_crash(void);
const char *kexec_keys_crash_direct_map(void);
const char *kexec_keys_verify_crash(void);

/* reboot.c */
void kexec_keys_reboot_loaded(const struct kimage *image);
void kexec_keys_reboot_freed(const struct kimage *image);
bool kexec_keys_reboot_armed(void);
struct kexec_keys_report kexec_keys_report_reboot(void);

/* image.c */
const char *kexec_keys_refused(bool enabled);

#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_keys_memory_encrypted(void);
#endif

/* live.c */
u64 kexec_keys_generation(void);
void kexec_keys_changed(void);
void kexec_keys_wake_at(time64_t expiry);

/* adopt.c */

/**
 * struct kexec_keys_adopted - what came of the handover at boot
 * @count: keys adopted
 * @skipped: keys that were found but could not be adopted
 * @source: image that carried them, 0 if there was none
 * @status: one word, "none" if nothing was handed over
 * @release: release of the kernel that wrote them, may be empty
 */
struct kexec_keys_adopted {
	u32		count;
	u32		skipped;
	u32		source;
	const char	*status;
	char		release[KEXEC_KEYS_RELEASE_LEN + 1];
};

extern struct kexec_keys_adopted kexec_keys_adopted;

/* designate.c */
void kexec_keys_reboot_changed(void);

/* state.c */
void kexec_keys_state_changed(void);

#endif /* _SECURITY_KEYS_KEXEC_INTERNAL_H */
