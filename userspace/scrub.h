/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys in a vmcore: found, put out, and looked for again.
 */
#ifndef KK_SCRUB_H
#define KK_SCRUB_H

#include "needles.h"
#include "payload.h"
#include "vmcore.h"

struct kk_scrub {
	struct kk_needles needles;
	struct kk_payloads *payloads;	/* designated keys to look for */
	uint8_t *memory;		/* the last bytes of a page, then the next page */
	uint8_t *form;			/* of a schedule */
	bool masks_go_on;		/* the page before ended with such a form */
	/* what was found: of 128, 192 and 256 bits */
	unsigned long keys[3];
	unsigned long schedules[3];
	unsigned long copies;
	unsigned long pages;
};

int kk_scrub_init(struct kk_scrub *s, struct kk_payloads *payloads);
void kk_scrub_free(struct kk_scrub *s);

/* Each of these reads all of @v; an exit status, after a message if not KK_OK. */

/* Look for keys: keys[], schedules[] and what @payloads counts. */
int kk_scrub_find(struct kk_scrub *s, struct kk_vmcore *v);

/* Write it to @w, with zeroes for each copy of what was found: copies and pages. */
int kk_scrub_write(struct kk_scrub *s, struct kk_vmcore *v, struct kk_vmcore_writer *w);

/* KK_KEYS_REMAIN where there still is a key schedule, or a piece of what was found. */
int kk_scrub_check(struct kk_scrub *s, struct kk_vmcore *v);

#endif
