/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KK_REPORT_H
#define KK_REPORT_H

/*
 * After a change of the ring: waits a moment for the crash image to follow, and
 * says when it did not or cannot.
 */
void kk_report_image(void);

#endif
