// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of volumes.c: lines of a crypttab, the kernel's command line, and how one
 * adds to the other.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "header.h"
#include "kexec-keys.h"
#include "unit.h"
#include "volumes.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"
#define UPPER "2F144136-B0DE-4B51-B2EB-BD869CC39A6E"
#define OTHER "00000000-b0de-4b51-b2eb-bd869cc39a6e"

/* --- block devices, which a build machine may lack ------------------------ */

static const struct { const char *path; unsigned long number; } devices[] = {
	{ "/dev/sda2", 0x802 }, { "/dev/sdb", 0x810 },
};
static bool own_devices;

unsigned long __real_kk_device_number(const char *path);
unsigned long __wrap_kk_device_number(const char *path);
char *__real_blkid_evaluate_spec(const char *spec, void *cache);
char *__wrap_blkid_evaluate_spec(const char *spec, void *cache);

unsigned long __wrap_kk_device_number(const char *path)
{
	if (!own_devices)
		return __real_kk_device_number(path);
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(devices); i++)
		if (!strcmp(path, devices[i].path))
			return devices[i].number;
	return 0;
}

char *__wrap_blkid_evaluate_spec(const char *spec, void *cache)
{
	if (!own_devices)
		return __real_blkid_evaluate_spec(spec, cache);
	OK(spec[0] != '/' && strncmp(spec, "UUID=", 5));
	return strcmp(spec, "PARTLABEL=vault") && strcmp(spec, "UUID") ? NULL : strdup("/dev/sda2");
}

/* --- lines of a crypttab --------------------------------------------------- */

static const struct { const char *name, *line, *fields; } lines[] = {
	{ "all four", "a b c d", "[a][b][c][d]" },
	{ "three", "a b c\n", "[a][b][c]" },
	{ "two", "a b", "[a][b]" },
	{ "one", "a\n", "" },
	{ "none", "", "" },
	{ "space", " \t\n", "" },
	{ "more than four", "a b c d e f", "[a][b][c][d]" },
	{ "space around", "  a\tb\vc\fd\r\n", "[a][b][c][d]" },
	{ "much space", "\t a \t\t b  \n", "[a][b]" },
	{ "a comment", "# a b c d", "" },
	{ "a comment without a space", "#a b c d", "" },
	{ "a comment behind space", "  #a b", "" },
	{ "a comment for the second field", "a # b c", "" },
	{ "a comment for the third field", "a b # c", "[a][b][#][c]" },
	{ "a # in a field", "a#b c#d", "[a#b][c#d]" },
	{ "longer fields", "root UUID=x none luks,discard\n", "[root][UUID=x][none][luks,discard]" },
};

static void test_fields(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lines); i++) {
		struct kk_field f[4];
		unsigned int n = kk_volume_fields(lines[i].line, f);
		char text[128] = "";

		unit_row = lines[i].name;
		for (unsigned int j = 0; j < n; j++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "[%.*s]", (int)f[j].len, f[j].at);
		STR(text, lines[i].fields);
	}
}

static const struct { const char *options; unsigned int flags; } options[] = {
	{ "", 0 },
	{ "luks", 0 },
	{ ",", 0 },
	{ "discard", KK_FLAG_DISCARDS },
	{ "allow-discards", KK_FLAG_DISCARDS },
	{ "same-cpu-crypt", KK_FLAG_SAME_CPU },
	{ "submit-from-crypt-cpus", KK_FLAG_SUBMIT_FROM_CPU },
	{ "no-read-workqueue", KK_FLAG_NO_READ_WQ },
	{ "no-write-workqueue", KK_FLAG_NO_WRITE_WQ },
	{ "high-priority", KK_FLAG_HIGH_PRIORITY },
	{ "readonly", KK_FLAG_READONLY },
	{ "read-only", KK_FLAG_READONLY },
	{ "discards", 0 },
	{ "discar", 0 },
	{ "xdiscard", 0 },
	{ "no-discard", 0 },
	{ "DISCARD", 0 },
	{ "discard=1", 0 },
	{ ",,discard,,", KK_FLAG_DISCARDS },
	{ "luks,discard", KK_FLAG_DISCARDS },
	{ "discard,luks", KK_FLAG_DISCARDS },
	{ "x,read-only,y,high-priority", KK_FLAG_READONLY | KK_FLAG_HIGH_PRIORITY },
	{ "discard,same-cpu-crypt,submit-from-crypt-cpus,no-read-workqueue,no-write-workqueue,high-priority,readonly",
	  KK_FLAG_DISCARDS | KK_FLAGS_PERFORMANCE | KK_FLAG_READONLY },
};

static void test_flags(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(options); i++) {
		unit_row = options[i].options;
		OK(kk_volume_flags(options[i].options) == options[i].flags);
	}
}

/* What an entry is, but for its flags. */
enum { LUKS = 1, BOOT = 2, ASKS = 4, ALL = LUKS | BOOT | ASKS };

static const struct {
	const char *line;
	int is;		/* -1: no entry */
	const char *name, *source, *header;
	unsigned int flags;
} entries[] = {
	{ "root UUID=" UUID " none luks", ALL, "root", "UUID=" UUID, "", 0 },
	{ "  swap\t/dev/sda2\r\n", ALL, "swap", "/dev/sda2", "", 0 },
	{ "a /d none", ALL, "a", "/d", "", 0 },
	{ "a /d -", ALL, "a", "/d", "", 0 },
	{ "a /d - -", ALL, "a", "/d", "", 0 },
	{ "a /d nones", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d non", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d --", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d /etc/key luks", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d none luks # discard", ALL, "a", "/d", "", 0 },
	{ "a#b /d none", ALL, "a#b", "/d", "", 0 },
	{ "a /d none noauto", LUKS | ASKS, "a", "/d", "", 0 },
	{ "a /d none nofail", LUKS | ASKS, "a", "/d", "", 0 },
	{ "a /d none luks,nofail,discard", LUKS | ASKS, "a", "/d", "", KK_FLAG_DISCARDS },
	{ "a /d none noauto=yes", LUKS | ASKS, "a", "/d", "", 0 },
	{ "a /d none x-nofail,noautos", ALL, "a", "/d", "", 0 },
	{ "a /d none plain", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none swap", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none tmp", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none tmp=ext4", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none tcrypt", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none tcrypt-hidden", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none tcrypt-system", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none bitlk", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none x,swap", BOOT | ASKS, "a", "/d", "", 0 },
	{ "a /d none swaps,xplain,tcrypt-veracrypt", ALL, "a", "/d", "", 0 },
	{ "a /d none tpm2-device=auto", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d none tpm2-device=x", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d none tpm2-device=", ALL, "a", "/d", "", 0 },
	{ "a /d none tpm2-pin=yes", ALL, "a", "/d", "", 0 },
	/* A value that is too long for us is one, too. */
	{ "a /d none tpm2-device=/0123456789012345678901234567890123456789012345678901234567890123456789", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d x keyscript=decrypt_keyctl", ALL, "a", "/d", "", 0 },
	{ "a /d x keyscript=/lib/cryptsetup/scripts/decrypt_keyctl", ALL, "a", "/d", "", 0 },
	{ "a /d x keyscript=decrypt_keyct", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d x keyscript=decrypt_keyctl2", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d x keyscript=passdev", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d x keyscript=", LUKS | BOOT, "a", "/d", "", 0 },
	{ "a /d none header=/boot/h", ALL, "a", "/d", "/boot/h", 0 },
	{ "a /d none header=/h,read-only", ALL, "a", "/d", "/h", KK_FLAG_READONLY },
	{ "a /d none header=/1,header=/2", ALL, "a", "/d", "/2", 0 },
	{ "a /d none header=/1,header=", ALL, "a", "/d", "/1", 0 },
	{ "a /d none header=", ALL, "a", "/d", "", 0 },
	{ "a /d none header", ALL, "a", "/d", "", 0 },
	{ "a /d none xheader=/h", ALL, "a", "/d", "", 0 },
	{ "a/b /d none", -1, NULL, NULL, NULL, 0 },
	{ "../x /d none", -1, NULL, NULL, NULL, 0 },
	{ "# a /d none", -1, NULL, NULL, NULL, 0 },
	{ "a", -1, NULL, NULL, NULL, 0 },
	{ "", -1, NULL, NULL, NULL, 0 },
};

static void test_entries(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(entries); i++) {
		struct kk_volume v;
		bool is;

		unit_row = entries[i].line;
		memset(&v, 0xff, sizeof(v));
		is = kk_volume_parse(entries[i].line, &v);
		OK(is == (entries[i].is >= 0));
		if (!is)
			continue;
		STR(v.name, entries[i].name);
		STR(v.source, entries[i].source);
		STR(v.header, entries[i].header);
		OK(v.flags == entries[i].flags);
		OK(v.not_luks == !(entries[i].is & LUKS));
		OK(v.at_boot == !!(entries[i].is & BOOT));
		OK(v.asks == !!(entries[i].is & ASKS));
	}
}

static const struct { const char *name, *format; size_t longest; } fields[] = {
	{ "name", "%s /d none discard", sizeof(((struct kk_volume *)0)->name) - 1 },
	{ "source", "a %s none discard", sizeof(((struct kk_volume *)0)->source) - 1 },
	{ "header", "a /d none header=%s,discard", sizeof(((struct kk_volume *)0)->header) - 1 },
	/* These are not kept. */
	{ "key file", "a /d %s discard", 9999 },
	{ "option", "a /d none x-%s,discard", 9999 },
};

/* Whole, or no entry; what is behind it is never taken for it. */
static void test_long_fields(void)
{
	static char line[11000], word[10000];
	struct kk_volume v;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(fields); i++) {
		for (size_t n = 1; n < sizeof(word); n = n < 300 ? n + 1 : n * 3 / 2) {
			name_row("%s of %zu bytes", fields[i].name, n);
			memset(word, 'w', n);
			word[n] = '\0';
			snprintf(line, sizeof(line), fields[i].format, word);
			OK(kk_volume_parse(line, &v) == (n <= fields[i].longest));
			OK(n > fields[i].longest || v.flags == KK_FLAG_DISCARDS);
			OK(n > fields[i].longest || i > 2 ||
			   !strcmp(i == 0 ? v.name : i == 1 ? v.source : v.header, word));
		}
	}
}

/* --- what an entry stands for ------------------------------------------------ */

static const struct { const char *source, *uuid; bool same, valid; } sources[] = {
	{ "UUID=" UUID, UUID, true, true },
	{ "UUID=\"" UUID "\"", UUID, true, true },
	{ "UUID=" UPPER, UUID, true, true },
	{ "UUID=" UUID, UPPER, true, true },
	{ "UUID=\"" UUID, UUID, true, true },
	{ "UUID=" UUID "\"", UUID, true, true },
	{ "UUID=" UUID "0", UUID, false, false },
	{ "UUID=" UUID "\"\"", UUID, false, false },
	{ "UUID=\"\"" UUID, UUID, false, false },
	{ "UUID=" UUID, OTHER, false, true },
	{ "UUID=2f144136", UUID, false, false },
	{ "UUID=", UUID, false, false },
	{ "UUID=", "", false, false },
	{ "UUID=\"\"", "", false, false },
	{ "uuid=" UUID, UUID, false, false },
	{ "PARTUUID=" UUID, UUID, false, false },
	{ "UUID:" UUID, UUID, false, false },
	{ UUID, UUID, false, false },
	{ "/dev/sda2", UUID, false, false },
	{ "", UUID, false, false },
};

static void test_sources(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(sources); i++) {
		char uuid[KK_UUID_LEN + 2] = { [KK_UUID_LEN + 1] = 0x55 };

		unit_row = sources[i].source;
		OK(kk_source_is_uuid(sources[i].source, sources[i].uuid) == sources[i].same);
		OK(kk_source_uuid(sources[i].source, uuid) == sources[i].valid);
		OK(!sources[i].valid || !strcasecmp(uuid, UUID));
		OK(uuid[KK_UUID_LEN + 1] == 0x55);
	}
}

static const struct { const char *source, *header, *uuid; unsigned long rdev; bool is; } stands[] = {
	{ "UUID=" UUID, "", UUID, 0, true },
	{ "UUID=" UUID, "", OTHER, 0, false },
	{ "UUID=" UUID, "", "", 0, false },
	{ "/dev/sda2", "", OTHER, 0x802, true },
	{ "/dev/sda2", "", "", 0x802, true },
	{ "/dev/sda2", "", "", 0x810, false },
	{ "/dev/sda2", "", "", 0, false },
	{ "/dev/nothing", "", "", 0, false },
	{ "/dev/nothing", "", "", 0x802, false },
	{ "PARTLABEL=vault", "", "", 0x802, true },
	{ "PARTLABEL=vault", "", "", 0x810, false },
	{ "PARTLABEL=other", "", "", 0x802, false },
	{ "UUID", "", "", 0x802, true },
	/* By UUID it is looked for elsewhere. */
	{ "UUID=", "", "", 0x802, false },
	{ "UUID=x", "", "", 0x802, false },
	{ "/dev/sda2", "detached.img", "detached", 0, true },
	{ "/dev/sda2", "detached.img", "DETACHED", 0, true },
	{ "/dev/sda2", "detached.img", UUID, 0, false },
	{ "/dev/sda2", "detached.img", "", 0, false },
	{ "/dev/sda2", "absent.img", UUID, 0, false },
	{ "/dev/sda2", "empty.img", UUID, 0, false },
};

bool kk_luks_uuid(const char *device, char *uuid, size_t size);

static void test_stands_for(void)
{
	char of_header[KK_UUID_LEN + 1];

	OK(kk_luks_uuid(in_dir("detached.img"), of_header, sizeof(of_header)));
	own_devices = true;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(stands); i++) {
		struct kk_volume v = { 0 };
		char uuid[KK_UUID_LEN + 1];

		name_row("row %u: %s", i, stands[i].source);
		snprintf(v.source, sizeof(v.source), "%s", stands[i].source);
		if (stands[i].header[0])
			snprintf(v.header, sizeof(v.header), "%s", in_dir(stands[i].header));
		snprintf(uuid, sizeof(uuid), "%s", strcasecmp(stands[i].uuid, "detached") ? stands[i].uuid : of_header);
		for (char *p = uuid; stands[i].uuid[0] == 'D' && *p; p++)
			*p -= *p >= 'a' && *p <= 'f' ? 'a' - 'A' : 0;
		OK(kk_volume_is(&v, uuid, stands[i].rdev) == stands[i].is);
	}
	own_devices = false;
}

/* A header by a relative path of one character. */
static void test_short_header(void)
{
	const int old = open(".", O_RDONLY | O_DIRECTORY);
	struct kk_volume v = { .source = "/nonexistent", .header = "h" };
	char uuid[KK_UUID_LEN + 1];

	unlink(in_dir("h"));
	OK(!symlink("detached.img", in_dir("h")) && !chdir(unit_dir));
	OK(kk_luks_uuid("h", uuid, sizeof(uuid)) && kk_volume_is(&v, uuid, 0));
	OK(!fchdir(old));
	close(old);
}

/* --- the command line ---------------------------------------------------------- */

#define NAME "rd.luks.name=" UUID "=root"

static const struct {
	const char *cmdline, *uuid, *name;	/* what is looked for */
	const char *found;			/* its name, or NULL */
	unsigned int flags;
	bool asks;
} cmdlines[] = {
	{ "", UUID, "", NULL, 0, true },
	{ NAME, UUID, "", "root", 0, true },
	{ "luks.name=" UUID "=root", UUID, "", "root", 0, true },
	{ "quiet\t" NAME "\nro", UUID, "", "root", 0, true },
	{ "  " NAME, UUID, "", "root", 0, true },
	{ "\"" NAME "\"", UUID, "", "root", 0, true },
	{ "rd.luks.name=\"" UUID "=ro ot\" quiet", UUID, "", "ro ot", 0, true },
	{ "rd.luks.name=luks-" UUID "=root", UUID, "", "root", 0, true },
	{ "rd.luks.name=" UPPER "=root", UUID, "", "root", 0, true },
	{ NAME " rd.luks.name=" UUID "=second", UUID, "", "root", 0, true },
	{ "rd.luks.name=" OTHER "=other " NAME, UUID, "", "root", 0, true },
	{ "rd.luks.name=" OTHER "=other", UUID, "", NULL, 0, true },
	{ "rd.luks.name=" UUID, UUID, "", NULL, 0, true },
	{ "rd.luks.name=" UUID "=", UUID, "", NULL, 0, true },
	{ "rd.luks.name=" UUID "=a/b", UUID, "", NULL, 0, true },
	{ "rd.luks.name=" UUID "0=root", UUID, "", NULL, 0, true },
	{ "rd.luks.name==root", UUID, "", NULL, 0, true },
	{ "xrd.luks.name=" UUID "=root", UUID, "", NULL, 0, true },
	{ "xluks.name=" UUID "=root", UUID, "", NULL, 0, true },
	{ "rd.rd.luks.name=" UUID "=root", UUID, "", NULL, 0, true },
	{ "rdxluks.name=" UUID "=root", UUID, "", NULL, 0, true },
	{ "rd.luks.name=luksx" UUID "=root", UUID, "", NULL, 0, true },
	{ "rd.luks.names=" UUID "=root", UUID, "", NULL, 0, true },
	/* by name */
	{ NAME, "", "root", "root", 0, true },
	{ NAME, "", "roo", NULL, 0, true },
	{ NAME, "", "roots", NULL, 0, true },
	{ "rd.luks.name=" UUID "=other " NAME, "", "root", "root", 0, true },
	{ "rd.luks.name=2f144136=root", "", "root", NULL, 0, true },
	{ "rd.luks.name=" UUID "root", "", "root", NULL, 0, true },
	{ NAME " rd.luks.options=" UUID "=discard rd.luks.key=" UUID "=/key", "", "root", "root", KK_FLAG_DISCARDS, false },
	{ "rd.luks.options=" UUID "=discard", "", "root", NULL, 0, true },
	/* options, of the volume before those of all */
	{ "rd.luks.options=" UUID "=discard", UUID, "", NULL, KK_FLAG_DISCARDS, true },
	{ "luks.options=luks-" UUID "=x,high-priority", UUID, "", NULL, KK_FLAG_HIGH_PRIORITY, true },
	{ "rd.luks.options=discard", UUID, "", NULL, KK_FLAG_DISCARDS, true },
	{ "rd.luks.options=discard rd.luks.options=" UUID "=read-only", UUID, "", NULL, KK_FLAG_READONLY, true },
	{ "rd.luks.options=" UUID "=read-only rd.luks.options=discard", UUID, "", NULL, KK_FLAG_READONLY, true },
	{ "rd.luks.options=" OTHER "=discard", UUID, "", NULL, 0, true },
	{ "rd.luks.options=" OTHER "=luks,discard", UUID, "", NULL, 0, true },
	{ "rd.luks.options=" OTHER "=discard rd.luks.options=" UUID "=read-only", UUID, "", NULL, KK_FLAG_READONLY, true },
	/* the last of each counts */
	{ "rd.luks.options=discard rd.luks.options=read-only", UUID, "", NULL, KK_FLAG_READONLY, true },
	{ "rd.luks.options=" UUID "=discard rd.luks.options=" UUID "=read-only", UUID, "", NULL, KK_FLAG_READONLY, true },
	/* a key file, for it or for all */
	{ "rd.luks.key=/key", UUID, "", NULL, 0, false },
	{ "rd.luks.key=" UUID "=/key", UUID, "", NULL, 0, false },
	{ "luks.key=" UPPER "=/key:UUID=x", UUID, "", NULL, 0, false },
	{ "rd.luks.key=" OTHER "=/key", UUID, "", NULL, 0, true },
	{ "rd.luks.keys=/key", UUID, "", NULL, 0, true },
	/* dracut's */
	{ "rd.luks.allow-discards", UUID, "", NULL, KK_FLAG_DISCARDS, true },
	{ "rd.luks.allow-discards=" UUID, UUID, "", NULL, KK_FLAG_DISCARDS, true },
	{ "rd.luks.allow-discards=" UPPER, UUID, "", NULL, KK_FLAG_DISCARDS, true },
	{ "rd.luks.allow-discards=" OTHER, UUID, "", NULL, 0, true },
	{ "rd.luks.allow-discards=", UUID, "", NULL, 0, true },
	{ "rd.luks.allow-discards-not", UUID, "", NULL, 0, true },
	{ "rd.luks.allow-discard", UUID, "", NULL, 0, true },
	{ "rd.luks.options=no-write-workqueue rd.luks.allow-discards", UUID, "", NULL, KK_FLAG_NO_WRITE_WQ | KK_FLAG_DISCARDS, true },
};

static void test_cmdlines(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(cmdlines); i++) {
		struct kk_volume v = { .asks = true };

		unit_row = cmdlines[i].cmdline;
		snprintf(v.name, sizeof(v.name), "%s", cmdlines[i].name);
		OK(kk_cmdline_volume(cmdlines[i].cmdline, cmdlines[i].uuid, &v) == !!cmdlines[i].found);
		STR(v.name, cmdlines[i].found ?: cmdlines[i].name);
		STR(v.source, cmdlines[i].found ? "UUID=" UUID : "");
		OK(v.flags == cmdlines[i].flags);
		OK(v.asks == cmdlines[i].asks);
	}
	/* Flags are added to those that there are. */
	for (unsigned int i = 0; i < 2; i++) {
		struct kk_volume v = { .flags = KK_FLAG_READONLY };

		kk_cmdline_volume(i ? "rd.luks.options=discard" : "rd.luks.allow-discards", UUID, &v);
		OK(v.flags == (KK_FLAG_READONLY | KK_FLAG_DISCARDS));
	}
}

/* A word of 511 characters is the longest that is looked at; of more, its beginning. */
static void test_long_words(void)
{
	static char line[2100], options[1100];
	struct kk_volume v;

	for (unsigned int len = 400; len < 1000; len++) {
		name_row("word of %u characters", len);
		memset(options, 'x', sizeof(options));
		snprintf(line, sizeof(line), "rd.luks.options=%.*s,discard", len - 24, options);
		OK(strlen(line) == len);
		memset(&v, 0, sizeof(v));
		kk_cmdline_volume(line, UUID, &v);
		OK(v.flags == (len <= 511 ? KK_FLAG_DISCARDS : 0));
		strcat(line, " rd.luks.options=" UUID "=read-only");
		kk_cmdline_volume(line, UUID, &v);
		OK(v.flags & KK_FLAG_READONLY);
	}
	/* Without a space at its end, and with a quote that is not closed. */
	memset(&v, 0, sizeof(v));
	OK(kk_cmdline_volume("rd.luks.name=\"" UUID "=a b", UUID, &v));
	STR(v.name, "a b");
}

static const struct { const char *cmdline; bool opens; } opens[] = {
	{ "rd.luks.uuid=" UUID, true },
	{ "luks.uuid=" UUID " ro", true },
	{ "rd.luks.uuid=luks-" UUID, true },
	{ "rd.luks.uuid=" UPPER, true },
	{ "rd.luks.uuid=2", true },
	{ "rd.luks.uuid=luks-2f144136", true },
	{ "rd.luks.name=" UUID "=root", true },
	{ "luks.name=luks-" UUID "=root", true },
	{ "rd.luks.uuid=" OTHER " rd.luks.uuid=" UUID, true },
	{ "rd.luks.uuid=" UUID " rd.luks.uuid=" OTHER, true },
	{ "rd.luks=1 rd.luks.uuid=" UUID, true },
	{ "rd.luks=00 rd.luks.uuid=" UUID, true },
	{ "", false },
	{ "rd.luks.uuid=", false },
	{ "rd.luks.uuid=luks-", false },
	{ "rd.luks.uuid=luksx2f144136", false },
	{ "rd.luks.name==x", false },
	{ "rd.luks.uuid=2f144137", false },
	{ "rd.luks.uuid=" UUID "0", false },
	{ "rd.luks.uuid=" OTHER, false },
	{ "rd.luks.options=" UUID "=discard", false },
	{ "rd.luks.uuid=" UUID " rd.luks=0", false },
	{ "rd.luks=no rd.luks.uuid=" UUID, false },
};

static void test_opens(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(opens); i++) {
		unit_row = opens[i].cmdline;
		OK(kk_cmdline_opens(opens[i].cmdline, UUID) == opens[i].opens);
	}
	/* Of a UUID no more than there is. */
	unit_row = NULL;
	OK(!kk_cmdline_opens("rd.luks.uuid=" UUID "0", UUID "0"));
}

static const struct { const char *cmdline, *beginning; bool has; } haves[] = {
	{ "quiet dmcryptkeys=0x1000 ro", "dmcryptkeys=", true },
	{ "dmcryptkeys=", "dmcryptkeys=", true },
	{ "a\nb\tc", "c", true },
	{ "\"fadump=on\"", "fadump=on", true },
	{ "fadump=\"on x\"", "fadump=on", true },
	{ "quiet no-dmcryptkeys=1 dmcryptkey=", "dmcryptkeys=", false },
	{ "x=dmcryptkeys=", "dmcryptkeys=", false },
	{ "Fadump=on", "fadump=on", false },
	{ "", "fadump=on", false },
	{ "   ", "fadump=on", false },
};

static void test_has(void)
{
	char longest[520];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(haves); i++) {
		unit_row = haves[i].cmdline;
		OK(kk_cmdline_has(haves[i].cmdline, haves[i].beginning) == haves[i].has);
	}
	/* The longest beginning that a word can have, and one more. */
	unit_row = "long";
	memset(longest, 'x', sizeof(longest));
	longest[511] = '\0';
	OK(kk_cmdline_has(longest, longest));
	longest[511] = 'x';
	longest[512] = '\0';
	OK(!kk_cmdline_has(longest, longest));
}

/* --- files ------------------------------------------------------------------------ */

static char root[512];

static void begin_root(const char *name)
{
	snprintf(root, sizeof(root), "%s", in_dir(name));
	kk_root = root;
}

/* The command line adds to what a file says, also of a volume that it does not name. */
static void test_files_and_cmdline(void)
{
	struct kk_volume v;

	begin_root("root");
	put_below(root, "etc/crypttab", "a UUID=" UUID " none luks,no-read-workqueue\nb /dev/none none luks");
	put_below(root, "proc/cmdline", "quiet");
	OK(kk_volume_named("a", &v) && v.asks && v.flags == KK_FLAG_NO_READ_WQ);
	OK(!kk_volume_has_key_file(&v));
	put_below(root, "etc/cryptsetup-keys.d/a.key", "x");
	OK(kk_volume_has_key_file(&v));
	OK(kk_volume_named("b", &v) && !kk_volume_has_key_file(&v));
	put_below(root, "run/cryptsetup-keys.d/b.key", "x");
	OK(kk_volume_has_key_file(&v));
	put(root, "proc/cmdline", "rd.luks.options=" UUID "=discard rd.luks.key=" UUID "=/key");
	OK(kk_volume_named("a", &v) && !v.asks && v.flags == (KK_FLAG_NO_READ_WQ | KK_FLAG_DISCARDS));
	OK(kk_volume_of(UUID, 0, &v) && !v.asks && v.flags == (KK_FLAG_NO_READ_WQ | KK_FLAG_DISCARDS));
	OK(kk_volume_named("b", &v) && v.asks && !v.flags);
	kk_root = "";
}

/* The first file that knows it, then the command line. */
static void test_order(void)
{
	struct kk_volume v;

	begin_root("order");
	put_below(root, "proc/cmdline", "rd.luks.name=" UUID "=four rd.luks.options=discard");
	memset(&v, 0xff, sizeof(v));
	OK(kk_volume_of(UUID, 0, &v) && v.asks && !v.not_luks && !v.header[0]);
	STR(v.name, "four");
	STR(v.source, "UUID=" UUID);
	OK(v.flags == KK_FLAG_DISCARDS);
	memset(&v, 0xff, sizeof(v));
	OK(kk_volume_named("four", &v) && v.flags == KK_FLAG_DISCARDS);
	STR(v.source, "UUID=" UUID);
	OK(!kk_volume_named("five", &v) && v.asks);
	STR(v.name, "five");
	OK(!kk_volume_of(OTHER, 0, &v));
	STR(v.name, "");
	put_below(root, "cryptroot/crypttab", "three UUID=" UUID);
	OK(kk_volume_of(UUID, 0, &v));
	STR(v.name, "three");
	put_below(root, "etc/crypttab", "# comment\n\nx UUID=" OTHER "\ntwo UUID=" UUID " none high-priority\nlast UUID=" UUID);
	OK(kk_volume_of(UUID, 0, &v) && v.flags == (KK_FLAG_DISCARDS | KK_FLAG_HIGH_PRIORITY));
	STR(v.name, "two");
	put_below(root, "etc/kexec-keys/volumes", "one UUID=" UUID);
	OK(kk_volume_of(UUID, 0, &v));
	STR(v.name, "one");
	OK(kk_volume_named("two", &v) && kk_volume_named("three", &v) && kk_volume_named("four", &v));
	/* By device number, of an entry that names a device. */
	own_devices = true;
	put(root, "etc/kexec-keys/volumes", "one /dev/sdb\ntwo /dev/sda2");
	OK(kk_volume_of("", 0x802, &v));
	STR(v.name, "two");
	OK(!v.flags);
	OK(kk_volume_of(UUID, 0x802, &v) && v.flags == KK_FLAG_DISCARDS);
	OK(!kk_volume_of("", 0x999, &v));
	own_devices = false;
	/* No command line at all. */
	OK(!unlink(in_dir("order/proc/cmdline")) && !kk_volume_named("four", &v));
	kk_root = "";
}

static int count_to(const struct kk_volume *v, void *arg)
{
	int *left = arg;

	OK(v->name[0]);
	return --*left ? 0 : 7;
}

static void test_each(void)
{
	const int fd = next_fd();
	int left = 3;

	begin_root("each");
	OK(kk_each_volume("/etc/crypttab", count_to, &left) == 0 && left == 3);
	put_below(root, "etc/crypttab", "a /1\n#\nb /2\n\nc /3\nd /4");
	OK(kk_each_volume("/etc/crypttab", count_to, &left) == 7 && left == 0);
	left = 9;
	OK(kk_each_volume("/etc/crypttab", count_to, &left) == 0 && left == 5);
	OK(next_fd() == fd);
	kk_root = "";
}

static void test_read_cmdline(void)
{
	char out[8], one[1] = { 'x' };
	const int fd = next_fd();

	begin_root("read");
	memset(out, 'x', sizeof(out));
	kk_read_cmdline(out, sizeof(out));
	STR(out, "");
	put_below(root, "proc/cmdline", "0123456789");
	kk_read_cmdline(out, sizeof(out));
	STR(out, "0123456");
	kk_read_cmdline(one, sizeof(one));
	STR(one, "");
	OK(!unlink(in_dir("read/proc/cmdline")) && !mkdir(in_dir("read/proc/cmdline"), 0700));
	memset(out, 'x', sizeof(out));
	kk_read_cmdline(out, sizeof(out));
	STR(out, "");
	OK(next_fd() == fd);
	kk_root = "";
}

static const struct { const char *word; bool has; } settings[] = {
	{ "panic=", false },
	{ "luks.crypttab=no", false },
	{ "rd.luks.crypttab=no", true },
	{ "rd.shell=0", true },
	{ "rd.shell=", true },
	{ "single", true },
	{ "words", true },
	{ "nr_cpus=1", true },
	{ "kernel.panic_on_oops=1", true },
	{ "hung_task_panic=1", true },
	{ "last", true },
	{ "KDUMP_SYSCTL", true },
	{ "comment", false },
	{ "none", false },
};

static void test_settings(void)
{
	static const char text[] =
		"# KDUMP_CMDLINE_APPEND=\"panic=10 none\"\n"
		"KDUMP_SYSCTL=\"kernel.panic_on_oops=1 hung_task_panic=1\"  # panic=10 comment\n"
		"KDUMP_CMDLINE_APPEND=\"rd.luks.crypttab=no rd.shell=0\"\n"
		"OTHER='single words'\n"
		"PLAIN=nr_cpus=1\n"
		"NOTHING\n"
		"END=\"last\"";

	const int fd = next_fd();
	FILE *f;

	put(unit_dir, "settings", text);
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(settings); i++) {
		unit_row = settings[i].word;
		OK(kk_file_has_word(in_dir("settings"), settings[i].word) == settings[i].has);
	}
	OK(!kk_file_has_word(in_dir("none"), "panic="));
	/* One character, and no newline. */
	f = fopen(in_dir("settings"), "w");
	fputs("x", f);
	fclose(f);
	OK(kk_file_has_word(in_dir("settings"), "x"));
	OK(next_fd() == fd);
}

UNIT_MODULE(volumes,
	{ "fields of a line", test_fields },
	{ "flags of options", test_flags },
	{ "entries", test_entries },
	{ "long fields", test_long_fields },
	{ "UUIDs of sources", test_sources },
	{ "what an entry stands for", test_stands_for },
	{ "a header by a short path", test_short_header },
	{ "what a command line says of a volume", test_cmdlines },
	{ "long words of a command line", test_long_words },
	{ "what a command line opens", test_opens },
	{ "words of a command line", test_has },
	{ "the command line adds to the files", test_files_and_cmdline },
	{ "the order of files and the command line", test_order },
	{ "each entry of a file", test_each },
	{ "reading a command line", test_read_cmdline },
	{ "words in a file of settings", test_settings }
);
