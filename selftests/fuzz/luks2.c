// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of a LUKS2 header's JSON, which is all that the program itself reads
 * of one: libcryptsetup reads the binary header, and compares its checksum.
 */
#include <errno.h>

#include "accepted.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *json = copy_text(data, size);
	struct kk_header h;
	const char *why;
	int r = kk_luks2_parse(json, &h, &why);

	MUST(!r == !why);
	MUST(!r || r == -EINVAL || r == -ENOTSUP);
	if (!r) {
		MUST(h.luks == 2);
		check_accepted(&h);
	}
	free(json);
	return 0;
}
