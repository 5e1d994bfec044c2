// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What status, list and check print as JSON: each member, its type and its value, and no
 * other one. The state of the kernel is files that are written here, in a directory below
 * which the program looks for it; the keyring is made up, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <keyutils.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device.h"
#include "kexec-keys.h"
#include "state.h"
#include "unit.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"

/* --- a keyring ------------------------------------------------------------------ */

#define RING 0x7ffffff0

struct ring_key { key_serial_t serial; const char *text; int error; };

/* No serial of a key on any machine is likely to be among these. */
static const struct ring_key ring_keys[] = {
	{ 0x7ffffff1, "logon;1000;100;3d010000;cryptsetup:" UUID "-d3", 0 },
	{ 0x7ffffff2, "", EKEYEXPIRED },
	{ 0x7ffffff3, "logon;0;0;3f030000;kdump-cryptsetup:vk-00000000-b0de-4b51-b2eb-bd869cc39a6e", 0 },
	{ 0x7ffffff4, "user;0;4294967295;00000001;odd\x1b:\"x\"", 0 },
};

static const struct ring_key *ring;
static unsigned int n_keys;

int __real_keyctl_read_alloc(key_serial_t id, void **buffer);
int __wrap_keyctl_read_alloc(key_serial_t id, void **buffer);
int __real_keyctl_describe_alloc(key_serial_t id, char **buffer);
int __wrap_keyctl_describe_alloc(key_serial_t id, char **buffer);

int __wrap_keyctl_read_alloc(key_serial_t id, void **buffer)
{
	key_serial_t *serials;

	if (!ring)
		return __real_keyctl_read_alloc(id, buffer);
	OK(id == RING);
	serials = malloc((n_keys + 1) * sizeof(*serials));
	for (unsigned int i = 0; i < n_keys; i++)
		serials[i] = ring[i].serial;
	*buffer = serials;
	return n_keys * sizeof(*serials);
}

int __wrap_keyctl_describe_alloc(key_serial_t id, char **buffer)
{
	if (!ring)
		return __real_keyctl_describe_alloc(id, buffer);
	for (unsigned int i = 0; i < n_keys; i++) {
		if (ring[i].serial != id)
			continue;
		errno = ring[i].error;
		if (errno)
			return -1;
		*buffer = strdup(ring[i].text);
		return strlen(*buffer) + 1;
	}
	errno = ENOKEY;
	return -1;
}

/* --- the state --------------------------------------------------------------------- */

static const struct { const char *file, *text; } state[] = {
	{ "ring", "2147483632" },
	{ "generation", "18446744073709551" },
	{ "crash/state", "synced" },
	{ "crash/reason", "none" },
	{ "crash/verify", "ok" },
	{ "crash/carried", "2" },
	{ "crash/not_carried", "3" },
	{ "reboot/state", "armed" },
	{ "reboot/reason", "odd\x1b" },
	{ "reboot/carried", "7" },
	{ "reboot/not_carried", "8" },
	{ "adopted/count", "11" },
	{ "adopted/skipped", "12" },
	{ "adopted/source", "crash" },
	{ "adopted/status", "ok" },
};

static int old_directory = -1;

static void begin_state(const char *name)
{
	char dir[512];

	snprintf(dir, sizeof(dir), "%s", in_dir(name));
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(state); i++) {
		char file[128];

		snprintf(file, sizeof(file), "%s/%s", KK_STATE_DIR, state[i].file);
		put_below(dir, file, state[i].text);
	}
	old_directory = open(".", O_RDONLY | O_DIRECTORY);
	OK(old_directory >= 0 && !chdir(dir));
}

static void put_state(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", KK_STATE_DIR, file);
	put(".", path, text);
}

static void end_state(void)
{
	OK(!fchdir(old_directory));
	close(old_directory);
	ring = NULL;
}

/* --- JSON as lines: a.b[0].c "text" or 7 -------------------------------------------- */

static char flat[16384];

static void flatten(struct json_object *o, const char *name)
{
	char member[256];

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value) {
			snprintf(member, sizeof(member), "%s%s%s", name, *name ? "." : "", key);
			flatten(value, member);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		if (!json_object_array_length(o))
			snprintf(flat + strlen(flat), sizeof(flat) - strlen(flat), "%s []\n", name);
		for (size_t i = 0; i < json_object_array_length(o); i++) {
			snprintf(member, sizeof(member), "%s[%zu]", name, i);
			flatten(json_object_array_get_idx(o, i), member);
		}
	} else {
		snprintf(flat + strlen(flat), sizeof(flat) - strlen(flat), "%s %s\n", name,
			 json_object_to_json_string_ext(o, JSON_C_TO_STRING_NOSLASHESCAPE));
	}
}

static char out[65536];

/* Runs the program; it prints one object, which is in @flat then. */
static int run_json(char **argv)
{
	struct json_object *o;
	int r = run(out, sizeof(out), argv);

	o = json_tokener_parse(out);
	OK(json_object_is_type(o, json_type_object));
	for (const char *p = out; *p; p++)
		OK((*p >= ' ' && *p <= '~') || *p == '\n');
	*flat = '\0';
	flatten(o, "");
	json_object_put(o);
	return r;
}

#define JSON(...) run_json((char *[]){ "kexec-keys", __VA_ARGS__, NULL })

static void is_flat(const char *expected)
{
	const char *a = flat, *b = expected;

	if (!strcmp(flat, expected))
		return;
	while (*a && *a == *b)
		a++, b++;
	while (a > flat && a[-1] != '\n')
		a--, b--;
	OK(!strcmp(flat, expected));
	printf("#   %.*s\n#   expected: %.*s\n", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

static void test_status(void)
{
	static const char expected[] =
		"version 1\n"
		"crash.state \"synced\"\n"
		"crash.reason \"none\"\n"
		"crash.verify \"ok\"\n"
		"crash.carried 2\n"
		"crash.not_carried 3\n"
		"reboot.state \"armed\"\n"
		"reboot.reason \"odd\\\\x1b\"\n"
		"reboot.carried 7\n"
		"reboot.not_carried 8\n"
		"adopted.count 11\n"
		"adopted.skipped 12\n"
		"adopted.source \"crash\"\n"
		"adopted.status \"ok\"\n"
		"exit_status 0\n"
		"sentence \"If this machine panics now, the capture kernel will have 2 keys.\"\n"
		"next \"\"\n"
		"ring 2147483632\n"
		"generation 18446744073709551\n";

	begin_state("json-status");
	OK(JSON("status", "--json") == KK_OK);
	is_flat(expected);
	/* Without a verb, too. */
	OK(JSON("--json") == KK_OK);
	is_flat(expected);
	/* Something to do. */
	put_state("crash/state", "none");
	put_state("crash/carried", "0");
	OK(JSON("status", "--json") == KK_NO_IMAGE);
	OK(strstr(flat, "\nexit_status 12\n") && strstr(flat, "\ncrash.state \"none\"\n"));
	OK(!strstr(flat, "\nnext \"\"\n"));
	end_state();
}

/* A kernel without the feature has all members, and nothing in them. */
static void test_no_feature(void)
{
	OK(JSON("status", "--json") == KK_NO_FEATURE);
	is_flat("version 1\n"
		"crash.state \"\"\n"
		"crash.reason \"\"\n"
		"crash.verify \"\"\n"
		"crash.carried 0\n"
		"crash.not_carried 0\n"
		"reboot.state \"\"\n"
		"reboot.reason \"\"\n"
		"reboot.carried 0\n"
		"reboot.not_carried 0\n"
		"adopted.count 0\n"
		"adopted.skipped 0\n"
		"adopted.source \"\"\n"
		"adopted.status \"\"\n"
		"exit_status 10\n"
		"sentence \"This kernel cannot carry keys over a kexec.\"\n"
		"next \"boot a kernel with CONFIG_KEYS_KEXEC=y\"\n"
		"ring 0\n"
		"generation 0\n");
	OK(JSON("check", "--json") == KK_NO_FEATURE);
	is_flat("version 1\n"
		"exit_status 10\n"
		"verdict \"bad\"\n"
		"sentence \"If this machine panics now, do not count on a dump: 1 finding.\"\n"
		"findings[0].id \"no-feature\"\n"
		"findings[0].sentence \"this kernel cannot carry keys over a kexec\"\n"
		"findings[0].command \"boot a kernel with CONFIG_KEYS_KEXEC=y\"\n"
		"notes []\n");
}

static void own_mapping(void)
{
	static char sys[512];
	char device[560];

	snprintf(sys, sizeof(sys), "%s", in_dir("json-sys"));
	put_below(sys, "class/block/dm-0/dm/name", "vault");
	put_below(sys, "class/block/dm-0/dm/uuid", "CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-vault");
	put_below(sys, "class/block/dm-0/slaves/x", "");
	snprintf(device, sizeof(device), "%s/class/block/dm-0/slaves/x", sys);
	unlink(device);
	snprintf(device, sizeof(device), "%s/class/block/dm-0/slaves/sda2", sys);
	OK(!symlink("../../sda2", device));
	kk_sys = sys;
}

static void test_list(void)
{
	begin_state("json-list");
	own_mapping();
	ring = ring_keys;
	n_keys = KK_ARRAY_SIZE(ring_keys);
	OK(JSON("list", "--json") == KK_OK);
	is_flat("version 1\n"
		"ring 2147483632\n"
		"generation 18446744073709551\n"
		"keys[0].serial 2147483633\n"
		"keys[0].state \"valid\"\n"
		"keys[0].type \"logon\"\n"
		"keys[0].description \"cryptsetup:" UUID "-d3\"\n"
		"keys[0].uid 1000\n"
		"keys[0].gid 100\n"
		"keys[0].perm \"3d010000\"\n"
		"keys[0].expiry \"\"\n"
		"keys[0].uuid \"" UUID "\"\n"
		"keys[0].digest 3\n"
		"keys[0].mapping \"vault\"\n"
		"keys[0].device \"/dev/sda2\"\n"
		"keys[1].serial 2147483634\n"
		"keys[1].state \"expired\"\n"
		"keys[1].type \"\"\n"
		"keys[1].description \"\"\n"
		"keys[1].uid 0\n"
		"keys[1].gid 0\n"
		"keys[1].perm \"00000000\"\n"
		"keys[1].expiry \"\"\n"
		"keys[2].serial 2147483635\n"
		"keys[2].state \"valid\"\n"
		"keys[2].type \"logon\"\n"
		"keys[2].description \"kdump-cryptsetup:vk-00000000-b0de-4b51-b2eb-bd869cc39a6e\"\n"
		"keys[2].uid 0\n"
		"keys[2].gid 0\n"
		"keys[2].perm \"3f030000\"\n"
		"keys[2].expiry \"\"\n"
		"keys[2].uuid \"00000000-b0de-4b51-b2eb-bd869cc39a6e\"\n"
		"keys[3].serial 2147483636\n"
		"keys[3].state \"valid\"\n"
		"keys[3].type \"user\"\n"
		"keys[3].description \"odd\\\\x1b:\\\"x\\\"\"\n"
		"keys[3].uid 0\n"
		"keys[3].gid 4294967295\n"
		"keys[3].perm \"00000001\"\n"
		"keys[3].expiry \"\"\n");
	n_keys = 0;
	OK(JSON("list", "--json") == KK_OK);
	is_flat("version 1\nring 2147483632\ngeneration 18446744073709551\nkeys []\n");
	kk_sys = "/sys";
	end_state();
}

/* Members of the lines in @flat, each once, with "[]" for an index. */
static void has_members(const char *const *members, unsigned int n)
{
	for (char *p = flat, *end; *p; p = end + 1) {
		char name[64] = "";
		bool known = false;

		end = strchr(p, '\n');
		for (; *p != ' '; p++) {
			strncat(name, p, 1);
			if (*p == '[')
				p += strcspn(p, "]") - 1;
		}
		for (unsigned int i = 0; i < n; i++)
			known = known || !strcmp(name, members[i]);
		OK(known);
		if (!known)
			printf("#   %s\n", name);
	}
	for (unsigned int i = 0; i < 4; i++)
		OK(strstr(flat, members[i]));
}

/* What is found depends on the machine; the members do not. */
static void test_check(void)
{
	static const char *const members[] = {
		"version", "exit_status", "verdict", "sentence", "initramfs", "findings[].id",
		"findings[].sentence", "findings[].command", "notes[]", "notes",
	};
	char expected[600];

	begin_state("json-check");
	put_state("crash/state", "none");
	ring = ring_keys;
	n_keys = 0;
	put(".", "not-an-initramfs", "x");
	OK(JSON("check", "--json", "--initramfs", "not-an-initramfs") == KK_NO_IMAGE);
	has_members(members, KK_ARRAY_SIZE(members));
	OK(!strncmp(flat, "version 1\nexit_status 12\nverdict \"bad\"\nsentence \"If this machine panics now, ", 76));
	snprintf(expected, sizeof(expected), "\nfindings[0].id \"no-image\"\nfindings[0].sentence \"");
	OK(strstr(flat, expected) && strstr(flat, "\nfindings[0].command \""));
	OK(strstr(flat, "\nnotes"));
	end_state();
}

static void test_strings(void)
{
	char name[] = "\x01\x1f\x7f\xff\"\\";

	begin_state("json-strings");
	put_state("crash/reason", name);
	OK(JSON("status", "--json") == KK_OK);
	OK(strstr(flat, "\ncrash.reason \"\\\\x01\\\\x1f\\\\x7f\\\\xff\\\"\\\\x5c\"\n"));
	end_state();
}

UNIT_MODULE(json,
	{ "each member of status", test_status },
	{ "each member without the feature", test_no_feature },
	{ "each member of list", test_list },
	{ "members of check", test_check },
	{ "odd characters", test_strings }
);
