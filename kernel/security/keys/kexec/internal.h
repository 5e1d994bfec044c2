/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of this directory call of each other.
 */
#ifndef _SECURITY_KEYS_KEXEC_INTERNAL_H
#define _SECURITY_KEYS_KEXEC_INTERNAL_H

#include <linux/kconfig.h>
#include <linux/key.h>
#include <linux/types.h>

#include "codec.h"

struct kimage;

/**
 * DOC: Files and locks
 *
 * In the order in which keys pass through them:
 *
 * ring.c
 *	The keyring `.kexec`: who may link keys to it, and how it is read.
 * designate.c
 *	Links and unlinks keys for dm-crypt.
 * changes.c
 *	Notices each change of the ring and has the crash image updated.
 * slots.c
 *	Writes the members of the ring into a handover buffer.
 * codec.c, format.h
 *	The format that they have there.
 * crash.c, reboot.c
 *	The handover buffers of the two images.
 * image.c
 *	What the loader of images calls.
 * adopt.c
 *	The next kernel's side.
 * seed.c
 *	Whether a device tree can say where the buffer is.
 * sysfs.c
 *	Shows the state.
 *
 * Locks, the outermost first::
 *
 *	the kexec lock
 *	    designations_lock
 *		reboot_lock
 *	    crash_lock
 *
 * The kexec lock is held by the loader and never taken here: crash_kexec() gives
 * the dump up when it finds it held. A caller may hold the kexec lock, or have
 * suspended a block device. So nothing here waits under a lock for memory that
 * takes I/O to free, nor for a lock under which others do; the ring, in
 * particular, is read under RCU.
 *
 * A query, such as kexec_keys_reboot_armed(), may be made under a lock that is
 * further out than the one it takes. What is to happen next, such as
 * kexec_keys_update_crash(), is called after the locks here are dropped.
 */

/**
 * struct kexec_keys_sink - takes the members of `.kexec`
 * @member: called with each member that an image may carry; must not sleep, and
 *	must not keep what @rec points to
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
const char *kexec_keys_refused(bool enabled);

#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_keys_memory_encrypted(void);
#endif

/* slots.c */

/**
 * struct kexec_keys_slots - the slots of a handover buffer
 * @vaddr: where they are, NULL if there are none
 * @n_slots: 2, or 1 if the buffer is written once
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
	unsigned int		n_slots;
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
 * @carried: members that the image holds, or a kexec would carry
 * @not_carried: valid members that it does not, or would not
 */
struct kexec_keys_report {
	const char	*state;
	const char	*reason;
	u32		carried;
	u32		not_carried;
};

size_t kexec_keys_slot_len_wanted(void);
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
const char *kexec_keys_verify_crash(void);

/* reboot.c */
void kexec_keys_reboot_loaded(const struct kimage *image);
void kexec_keys_reboot_freed(const struct kimage *image);
bool kexec_keys_reboot_armed(void);
struct kexec_keys_report kexec_keys_report_reboot(void);
struct kexec_keys_report kexec_keys_measure_reboot(void);

/* image.c */
#if IS_ENABLED(CONFIG_KUNIT)
bool kexec_keys_overlap_crashkernel(const char *cmdline, phys_addr_t addr,
				    size_t size);
#endif

/* changes.c */
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
 */
struct kexec_keys_adopted {
	u32		count;
	u32		skipped;
	u32		source;
	const char	*status;
};

extern struct kexec_keys_adopted kexec_keys_adopted;

/* designate.c */
bool kexec_keys_is_withdrawn(const struct key *key);
void kexec_keys_end_waiting(void);

/* seed.c */
bool kexec_keys_has_seed(void);

/* sysfs.c */
void kexec_keys_notify_pollers(void);

#endif /* _SECURITY_KEYS_KEXEC_INTERNAL_H */
