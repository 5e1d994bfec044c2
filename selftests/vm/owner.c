// SPDX-License-Identifier: GPL-2.0-only
/*
 * owner UID NAME: as that user, make a logon key that others may link. Prints its
 * serial; then obeys the lines of its input, and answers each: "update COUNT" changes
 * the key so often, "revoke" revokes it.
 */
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EVERYBODY	0x3f3f3f3f

static const char *name;

static long demand(long result, const char *what)
{
	if (result >= 0)
		return result;
	perror(what);
	exit(1);
}

static long add(unsigned int number)
{
	char payload[32];

	snprintf(payload, sizeof(payload), "owner's payload %u", number);
	return demand(syscall(SYS_add_key, "logon", name, payload, strlen(payload),
			      KEY_SPEC_PROCESS_KEYRING), "owner: add_key");
}

static void update(unsigned int count)
{
	while (count--)
		add(count);
}

int main(int argc, char **argv)
{
	char line[32];
	long key;

	if (argc != 3) {
		fputs("usage: owner UID NAME\n", stderr);
		return 2;
	}
	name = argv[2];
	demand(setuid(atoi(argv[1])), "owner: setuid");
	key = add(0);
	demand(syscall(SYS_keyctl, KEYCTL_SETPERM, key, EVERYBODY), "owner: setperm");
	printf("%ld\n", key);
	fflush(stdout);

	while (fgets(line, sizeof(line), stdin)) {
		if (!strncmp(line, "update ", 7))
			update(atoi(line + 7));
		else
			demand(syscall(SYS_keyctl, KEYCTL_REVOKE, key), "owner: revoke");
		puts("done");
		fflush(stdout);
	}
	return 0;
}
