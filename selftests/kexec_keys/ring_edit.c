// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring_edit - change the .kexec keyring, for the shell tests of this directory
 */
#include <err.h>
#include <stdlib.h>

#include "kselftest.h"
#include "keys.h"

#define MAX_PAYLOAD	32767

static int ring;

/* Root owns the keys and may view them; for more one has to possess them. */
static void possess_ring(void)
{
	if (keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) < 0)
		err(1, "new session keyring");
	if (keyctl_link(ring, KEY_SPEC_SESSION_KEYRING) < 0)
		err(1, "link the ring");
}

static size_t read_payload(char *payload)
{
	return fread(payload, 1, MAX_PAYLOAD, stdin);
}

static int cmd_add(char **args)
{
	static char payload[MAX_PAYLOAD];
	char desc[8192];
	int key;

	snprintf(desc, sizeof(desc), TEST_PREFIX "%s", args[0]);
	key = add_key("logon", desc, payload, read_payload(payload), ring);
	if (key < 0)
		err(1, "add_key");
	printf("%d\n", key);
	return 0;
}

static int cmd_update(char **args)
{
	static char payload[MAX_PAYLOAD];
	size_t len = read_payload(payload);

	possess_ring();
	if (keyctl(KEYCTL_UPDATE, atoi(args[0]), (unsigned long)payload, len, 0) < 0)
		err(1, "update");
	return 0;
}

static int cmd_unlink(char **args)
{
	if (keyctl_unlink(atoi(args[0]), ring) < 0)
		err(1, "unlink");
	return 0;
}

static int cmd_revoke(char **args)
{
	possess_ring();
	if (keyctl(KEYCTL_REVOKE, atoi(args[0]), 0, 0, 0) < 0)
		err(1, "revoke");
	return 0;
}

static int cmd_timeout(char **args)
{
	possess_ring();
	if (keyctl(KEYCTL_SET_TIMEOUT, atoi(args[0]), atoi(args[1]), 0, 0) < 0)
		err(1, "timeout");
	return 0;
}

static int cmd_cleanup(char **args)
{
	remove_test_keys(ring);
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args);
	const char *help;
} cmds[] = {
	{ "add",	1, cmd_add,	"NAME             print the new key's serial" },
	{ "update",	1, cmd_update,	"SERIAL" },
	{ "unlink",	1, cmd_unlink,	"SERIAL" },
	{ "revoke",	1, cmd_revoke,	"SERIAL" },
	{ "timeout",	2, cmd_timeout,	"SERIAL SECONDS" },
	{ "cleanup",	0, cmd_cleanup,	"                 unlink all keys of the tests" },
};

int main(int argc, char **argv)
{
	ring = read_number("ring");
	if (ring < 0)
		errx(1, "no " KEYS_DIR "/ring");

	for (size_t i = 0; i < ARRAY_SIZE(cmds) && argc > 1; i++)
		if (!strcmp(cmds[i].name, argv[1]) && argc == cmds[i].args + 2)
			return cmds[i].run(argv + 2);

	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		fprintf(stderr, "usage: ring_edit %s %s\n", cmds[i].name, cmds[i].help);
	fprintf(stderr, "A payload is read from standard input.\n");
	return 2;
}
