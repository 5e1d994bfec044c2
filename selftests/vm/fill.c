// SPDX-License-Identifier: GPL-2.0-only
/*
 * fill RING NAME N BYTES: add N logon keys of so many bytes to a keyring.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char payload[32767] = "not the key of anything";
	long ring, n, bytes;
	char desc[64];

	if (argc != 5)
		errx(2, "usage: fill RING NAME N BYTES");
	ring = strtol(argv[1], NULL, 10);
	n = strtol(argv[3], NULL, 10);
	bytes = strtol(argv[4], NULL, 10);
	if (bytes < 1 || bytes > (long)sizeof(payload))
		errx(2, "a logon key has 1 to %zu bytes", sizeof(payload));
	for (long i = 0; i < n; i++) {
		snprintf(desc, sizeof(desc), "%s:%ld", argv[2], i);
		if (syscall(SYS_add_key, "logon", desc, payload, bytes, ring) < 0)
			err(1, "add_key");
	}
	return 0;
}
