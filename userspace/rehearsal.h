/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What check and reboot have in common: would the kernel that is entered next
 * find keys that are right, and all that it takes to use them?
 */
#ifndef KK_REHEARSAL_H
#define KK_REHEARSAL_H

#include "device.h"
#include "findings.h"
#include "initramfs.h"
#include "mend.h"
#include "ring.h"
#include "state.h"
#include "volumes.h"

#define KK_WANTED_MAX 64

struct kk_rehearsal {
	bool crash;			/* of a panic, else of an ordinary kexec */
	struct kk_state state;
	struct kk_keys keys;
	struct kk_initramfs initramfs;
	bool looked;			/* into the initramfs */
	struct kk_mender mender;
	char running[80];		/* release */
	char cmdline[8192];		/* of the next kernel */
	struct kk_words done;		/* UUIDs of volumes that were looked at */
	struct kk_words algorithms;	/* that their keys are used with */
	unsigned int n_verified;
	unsigned int n_wanted, n_system;
	struct kk_volume wanted[KK_WANTED_MAX];	/* of the initramfs's crypttab */
	struct kk_volume system[KK_WANTED_MAX];	/* of the real root's */
	struct kk_findings findings;
};

/* Reads the ring; KK_OK, or an exit status after a message. */
int kk_rehearsal_begin(struct kk_rehearsal *r);
void kk_rehearsal_end(struct kk_rehearsal *r);

/* rehearsal_initramfs.c: first looks into it, then judges what the volumes need. */
void kk_rehearse_look(struct kk_rehearsal *r, const char *initramfs);
void kk_rehearse_initramfs(struct kk_rehearsal *r);
void kk_rehearse_crash_memory(struct kk_rehearsal *r, const char *size_file);

/* What if something else goes wrong in the capture kernel? */
void kk_rehearse_failure(struct kk_rehearsal *r);

/* Every designated key against its header, and the volumes that have a name here. */
void kk_rehearse_keys(struct kk_rehearsal *r);

/* Open volumes that the next kernel would ask a passphrase for. */
void kk_rehearse_wanted(struct kk_rehearsal *r);

#endif
