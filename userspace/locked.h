/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for keys: never swapped, never dumped, wiped when it is given back.
 */
#ifndef KK_LOCKED_H
#define KK_LOCKED_H

#include <stddef.h>

/* Zeroed; NULL, with errno, when it cannot be had or cannot be locked. */
void *kk_locked_alloc(size_t size);
void kk_locked_free(void *p, size_t size);

#endif
