// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of a LUKS1 header. An input is the header, or its beginning.
 */
#include <errno.h>

#include "accepted.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *raw = copy_bytes(data, size);
	struct kk_header h;
	const char *why;
	int r = kk_luks1_parse(raw, size, &h, &why);

	MUST(!r == !why);
	MUST(!r || r == -EINVAL || r == -ENOTSUP);
	if (!r) {
		MUST(h.luks == 1 && h.key_bytes && kk_uuid_valid(h.uuid));
		check_accepted(&h);
	}
	free(raw);
	return 0;
}
