/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carrying designated keys over kexec: what the rest of the kernel calls.
 */
#ifndef _LINUX_KEXEC_KEYS_H
#define _LINUX_KEXEC_KEYS_H

#include <linux/types.h>

struct key;
struct kexec_keys_designation;
struct kimage;

#ifdef CONFIG_KEYS_KEXEC

void kexec_keys_add_buffer(struct kimage *image);
void kexec_keys_post_load(struct kimage *image);
void kexec_keys_free_image(const struct kimage *image);
bool kexec_keys_is_segment(const struct kimage *image, unsigned long index);
bool kexec_keys_is_in_place(const struct kimage *image, unsigned long index);

void kexec_keys_notify(struct key *key);

void kexec_keys_reserve(phys_addr_t addr, u64 size, bool is_ram);

struct kexec_keys_designation *kexec_keys_designate(struct key *key);
void kexec_keys_withdraw(struct kexec_keys_designation *designation);
void kexec_keys_release(struct kexec_keys_designation *designation);

#else

static inline void kexec_keys_add_buffer(struct kimage *image) { }
static inline void kexec_keys_post_load(struct kimage *image) { }
static inline void kexec_keys_free_image(const struct kimage *image) { }
static inline bool kexec_keys_is_segment(const struct kimage *image,
					 unsigned long index)
{
	return false;
}

static inline bool kexec_keys_is_in_place(const struct kimage *image,
					  unsigned long index)
{
	return false;
}

static inline void kexec_keys_notify(struct key *key) { }

static inline void kexec_keys_reserve(phys_addr_t addr, u64 size, bool is_ram)
{
}

static inline struct kexec_keys_designation *
kexec_keys_designate(struct key *key)
{
	return NULL;
}

static inline void
kexec_keys_withdraw(struct kexec_keys_designation *designation) { }

static inline void
kexec_keys_release(struct kexec_keys_designation *designation) { }

#endif /* CONFIG_KEYS_KEXEC */

#endif /* _LINUX_KEXEC_KEYS_H */
