/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FUZZ_ACCEPTED_H
#define FUZZ_ACCEPTED_H

#include "header.h"

/* What must be true of a LUKS header that a parser took, and of a table made of it. */
void check_accepted(const struct kk_header *h);

#endif
