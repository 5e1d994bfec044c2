// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In place of the program's: memory of just this size, so that AddressSanitizer
 * sees what is read or written beyond it.
 */
#include "fuzz.h"
#include "locked.h"

void *kk_locked_alloc(size_t size)
{
	return calloc(1, size);
}

void kk_locked_free(void *p, size_t size)
{
	if (p)
		explicit_bzero(p, size);
	free(p);
}
