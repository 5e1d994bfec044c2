/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rehearsal has found, each with the command that mends it.
 */
#ifndef KK_FINDINGS_H
#define KK_FINDINGS_H

#include "kexec-keys.h"

/* The most important first: the exit status is that of the first there is. */
enum kk_finding_id {
	KK_FINDING_NO_FEATURE,
	KK_FINDING_NO_IMAGE,
	KK_FINDING_KEXEC_LOAD,
	KK_FINDING_MEMORY_ENCRYPTION,
	KK_FINDING_SWITCHED_OFF,
	KK_FINDING_STALE,
	KK_FINDING_NO_KEY,
	KK_FINDING_KIND,
	KK_FINDING_KEY_MISMATCH,
	KK_FINDING_VOLUME_WITHOUT_KEY,
	KK_FINDING_WOULD_PROMPT,
	KK_FINDING_UNVERIFIED,
	KK_FINDING_DEVICE,
	KK_FINDING_INITRAMFS,
	KK_FINDING_NO_SHIM,
	KK_FINDING_NO_MODULE,
	KK_FINDING_CRASH_MEMORY,
	KK_FINDING_SUSPENDED,
	KK_FINDING_WOULD_WAIT,		/* costs no dump, but the time of somebody */
	KK_N_FINDINGS,
};

#define KK_FINDINGS_MAX 64

struct kk_finding {
	enum kk_finding_id id;
	char sentence[700];
	char command[500];
};

struct kk_findings {
	unsigned int n;
	unsigned int n_notes;
	struct kk_finding finding[KK_FINDINGS_MAX];
	char note[8][500];	/* what could not be looked at */
};

void kk_finding(struct kk_findings *f, enum kk_finding_id id, const char *command,
		const char *fmt, ...) KK_PRINTF(4, 5);
void kk_finding_note(struct kk_findings *f, const char *fmt, ...) KK_PRINTF(2, 3);

/* Of those that cost the dump, or the reboot. */
unsigned int kk_findings_count(const struct kk_findings *f);

/* The one that counts; NULL when there is none. */
const struct kk_finding *kk_finding_first(const struct kk_findings *f);
int kk_finding_status(const struct kk_finding *f);

/* A line each, and one for what could not be looked at. */
void kk_findings_say(const struct kk_findings *f);

/* Its word in JSON. */
const char *kk_finding_word(enum kk_finding_id id);

#endif
