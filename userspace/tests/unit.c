// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of kexec-keys, as TAP: unit DIRECTORY [MODULE]... with a directory of
 * the images that tests/run has made, and the modules to test, all without any.
 */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <libcryptsetup.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

#include "device.h"
#include "findings.h"
#include "header.h"
#include "initramfs.h"
#include "kexec-keys.h"
#include "keydesc.h"
#include "locate.h"
#include "mend.h"
#include "modules.h"
#include "ring.h"
#include "stack.h"
#include "state.h"
#include "table.h"
#include "unit.h"
#include "unlock.h"
#include "volumes.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"

const char *unit_dir;
unsigned int unit_bad;
const char *unit_row;

int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

void name_row(const char *format, ...)
{
	static char row[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(row, sizeof(row), format, ap);
	va_end(ap);
	unit_row = row;
}

void unit_fail(const char *func, int line, const char *what)
{
	printf("# %s:%d%s%s: %s\n", func, line, unit_row ? ", " : "", unit_row ? unit_row : "", what);
	unit_bad++;
}

const char *in_dir(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", unit_dir, name);
	return path;
}

static struct { int out, err, file; } captured;

void capture(void)
{
	fflush(stdout);
	captured.out = dup(1);
	captured.err = dup(2);
	captured.file = open(in_dir("output"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(captured.file, 1);
	dup2(captured.file, 2);
}

void end_capture(char *out, size_t size)
{
	ssize_t n;

	fflush(stdout);
	dup2(captured.out, 1);
	dup2(captured.err, 2);
	n = pread(captured.file, out, size - 1, 0);
	out[n < 0 ? 0 : n] = '\0';
	close(captured.file);
	close(captured.out);
	close(captured.err);
}

int run(char *out, size_t size, char **argv)
{
	int argc = 0, r;

	while (argv[argc])
		argc++;
	capture();
	kk_set_mode(KK_MODE_NORMAL);
	r = kk_main(argc, argv);
	end_capture(out, size);
	return r;
}

static void test_escape(void)
{
	char out[12];

	STR(kk_esc("plain text"), "plain text");
	STR(kk_esc("a\nb\x1b[2J\\\xff"), "a\\x0ab\\x1b[2J\\x5c\\xff");
	STR(kk_esc(NULL), "");
	/* Cut between characters, never inside an escape. */
	kk_escape("aaaaaaa\n\n\n", out, sizeof(out));
	STR(out, "aaaaaaa\\x0a");
	kk_escape("\n\n\n\n", out, sizeof(out));
	STR(out, "\\x0a\\x0a");
}

static void test_dm_uuid(void)
{
	struct kk_mapping m;

	OK(kk_dm_uuid_parse("CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-root", &m) && m.luks == 2);
	STR(m.uuid, UUID);
	for (const char *type = "0379 -"; *type; type++) {
		char odd[] = "CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-root";

		odd[strlen("CRYPT-LUKS")] = *type;
		OK(!kk_dm_uuid_parse(odd, &m));
	}
	OK(!kk_dm_uuid_parse("CRYPT-PLAIN-x", &m));
	OK(!kk_dm_uuid_parse("CRYPT-LUKS2-2f144136-root", &m));
	OK(!kk_dm_uuid_parse("LVM-abc", &m));
	OK(!kk_dm_uuid_parse("", &m));
}

static void test_detached_header(void)
{
	char uuid[KK_UUID_LEN + 1] = "";
	struct kk_target t = { 0 };
	struct kk_volume v;
	struct kk_header h;
	struct kk_kept kept;

	kk_keep_errors(&kept);
	/* Its UUID is nowhere on the volume itself. */
	OK(kk_luks_uuid(in_dir("detached.img"), uuid, sizeof(uuid)));
	snprintf(t.device, sizeof(t.device), "%s", in_dir("data.img"));
	OK(kk_locate(&t, in_dir("detached.img"), false, &v) == KK_OK);
	STR(t.uuid, uuid);
	OK(kk_load_located(&t, &v, "data", &h, NULL) == KK_OK && !h.offset);
	/* An entry with a header is the volume of that header. */
	memset(&v, 0, sizeof(v));
	OK(!kk_volume_is(&v, uuid, 0) && !kk_volume_is(&v, "", 0));
	snprintf(v.header, sizeof(v.header), "%s", in_dir("detached.img"));
	OK(kk_volume_is(&v, uuid, 0) && !kk_volume_is(&v, UUID, 0) && !kk_volume_is(&v, "", 0));

	/* Another volume's header, none, and the header in place of the volume. */
	snprintf(v.header, sizeof(v.header), "%s", in_dir("luks2.img"));
	OK(kk_load_located(&t, &v, "data", &h, NULL) == KK_DEVICE);
	OK(strstr(kept.sentence, "header of data has the UUID"));
	OK(kk_locate(&t, NULL, false, &v) == KK_OK && !v.header[0]);
	OK(kk_load_located(&t, &v, "data", &h, NULL) == KK_DEVICE);
	snprintf(t.device, sizeof(t.device), "%s", in_dir("detached.img"));
	kk_keep_errors(&kept);
	OK(kk_load_located(&t, &v, "data", &h, NULL) == KK_DEVICE);
	OK(strstr(kept.sentence, "but not the volume"));
	kk_keep_errors(NULL);
}

/* Cut, it would be another file. */
static void test_long_paths(void)
{
	char path[512], shorter[512];
	struct kk_target t;
	struct kk_volume v;
	struct kk_kept kept;

	snprintf(path, sizeof(path), "%s%0*d", in_dir("long/"), 200, 0);
	mkdir(in_dir("long"), 0700);
	OK(!mkdir(path, 0700));
	strcat(path, "/a-name-that-is-too-long-for-the-field-of-a-device-or-a-header");
	OK(!symlink(in_dir("luks2.img"), path));
	snprintf(shorter, sizeof(shorter), "%.*s", KK_PATH_MAX - 1, path);
	OK(strlen(shorter) < strlen(path) && !symlink(in_dir("luks1.img"), shorter));
	kk_keep_errors(&kept);
	OK(kk_target_resolve(path, &t) == KK_USAGE && strstr(kept.sentence, "too long"));
	OK(kk_target_resolve(in_dir("data.img"), &t) == KK_OK);
	OK(kk_locate(&t, path, false, &v) == KK_USAGE);
	kk_keep_errors(NULL);
}

static void test_sources(void)
{
	struct kk_volume v = { .source = "UUID=\"" UUID "\"" };
	struct kk_target t;
	struct kk_kept kept;

	kk_keep_errors(&kept);
	OK(kk_target_of_volume(&v, false, &t) == KK_OK);
	STR(t.uuid, UUID);
	snprintf(v.source, sizeof(v.source), "%s", in_dir("luks2.img"));
	OK(kk_target_of_volume(&v, false, &t) == KK_OK && kk_uuid_valid(t.uuid));
	STR(t.device, v.source);
	OK(!kept.sentence[0]);
	snprintf(v.source, sizeof(v.source), "PARTUUID=\x1b");
	OK(kk_target_of_volume(&v, false, &t) == KK_DEVICE);
	STR(kept.sentence, "no device is PARTUUID=\\x1b");
	OK(kk_target_of_volume(&v, true, &t) == KK_OK && !t.device[0] && !t.uuid[0]);
	snprintf(v.source, sizeof(v.source), "%s", in_dir("absent"));
	OK(kk_target_of_volume(&v, true, &t) == KK_OK && !t.device[0]);
	OK(kk_target_of_volume(&v, false, &t) == KK_DEVICE);
	kk_keep_errors(NULL);
}

void put(const char *state_dir, const char *file, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", state_dir, file);
	f = fopen(path, "w");
	fprintf(f, "%s\n", text);
	fclose(f);
}

static const char *next_step;

static int judge(const char *state_dir, const char *state, const char *reason,
		 const char *carried, const char *verify)
{
	struct kk_state s;
	char sentence[256] = "";
	const char *next = NULL;
	int r;

	put(state_dir, "crash/state", state);
	put(state_dir, "crash/reason", reason);
	put(state_dir, "crash/carried", carried);
	put(state_dir, "crash/verify", verify);
	OK(!kk_state_read(state_dir, &s));
	r = kk_state_judge(&s, sentence, sizeof(sentence), &next);
	/* A sentence always; what to do next whenever something is wrong. */
	OK(strlen(sentence) > 20 && next && !*next == !r);
	next_step = next;
	return r;
}

static void test_state(void)
{
	struct kk_state s;
	char d[512], sub[560];

	snprintf(d, sizeof(d), "%s/state", unit_dir);
	OK(kk_state_read(d, &s) == -ENOENT);
	mkdir(d, 0700);
	snprintf(sub, sizeof(sub), "%s/crash", d);
	mkdir(sub, 0700);
	OK(kk_state_read(d, &s) == -ENOENT);
	put(d, "ring", "0");
	OK(kk_state_read(d, &s) == -ENOENT);
	put(d, "ring", "12345678");
	put(d, "generation", "18446744073709551615");
	OK(!kk_state_read(d, &s) && s.ring == 12345678);
	OK(s.generation == 18446744073709551615ULL);

	OK(judge(d, "synced", "none", "2", "ok") == KK_OK);
	OK(judge(d, "synced", "none", "0", "ok") == KK_KEY_MISSING);
	OK(judge(d, "synced", "none", "2", "digest") == KK_STALE);
	OK(judge(d, "stale", "pending", "2", "ok") == KK_STALE);
	OK(judge(d, "stale", "capacity", "2", "ok") == KK_STALE);
	OK(judge(d, "disabled", "parameter", "0", "none") == KK_DISABLED);
	OK(strstr(next_step, "/sys/module/kexec_keys/parameters/crash"));
	OK(judge(d, "disabled", "sme", "0", "none") == KK_MEMORY_ENCRYPTION);
	OK(judge(d, "disabled", "hibernation", "0", "none") == KK_DISABLED);
	OK(strstr(next_step, "wait") && !strstr(next_step, "parameters"));
	OK(judge(d, "disabled", "buffer", "0", "none") == KK_DISABLED);
	OK(strstr(next_step, "again") && !strstr(next_step, "parameters"));
	/* Only root may look whether it verifies. */
	OK(judge(d, "synced", "none", "2", "") == KK_OK);
	OK(judge(d, "unsupported", "kexec_load", "0", "none") == KK_NO_CARRY_OVER);
	OK(judge(d, "none", "none", "0", "none") == KK_NO_IMAGE);

	snprintf(sub, sizeof(sub), "%s/reboot", d);
	mkdir(sub, 0700);
	put(d, "reboot/state", "armed");
	put(d, "reboot/reason", "none");
	put(d, "reboot/carried", "3");
	put(d, "reboot/not_carried", "1");
	OK(!kk_state_read(d, &s));
	STR(s.reboot.state, "armed");
	STR(s.reboot.reason, "none");
	OK(s.reboot.carried == 3 && s.reboot.not_carried == 1);

	/* A state that does not come is waited for no longer than told. */
	put(d, "crash/state", "stale");
	put(d, "crash/reason", "pending");
	OK(!kk_state_wait(d, &s, 120));
	STR(s.crash.reason, "pending");
}

static int judge_reboot(const char *state, const char *reason, unsigned long not_carried)
{
	struct kk_state s = { .reboot = { .carried = 2, .not_carried = not_carried } };
	char sentence[256] = "";
	const char *next = NULL;
	int r;

	snprintf(s.reboot.state, sizeof(s.reboot.state), "%s", state);
	snprintf(s.reboot.reason, sizeof(s.reboot.reason), "%s", reason);
	r = kk_state_judge_reboot(&s, sentence, sizeof(sentence), &next);
	OK(strlen(sentence) > 20 && next && !*next == !r);
	next_step = next;
	return r;
}

static void test_reboot_state(void)
{
	OK(judge_reboot("armed", "none", 0) == KK_OK);
	OK(judge_reboot("armed", "none", 1) == KK_STALE);
	OK(judge_reboot("none", "none", 0) == KK_NO_IMAGE);
	OK(judge_reboot("unsupported", "kexec_load", 0) == KK_NO_CARRY_OVER);
	OK(judge_reboot("disabled", "sme", 0) == KK_MEMORY_ENCRYPTION);
	OK(judge_reboot("disabled", "parameter", 0) == KK_DISABLED);
	OK(strstr(next_step, "/sys/module/kexec_keys/parameters/reboot"));
	OK(judge_reboot("disabled", "buffer", 0) == KK_DISABLED);
	OK(!strstr(next_step, "parameters"));
}

static void test_key_line(void)
{
	struct kk_key k = { 0 };

	OK(!kk_key_parse("logon;1000;100;3d010000;cryptsetup:" UUID "-d0", &k));
	STR(k.type, "logon");
	OK(k.uid == 1000 && k.gid == 100 && k.perm == 0x3d010000);
	OK(k.desc.kind == KK_KEY_CRYPTSETUP);
	/* A semicolon in a description is part of it. */
	OK(!kk_key_parse("logon;0;0;3d010000;a;b", &k));
	STR(k.description, "a;b");
	OK(kk_key_parse("logon;0;0", &k) == -EINVAL);
	OK(kk_key_parse("", &k) == -EINVAL);
	free(k.description);
	k = (struct kk_key){ 0 };
	/* A user key of the same description is nobody's volume key. */
	OK(!kk_key_parse("user;0;0;3f010000;cryptsetup:" UUID "-d0", &k));
	OK(k.desc.kind == KK_KEY_OTHER);
	free(k.description);
	k.error = EKEYEXPIRED;
	STR(kk_key_state(&k), "expired");
}

static void test_expiry(void)
{
	struct kk_key key[2] = { { .serial = 0x1234abcd }, { .serial = 7 } };
	struct kk_keys keys = { key, 2 };
	FILE *f = fopen(in_dir("keys"), "w");

	fprintf(f, "0000ffff I--Q---     1 perm 3f010000     0     0 user      %3000s: 4\n", "x");
	fprintf(f, "1234abcd I--Q---     1  59s 3d010000     0     0 logon     a:b: 64\nshort\n");
	fclose(f);
	kk_keys_expiry(in_dir("keys"), &keys);
	STR(key[0].expiry, "59s");
	STR(key[1].expiry, "");
}

static void test_cipher_words(void)
{
	static const struct { const char *cipher, *words; } known[] = {
		{ "aes-xts-plain64", "aes xts" },
		{ "aes-cbc-essiv:sha256", "aes cbc essiv sha256" },
		{ "aes:64-cbc-lmk", "aes cbc" },
		{ "xchacha12,aes-adiantum-plain64", "xchacha12 aes adiantum" },
		{ "capi:xts(aes)-plain64", "xts aes" },
		{ "", "" },
	};

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(known); i++) {
		struct kk_words w = { 0 };
		char all[256] = "";

		kk_cipher_words(known[i].cipher, &w);
		kk_cipher_words(known[i].cipher, &w);
		for (unsigned int j = 0; j < w.n; j++) {
			strcat(all, j ? " " : "");
			strcat(all, w.word[j]);
		}
		STR(all, known[i].words);
		kk_words_free(&w);
	}
}

static void put_bytes(const char *file, const char *data, size_t len)
{
	FILE *f = fopen(in_dir(file), "w");

	fwrite(data, len, 1, f);
	fclose(f);
}

static void test_modules(void)
{
	static const char modinfo[] = "xts.license=GPL\0libaes.alias=crypto-aes\0hmac.alias=crypto-hma";
	struct kk_words w = { 0 };
	char modules[512], name[64];

	OK(kk_module_of_path("6.12/kernel/drivers/md/dm-crypt.ko.xz", name, sizeof(name)));
	STR(name, "dm_crypt");
	OK(kk_module_of_path("x.ko", name, sizeof(name)));
	OK(!kk_module_of_path("x.kontrol", name, sizeof(name)));
	OK(!kk_module_of_path("modules.dep", name, sizeof(name)));
	OK(!kk_module_of_path("a/.ko", name, sizeof(name)));

	/* A kernel that cannot be asked, and this one without its modules. */
	snprintf(modules, sizeof(modules), "%s/none", unit_dir);
	OK(kk_has_module(modules, false, &w, "dm_crypt") == KK_UNKNOWN);
	OK(kk_has_algorithm(modules, false, &w, "aes") == KK_UNKNOWN);
	OK(kk_has_module(modules, true, &w, "no_such_module") == KK_LACKS);
	OK(kk_has_algorithm(modules, true, &w, "no-such-algorithm") == KK_LACKS);

	mkdir(in_dir("modules"), 0700);
	snprintf(modules, sizeof(modules), "%s", in_dir("modules"));
	put(unit_dir, "modules/modules.builtin", "kernel/drivers/md/dm-crypt.ko\nkernel/crypto/sha256_generic.ko");
	put(unit_dir, "modules/modules.alias", "alias crypto-cbc cbc\nalias crypto-serpent serpent_avx2");
	put_bytes("modules/modules.builtin.modinfo", modinfo, sizeof(modinfo));
	OK(kk_has_module(modules, true, &w, "dm_crypt") == KK_HAS);
	OK(kk_has_module(modules, true, &w, "algif_hash") == KK_LACKS);
	OK(kk_has_algorithm(modules, true, &w, "sha256") == KK_HAS);
	OK(kk_has_algorithm(modules, true, &w, "aes") == KK_HAS);
	OK(kk_has_algorithm(modules, true, &w, "hmac") == KK_LACKS);
	OK(kk_has_algorithm(modules, true, &w, "serpent") == KK_LACKS);
	kk_words_add(&w, "algif_hash");
	kk_words_add(&w, "serpent_avx2");
	kk_words_add(&w, "twofish_generic");
	OK(kk_has_module(modules, true, &w, "algif_hash") == KK_HAS);
	OK(kk_has_algorithm(modules, true, &w, "serpent") == KK_HAS);
	OK(kk_has_algorithm(modules, true, &w, "twofish") == KK_HAS);
	OK(kk_has_algorithm(modules, true, &w, "cbc") == KK_LACKS);
	kk_words_free(&w);
}

static void test_initramfs_lines(void)
{
	struct kk_initramfs im = { 0 };

	/* What lsinitrd says around the list, and what is no file. */
	kk_initramfs_line(&im, "Image: /boot/initramfs-6.12.img: 40M");
	kk_initramfs_line(&im, "========================================================================");
	kk_initramfs_line(&im, "Arguments: --install /usr/sbin/kexec-keys");
	kk_initramfs_line(&im, "");
	kk_initramfs_line(&im, "drwxr-xr-x   3 root     root            7 Nov 24 10:00 usr/sbin/kexec-keys");
	kk_initramfs_line(&im, "crw-r--r--   1 root     root       5,  1 Nov 24 10:00 dev/console");
	OK(!im.has_shim && !im.unpacked && !im.modules.n);

	kk_initramfs_line(&im, "-rw-r--r--   1 root     root          100 Nov 24  2026 usr/lib/modules/6.12.1-amd64/kernel/crypto/algif_hash.ko.xz");
	STR(im.release, "6.12.1-amd64");
	OK(kk_words_have(&im.modules, "algif_hash") && im.unpacked == 100);
	kk_initramfs_line(&im, "-rw-r--r-- 1 0 0 20 Nov 24 10:00 ./lib/modules/6.12.1-amd64/kernel/drivers/md/dm-crypt.ko");
	OK(kk_words_have(&im.modules, "dm_crypt") && im.unpacked == 120);
	/* lsinitrd of an image within the image: squashfs, erofs. */
	kk_initramfs_line(&im, "-rwxr-xr-x root/root           1000 2026-11-24 10:00 squashfs-root/usr/sbin/kexec-keys");
	OK(im.has_shim && im.unpacked == 1120);
	kk_initramfs_line(&im, "  4711      8 -rw-r--r--   1 root     root         3000 Nov 24 10:00 erofs-root/etc/crypttab");
	/* So that it can be asked for. */
	STR(im.crypttab, "erofs-root/etc/crypttab");
	OK(im.unpacked == 4120);
	im.has_shim = false;
	kk_initramfs_line(&im, "lrwxrwxrwx   1 root     root           10 Nov 24 10:00 usr/bin/kexec-keys -> ../sbin/kexec-keys");
	OK(im.has_shim && im.unpacked == 4120);
	im.has_shim = false;
	kk_initramfs_line(&im, "-rw-r--r--   1 root     root            1 Nov 24 10:00 usr/share/doc/kexec-keys");
	OK(!im.has_shim && !im.by_dracut);
	kk_initramfs_line(&im, "drwxr-xr-x   3 root     root            0 Nov 24 10:00 usr/lib/dracut/hooks");
	OK(!im.by_dracut);
	kk_initramfs_line(&im, "-rw-r--r--   1 root     root           10 Nov 24 10:00 usr/lib/dracut/dracut-112");
	OK(im.by_dracut);
	kk_initramfs_free(&im);
}

static void make_dirs(const char *path)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = copy + strlen(unit_dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(copy, 0700);
		*p = '/';
	}
}

static void touch(const char *root, const char *path)
{
	char full[512];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	make_dirs(full);
	f = fopen(full, "w");
	fprintf(f, "x\n");
	fclose(f);
	chmod(full, 0755);
}

static void finds_image(const char *root, bool crash, const char *expected)
{
	char path[512], full[512];
	bool found = crash ? kk_initramfs_find_crash(root, "6.12", path, sizeof(path)) :
			     kk_initramfs_find_boot(root, "6.12", path, sizeof(path));

	snprintf(full, sizeof(full), "%s%s", root, expected);
	OK(found == !!*expected);
	STR(path, *expected ? full : "");
}

/* Each place goes before those that were there. */
static void test_initramfs_places(void)
{
	char root[256];

	snprintf(root, sizeof(root), "%s", in_dir("places"));
	finds_image(root, true, "");
	touch(root, "/efi/0123/6.12/initrd");
	finds_image(root, false, "/efi/0123/6.12/initrd");
	touch(root, "/boot/0123/6.12/initrd");
	finds_image(root, false, "/boot/0123/6.12/initrd");
	touch(root, "/boot/ostree/fedora-89ab/initramfs-6.12.img");
	finds_image(root, false, "/boot/ostree/fedora-89ab/initramfs-6.12.img");
	touch(root, "/boot/initrd-6.12");
	finds_image(root, true, "/boot/initrd-6.12");
	touch(root, "/boot/initramfs-6.12.img");
	finds_image(root, false, "/boot/initramfs-6.12.img");
	touch(root, "/boot/initrd.img-6.12");
	finds_image(root, false, "/boot/initrd.img-6.12");
	touch(root, "/boot/initrd-6.12-kdump");
	finds_image(root, true, "/boot/initrd-6.12-kdump");
	touch(root, "/var/lib/kdump/initramfs-6.12kdump.img");
	finds_image(root, true, "/var/lib/kdump/initramfs-6.12kdump.img");
	/* Of two systems in one /boot, this one's has this release. */
	touch(root, "/boot/0123/6.11/initrdkdump");
	finds_image(root, true, "/var/lib/kdump/initramfs-6.12kdump.img");
	touch(root, "/boot/4567/6.12/initrdkdump");
	finds_image(root, true, "/boot/4567/6.12/initrdkdump");
	touch(root, "/boot/ostree/fedora-89ab/initramfs-6.12kdump.img");
	finds_image(root, true, "/boot/ostree/fedora-89ab/initramfs-6.12kdump.img");
	touch(root, "/boot/initramfs-6.12kdump.img");
	finds_image(root, true, "/boot/initramfs-6.12kdump.img");
	touch(root, "/var/lib/kdump/initrd.img");
	finds_image(root, true, "/var/lib/kdump/initrd.img");
	touch(root, "/var/lib/kdump/initrd.img-6.12");
	finds_image(root, true, "/var/lib/kdump/initrd.img-6.12");
	finds_image(root, false, "/boot/initrd.img-6.12");
}

static void test_crash_memory(void)
{
	struct kk_initramfs im = { .packed = 15 << 20, .unpacked = 45 << 20 };

	/* Debian's initramfs for a crash fits into Debian's reservation. */
	OK(kk_crash_memory(&im) == 124 << 20);
	im.unpacked = 130 << 20;
	OK(kk_crash_memory(&im) > 192 << 20);
}

static void os_release(const char *root, const char *text)
{
	touch(root, "/etc/os-release");
	put(root, "etc/os-release", text);
}

static void test_distributions(void)
{
	char root[256];

	snprintf(root, sizeof(root), "%s", in_dir("distro"));
	OK(kk_distro_of(root) == KK_DISTRO_OTHER);
	os_release(root, "NAME=Linux\nID=debian");
	OK(kk_distro_of(root) == KK_DISTRO_DEBIAN);
	os_release(root, "ID=elementary\nID_LIKE=ubuntu");
	OK(kk_distro_of(root) == KK_DISTRO_DEBIAN);
	os_release(root, "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"");
	OK(kk_distro_of(root) == KK_DISTRO_FEDORA);
	os_release(root, "ID=opensuse-leap\nPRETTY_NAME=fedora");
	OK(kk_distro_of(root) == KK_DISTRO_OTHER);
	touch(root, "/usr/bin/kdumpctl");
	OK(kk_distro_of(root) == KK_DISTRO_FEDORA);
	touch(root, "/usr/sbin/kdump-config");
	OK(kk_distro_of(root) == KK_DISTRO_DEBIAN);

	OK(kk_builder_of(KK_DISTRO_DEBIAN, root, "/var/lib/kdump/initrd.img") ==
	   KK_BUILDER_KDUMP_TOOLS);
	OK(kk_builder_of(KK_DISTRO_DEBIAN, root, "/boot/initrd.img-6.12") ==
	   KK_BUILDER_INITRAMFS_TOOLS);
	touch(root, "/usr/bin/dracut");
	OK(kk_builder_of(KK_DISTRO_DEBIAN, root, "/boot/initrd.img-6.12") == KK_BUILDER_DRACUT);
	OK(kk_builder_of(KK_DISTRO_DEBIAN, root, "/var/lib/kdump/initrd.img-6.12") ==
	   KK_BUILDER_DRACUT);
	touch(root, "/usr/sbin/mkinitramfs");
	OK(kk_builder_of(KK_DISTRO_DEBIAN, root, "/var/lib/kdump/initrd.img-6.12") ==
	   KK_BUILDER_KDUMP_TOOLS);
	OK(kk_builder_of(KK_DISTRO_FEDORA, root, "/boot/initramfs-6.12kdump.img") ==
	   KK_BUILDER_KDUMPCTL);
	OK(kk_builder_of(KK_DISTRO_FEDORA, root, "/boot/0123/6.12/initrdkdump") ==
	   KK_BUILDER_KDUMPCTL);
	OK(kk_builder_of(KK_DISTRO_FEDORA, root, "/boot/initramfs-6.12.img") == KK_BUILDER_DRACUT);
}

static void test_commands(void)
{
	const struct kk_mender base = { .crash = true, .release = "6.12", .initramfs = "/boot/i mg",
					.module = "dm_crypt", .mib = 256, .words = "panic=10" };
	static const struct {
		enum kk_distro distro;
		enum kk_builder builder;
		enum kk_mend what;
		const char *command;
	} known[] = {
		{ KK_DISTRO_DEBIAN, KK_BUILDER_INITRAMFS_TOOLS, KK_MEND_LOAD, "kdump-config load" },
		{ KK_DISTRO_DEBIAN, KK_BUILDER_DRACUT, KK_MEND_LOAD,
		  "dracut --force /var/lib/kdump/initrd.img-6.12 6.12 && kdump-config load" },
		{ KK_DISTRO_DEBIAN, 0, KK_MEND_RELOAD, "kdump-config reload" },
		{ KK_DISTRO_DEBIAN, 0, KK_MEND_LOAD_BY_FILE,
		  "echo 'KDUMP_KEXEC_ARGS=\"-s\"' >> /etc/default/kdump-tools && kdump-config reload" },
		{ KK_DISTRO_DEBIAN, KK_BUILDER_KDUMP_TOOLS, KK_MEND_REBUILD,
		  "/etc/kernel/postinst.d/kdump-tools 6.12 && kdump-config reload" },
		{ KK_DISTRO_DEBIAN, KK_BUILDER_KDUMP_TOOLS, KK_MEND_ADD_MODULE,
		  "echo dm_crypt >> /etc/initramfs-tools/modules && /etc/kernel/postinst.d/kdump-tools 6.12 && kdump-config reload" },
		{ KK_DISTRO_DEBIAN, KK_BUILDER_INITRAMFS_TOOLS, KK_MEND_REBUILD,
		  "update-initramfs -u -k 6.12 && kdump-config reload" },
		{ KK_DISTRO_DEBIAN, 0, KK_MEND_CRASH_MEMORY,
		  "sed -i 's/crashkernel=[^ \"]*/crashkernel=256M/' /etc/default/grub.d/kdump-tools.cfg && update-grub && reboot" },
		{ KK_DISTRO_DEBIAN, 0, KK_MEND_CAPTURE_WORDS,
		  "{ grep -qs ^KDUMP_CMDLINE_APPEND= /etc/default/kdump-tools || "
		  "echo 'KDUMP_CMDLINE_APPEND=\"reset_devices systemd.unit=kdump-tools-dump.service nr_cpus=1 irqpoll usbcore.nousb\"' >> /etc/default/kdump-tools; }"
		  " && sed -i 's/^KDUMP_CMDLINE_APPEND=\"[^\"]*/& panic=10/' /etc/default/kdump-tools && kdump-config reload" },
		{ KK_DISTRO_FEDORA, 0, KK_MEND_LOAD, "kdumpctl start" },
		{ KK_DISTRO_FEDORA, 0, KK_MEND_LOAD_BY_FILE,
		  "sed -i '/^KEXEC_ARGS=.*[\" ]-s\"/!s/^KEXEC_ARGS=\"[^\"]*/& -s/' /etc/sysconfig/kdump && kdumpctl reload" },
		{ KK_DISTRO_FEDORA, KK_BUILDER_KDUMPCTL, KK_MEND_ADD_MODULE,
		  "echo 'add_drivers+=\" dm_crypt \"' >> /etc/dracut.conf.d/kexec-keys.conf && kdumpctl rebuild && kdumpctl reload" },
		{ KK_DISTRO_FEDORA, 0, KK_MEND_CRASH_MEMORY,
		  "sed -i -e '$a auto_reset_crashkernel no' -e '/^\\s*auto_reset_crashkernel/d' /etc/kdump.conf && grubby --update-kernel=ALL --args=crashkernel=256M && reboot" },
		{ KK_DISTRO_FEDORA, 0, KK_MEND_NO_MEMORY_ENCRYPTION,
		  "grubby --update-kernel=ALL --args=mem_encrypt=off && reboot" },
		{ KK_DISTRO_OTHER, KK_BUILDER_DRACUT, KK_MEND_REBUILD,
		  "dracut --force '/boot/i mg' 6.12 && kexec -p -s /boot/vmlinuz-6.12 --initrd='/boot/i mg' --reuse-cmdline" },
	};
	char text[500], small[8];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(known); i++) {
		struct kk_mender m = base;

		m.distro = known[i].distro;
		m.builder = known[i].builder;
		kk_mend(&m, known[i].what, text, sizeof(text));
		STR(text, known[i].command);
		kk_mend(&m, known[i].what, small, sizeof(small));
		OK(strlen(small) < sizeof(small));
	}
}

static void test_shell_words(void)
{
	STR(kk_shell_word("/dev/mapper/root_crypt"), "/dev/mapper/root_crypt");
	STR(kk_shell_word("a;reboot"), "'a;reboot'");
	STR(kk_shell_word("$(id)'`"), "'$(id)'\\''`'");
	STR(kk_shell_word("a\nb"), "'a\\x0ab'");
	STR(kk_shell_word(""), "''");
}

static void test_findings(void)
{
	static struct kk_findings f;

	OK(!kk_finding_first(&f) && kk_finding_status(NULL) == KK_OK);
	kk_finding(&f, KK_FINDING_SUSPENDED, "c", "s");
	OK(kk_finding_status(kk_finding_first(&f)) == KK_SUSPENDED);
	kk_finding(&f, KK_FINDING_NO_IMAGE, "kdump-config load", "%s", "no image");
	kk_finding(&f, KK_FINDING_NO_SHIM, "c", "s");
	OK(kk_finding_status(kk_finding_first(&f)) == KK_NO_IMAGE);
	STR(kk_finding_first(&f)->command, "kdump-config load");
	STR(kk_finding_word(kk_finding_first(&f)->id), "no-image");
	/* Each has a word and a status, and no flood of them does harm. */
	for (int id = 0; id < KK_N_FINDINGS; id++) {
		struct kk_finding one = { .id = id };

		OK(kk_finding_word(id));
		OK(!kk_finding_status(&one) == (id == KK_FINDING_WOULD_WAIT));
	}
	OK(kk_findings_count(&f) == 3);
	kk_finding(&f, KK_FINDING_WOULD_WAIT, "c", "s");
	OK(f.n == 4 && kk_findings_count(&f) == 3);
	for (int i = 0; i < 2 * KK_FINDINGS_MAX; i++) {
		kk_finding(&f, KK_FINDING_DEVICE, "c", "s");
		kk_finding_note(&f, "n");
	}
	OK(f.n == KK_FINDINGS_MAX && f.n_notes == KK_ARRAY_SIZE(f.note));
}

static void test_kept_errors(void)
{
	struct kk_kept kept;

	kk_keep_errors(&kept);
	OK(kk_fail(KK_DEVICE, "mend it", "it is %s", "broken") == KK_DEVICE);
	kk_fail(KK_DEVICE, "other", "second");
	kk_keep_errors(NULL);
	STR(kept.sentence, "it is broken");
	STR(kept.next, "mend it");
}

void put_below(const char *dir, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	make_dirs(path);
	put(dir, file, text);
}

/* A file of the unit tests' own sysfs. */
static void put_sys(const char *file, const char *text)
{
	put_below(kk_sys, file, text);
}

static void sysfs_link(const char *target, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", kk_sys, name);
	make_dirs(path);
	OK(!symlink(target, path));
}

static void own_sysfs(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s", in_dir(name));
	kk_sys = path;
}

#define LUKS_DM_UUID "CRYPT-LUKS2-2f144136b0de4b51b2ebbd869cc39a6e-"

static void test_mappings(void)
{
	struct kk_mapping m;

	own_sysfs("sys-mappings");
	OK(!kk_mapping_of_uuid(UUID, &m));
	/* Its name begins as another's, on a line of its own. */
	put_sys("class/block/dm-0/dm/name", "vault\nx");
	put_sys("class/block/dm-0/dm/uuid", LUKS_DM_UUID "vault\nx");
	sysfs_link("../../sda1", "class/block/dm-0/slaves/sda1");
	OK(!kk_mapping_named("vault", &m) && !kk_dm_name_taken("vault"));
	OK(kk_mapping_named("vault\nx", &m) && kk_dm_name_taken("vault\nx"));
	OK(kk_mapping_of_uuid(UUID, &m));
	STR(m.name, "vault\nx");
	STR(m.device, "/dev/sda1");
	/* The header is below the dm-integrity device. */
	put_sys("class/block/dm-1/dm/name", "tagged");
	put_sys("class/block/dm-1/dm/uuid", LUKS_DM_UUID "tagged");
	sysfs_link("../../dm-2", "class/block/dm-1/slaves/dm-2");
	put_sys("class/block/dm-2/dm/name", "tagged_dif");
	put_sys("class/block/dm-2/dm/uuid", "CRYPT-SUBDEV-2f144136b0de4b51b2ebbd869cc39a6e-tagged_dif");
	sysfs_link("../../cciss!c0d0", "class/block/dm-2/slaves/cciss!c0d0");
	OK(kk_mapping_named("tagged", &m));
	STR(m.device, "/dev/cciss/c0d0");
	OK(!kk_mapping_named("tagged_dif", &m) && kk_dm_name_taken("tagged_dif"));
	kk_sys = "/sys";
}

static void test_mounts(void)
{
	char type[64];

	put(unit_dir, "mountinfo", "21 1 0:20 / / rw - rootfs rootfs rw\n"
	    "22 21 8:1 / /boot rw shared:1 - ext4 /dev/sda1 rw\n"
	    "short\n"
	    "23 21 0:30 /@ /a\\040-\\040b rw,relatime shared:2 master:1 - btrfs /dev/mapper/root rw");
	OK(kk_mount_type(in_dir("mountinfo"), 21, type, sizeof(type)));
	STR(type, "rootfs");
	OK(kk_mount_type(in_dir("mountinfo"), 23, type, sizeof(type)));
	STR(type, "btrfs");
	OK(!kk_mount_type(in_dir("mountinfo"), 2, type, sizeof(type)));
	OK(!kk_mount_type(in_dir("nothing"), 21, type, sizeof(type)));
}

/* A block device of the unit tests' own sysfs, on up to two others. */
static void put_block(const char *name, const char *below, const char *below2)
{
	char path[128], target[128];
	static unsigned int minor;

	snprintf(path, sizeof(path), "dev/block/8:%u", minor++);
	snprintf(target, sizeof(target), "../../class/block/%s", name);
	sysfs_link(target, path);
	snprintf(path, sizeof(path), "class/block/%s/size", name);
	put_sys(path, "1");
	for (; below; below = below2, below2 = NULL) {
		snprintf(path, sizeof(path), "class/block/%s/slaves/%s", name, below);
		snprintf(target, sizeof(target), "../../%s", below);
		sysfs_link(target, path);
	}
}

static void put_mapping(const char *kname, const char *name, const char *dm_uuid,
			const char *below)
{
	char path[128], text[128];

	put_block(kname, below, NULL);
	snprintf(path, sizeof(path), "class/block/%s/dm/name", kname);
	put_sys(path, name);
	snprintf(path, sizeof(path), "class/block/%s/dm/uuid", kname);
	snprintf(text, sizeof(text), "%s%s", dm_uuid, name);
	put_sys(path, text);
}

static int add_name(const struct kk_mapping *m, void *arg)
{
	strcat(arg, m->name);
	strcat(arg, m->luks ? " " : "! ");
	return !strcmp(m->name, "stop");
}

static void is_below(unsigned int minor, const char *names)
{
	char found[256] = "";

	OK(kk_each_below_device(makedev(8, minor), add_name, found) == 0);
	STR(found, names);
}

static void test_stacks(void)
{
	char found[256] = "";

	own_sysfs("sys-stacks");
	put_block("sda", NULL, NULL);
	put_block("sdb", NULL, NULL);
	put_mapping("dm-0", "a", LUKS_DM_UUID, "sda");
	put_mapping("dm-1", "b", LUKS_DM_UUID, "sdb");
	put_block("md0", "dm-0", "dm-1");
	put_mapping("dm-2", "lv", "LVM-", "md0");
	is_below(0, "");
	is_below(2, "a ");
	/* LVM on RAID on two LUKS volumes, in the order in which a directory is read. */
	OK(kk_each_below_device(makedev(8, 5), add_name, found) == 0);
	OK(!strcmp(found, "a b ") || !strcmp(found, "b a "));
	/* Both legs stand on one volume, which stands on another. */
	put_mapping("dm-3", "one", "LVM-", "dm-0");
	put_mapping("dm-4", "two", "LVM-", "dm-0");
	put_block("md1", "dm-3", "dm-4");
	is_below(8, "a ");
	put_mapping("dm-5", "top", LUKS_DM_UUID, "md1");
	is_below(9, "top a ");
	/* What is below a partition, its disk knows. */
	sysfs_link("../../class/block/md1p1", "dev/block/8:100");
	sysfs_link("../../devices/md1/md1p1", "class/block/md1p1");
	put_sys("devices/md1/md1p1/partition", "1");
	is_below(100, "a ");
	/* Encrypted otherwise, and what only sounds so. */
	put_mapping("dm-6", "swap", "CRYPT-PLAIN-", "dm-1");
	is_below(10, "swap! b ");
	put_mapping("dm-7", "verity", "CRYPT-VERITY-0123-", "dm-1");
	is_below(11, "b ");
	/* The walk ends when it is told to. */
	put_mapping("dm-8", "stop", LUKS_DM_UUID, "dm-0");
	*found = '\0';
	OK(kk_each_below_device(makedev(8, 12), add_name, found) == 1);
	STR(found, "stop ");
	OK(kk_each_below_device(makedev(9, 0), add_name, found) == -ENOENT);
	kk_sys = "/sys";
}

static void existing(const char *path, int r, const char *expected)
{
	char out[512] = "", full[512];

	snprintf(full, sizeof(full), "%s%s", in_dir("paths"), path);
	OK(kk_existing_path(full, out, sizeof(out)) == r);
	if (r < 0)
		return;
	snprintf(full, sizeof(full), "%s%s", in_dir("paths"), expected);
	STR(out, full);
}

static void test_existing_paths(void)
{
	char out[8];

	touch(in_dir("paths"), "/there/file");
	existing("/there/file", 0, "/there/file");
	existing("/there//", 0, "/there");
	existing("/there/not", 1, "/there");
	existing("/there///not//x/../y/", 1, "/there");
	existing("/there/file/x", -ENOTDIR, "");
	OK(!symlink("there", in_dir("paths/link")));
	existing("/link/not", 1, "/link");
	OK(!symlink("nowhere", in_dir("paths/dangling")));
	existing("/dangling", -ENOLINK, "");
	existing("/dangling/x/", -ENOLINK, "");
	OK(kk_existing_path("/", out, sizeof(out)) == 0);
	STR(out, "/");
	OK(kk_existing_path("/nono", out, sizeof(out)) == 1);
	STR(out, "/");
	OK(kk_existing_path("no/no", out, sizeof(out)) == 1);
	STR(out, ".");
	OK(kk_existing_path("", out, sizeof(out)) == -ENOENT);
	OK(kk_existing_path("12345678", out, sizeof(out)) == -ENAMETOOLONG);
}

static int never(const struct kk_mapping *m, void *arg)
{
	(void)m;
	(void)arg;
	return 1;
}

static void test_no_device_below(void)
{
	char type[64];

	OK(kk_each_below("/proc", never, NULL) == -ENOTBLK);
	OK(kk_file_system_type("/proc", type, sizeof(type)));
	STR(type, "proc");
	OK(kk_each_below("/dev/null", never, NULL) == -EINVAL);
	OK(kk_each_below("/nonexistent", never, NULL) == -ENOENT);
}

static void costs(const char *image, int slot, const char *expected)
{
	struct crypt_device *cd;
	struct kk_header h;
	char cost[128];

	OK(load_image(image, &h, &cd) == KK_OK);
	kk_unlock_cost(cd, slot, cost, sizeof(cost));
	STR(cost, expected);
	crypt_free(cd);
}

static void test_costs(void)
{
	costs("luks2.img", CRYPT_ANY_SLOT, " with pbkdf2");
	costs("luks1.img", CRYPT_ANY_SLOT, " with pbkdf2");
	costs("argon2.img", CRYPT_ANY_SLOT, " with argon2id, 64 MiB of memory");
	costs("slots.img", CRYPT_ANY_SLOT,
	      " with argon2id, up to 64 MiB of memory, from one of 2 key slots");
	costs("slots.img", 1, " with pbkdf2");
	costs("slots.img", 7, "");
}

/* A person at a terminal of its own, and a program there that asks. */
struct asked {
	int tty, slave, told;
	pid_t pid;
	char screen[1024];
};

/* What the program does: it tells what it got, waits for a signal if told to, ends. */
static void ask_and_tell(struct asked *a, int told, bool until_signal)
{
	struct kk_secret s = { 0 };
	sigset_t pending;

	login_tty(a->slave);
	if (kk_ask("Passphrase", "vault", &s))
		_exit(99);
	dprintf(told, "%.*s\n", (int)s.len, s.data);
	for (int i = 0; until_signal && i < 500; i++) {
		sigpending(&pending);
		if (sigismember(&pending, SIGINT))
			break;
		usleep(10000);
	}
	dprintf(told, "still here\n");
	kk_secret_free(&s);
	dprintf(told, "free\n");
	_exit(0);
}

static bool echoes(const struct asked *a)
{
	struct termios tty;

	return !tcgetattr(a->tty, &tty) && (tty.c_lflag & ECHO);
}

/* What is shown up to this text, or to the end. */
static void read_screen(struct asked *a, const char *until)
{
	struct pollfd p = { .fd = a->tty, .events = POLLIN };
	size_t n = strlen(a->screen);
	ssize_t r;

	while (!(until && strstr(a->screen, until)) && poll(&p, 1, 5000) > 0) {
		r = read(a->tty, a->screen + n, sizeof(a->screen) - 1 - n);
		if (r <= 0)
			return;
		n += r;
		a->screen[n] = '\0';
	}
}

static void start_asking(struct asked *a, bool until_signal)
{
	int told[2];

	memset(a, 0, sizeof(*a));
	OK(!openpty(&a->tty, &a->slave, NULL, NULL, NULL) && !pipe(told));
	fflush(stdout);
	a->pid = fork();
	if (!a->pid)
		ask_and_tell(a, told[1], until_signal);
	close(told[1]);
	a->told = told[0];
	read_screen(a, "Passphrase for vault: ");
	OK(strstr(a->screen, "Passphrase for vault: ") && !echoes(a));
}

static void type(const struct asked *a, const char *text)
{
	OK(write(a->tty, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Ends with this status, or by this signal; all of what it told is @told. */
static void ends_asking(struct asked *a, int status, int signal, const char *told)
{
	char text[1024] = "";
	size_t n = 0;
	ssize_t r;
	int ended;

	while ((r = read(a->told, text + n, sizeof(text) - 1 - n)) > 0)
		n += r;
	STR(text, told);
	waitpid(a->pid, &ended, 0);
	if (signal)
		OK(WIFSIGNALED(ended) && WTERMSIG(ended) == signal);
	else
		OK(WIFEXITED(ended) && WEXITSTATUS(ended) == status);
	OK(echoes(a));
	close(a->slave);
	read_screen(a, NULL);
	OK(!strstr(a->screen, "secret"));
	close(a->tty);
	close(a->told);
}

static void test_asking(void)
{
	char line[600];
	struct asked a;

	start_asking(&a, false);
	type(&a, "secret words\n");
	ends_asking(&a, 0, 0, "secret words\nstill here\nfree\n");
	start_asking(&a, false);
	type(&a, "\x1asecret words\n");
	ends_asking(&a, 0, 0, "secret words\nstill here\nfree\n");
	start_asking(&a, false);
	type(&a, "\n");
	ends_asking(&a, 0, 0, "\nstill here\nfree\n");
	/* The end of the input, half a line with and without it. */
	start_asking(&a, false);
	type(&a, "\x04");
	ends_asking(&a, 99, 0, "");
	OK(strstr(a.screen, "cannot read a passphrase"));
	start_asking(&a, false);
	type(&a, "secret\x04\x04");
	ends_asking(&a, 0, 0, "secret\nstill here\nfree\n");
	start_asking(&a, false);
	type(&a, "secret\x03");
	ends_asking(&a, 0, SIGINT, "");
	start_asking(&a, false);
	kill(a.pid, SIGTERM);
	ends_asking(&a, 0, SIGTERM, "");
	/* The longest, and one that is longer. */
	memset(line, 's', sizeof(line));
	line[512] = '\n';
	line[513] = '\0';
	start_asking(&a, false);
	type(&a, line);
	strcpy(line + 512, "\nstill here\nfree\n");
	ends_asking(&a, 0, 0, line);
	strcpy(line + 512, "s\n");
	start_asking(&a, false);
	type(&a, line);
	ends_asking(&a, 99, 0, "");
	OK(strstr(a.screen, "it is too long"));
}

/* As while a key is derived: the program ends when what was typed is wiped. */
static void test_interrupted(void)
{
	struct asked a;

	start_asking(&a, true);
	type(&a, "secret\n");
	read_screen(&a, ": \r\n");
	type(&a, "\x03");
	ends_asking(&a, 0, SIGINT, "secret\nstill here\n");
}

static void test_nobody(void)
{
	const struct kk_args args = { .key_slot = -1, .token_id = -1 };
	struct kk_secret key_file = { 0 };
	struct timespec start, end;
	struct crypt_device *cd;
	key_serial_t serial;
	struct kk_kept kept;
	struct kk_header h;
	int input = dup(0);

	OK(!close(0) && open("/dev/null", O_RDONLY) == 0);
	OK(load_image("argon2.img", &h, &cd) == KK_OK);
	kk_keep_errors(&kept);
	clock_gettime(CLOCK_MONOTONIC, &start);
	OK(kk_unlock(cd, &h, "vault", &args, &key_file, &serial) == KK_NOBODY);
	clock_gettime(CLOCK_MONOTONIC, &end);
	kk_keep_errors(NULL);
	OK(strstr(kept.sentence, "nobody is there to ask") && strstr(kept.next, "--key-file"));
	OK((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 < 1000);
	crypt_free(cd);
	dup2(input, 0);
	close(input);
}

static void test_key_file(void)
{
	struct crypt_device *cd;
	struct kk_header h;
	struct kk_secret s = { 0 };
	pid_t pid;
	int ended;

	OK(load_image("luks2.img", &h, &cd) == KK_OK);
	OK(kk_read_key_file(cd, in_dir("pass"), &s) == KK_OK);
	OK(s.len == 4 && !memcmp(s.data, "pass", 4));
	kk_secret_yield(&s);
	OK(s.data);
	/* Interrupted between two volumes. */
	fflush(stdout);
	pid = fork();
	if (!pid) {
		raise(SIGINT);
		kk_secret_yield(&s);
		_exit(0);
	}
	waitpid(pid, &ended, 0);
	OK(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGINT);
	kk_secret_free(&s);
	OK(!s.data && !s.len);
	kk_set_mode(KK_MODE_BOOT);
	OK(kk_read_key_file(cd, "/nonexistent", &s) != KK_OK && !s.data);
	OK(kk_read_key_file(cd, "/dev/null", &s) != KK_OK && !s.data);
	kk_set_mode(KK_MODE_NORMAL);
	crypt_free(cd);
}

static void test_help(void)
{
	static char out[8192];

	OK(RUN(out, "--help") == KK_OK);
	for (unsigned int i = 0; i < kk_n_verbs; i++) {
		OK(strstr(out, kk_verbs[i].brief));
		OK(run(out, sizeof(out), (char *[]){ "kexec-keys", (char *)kk_verbs[i].name,
						     "--help", NULL }) == KK_OK);
		OK(strstr(out, kk_verbs[i].usage) && strstr(out, "--debug"));
		RUN(out, "--help");
	}
	OK(RUN(out, "--version") == KK_OK);
	STR(out, "kexec-keys " KK_VERSION "\n");
}

static void test_usage(void)
{
	static char out[8192];

	OK(RUN(out, "frobnicate\n") == KK_USAGE);
	OK(strstr(out, "frobnicate\\x0a") && strstr(out, "; see kexec-keys --help"));
	OK(RUN(out, "list", "--key-file", "x") == KK_USAGE);
	OK(RUN(out, "status", "--nonsense") == KK_USAGE);
	OK(RUN(out, "status", "volume") == KK_USAGE);
	OK(RUN(out, "tag") == KK_USAGE);
	OK(RUN(out, "tag", "--all", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--all", "--for", "/") == KK_USAGE);
	OK(RUN(out, "tag", "--for", "/", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--for", "/", "--header", "x") == KK_USAGE);
	OK(RUN(out, "untag", "--for", "/") == KK_USAGE);
	OK(RUN(out, "tag", "--crypttab", "--all") == KK_USAGE);
	OK(RUN(out, "tag", "--crypttab", "--for", "/") == KK_USAGE);
	OK(RUN(out, "tag", "--crypttab", "--timeout", "5", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--crypttab", "--key-file", "-", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--crypttab", "--header", "h", "x") == KK_USAGE);
	OK(RUN(out, "untag", "--crypttab", "--all") == KK_USAGE);
	OK(RUN(out, "open", "--crypttab") == KK_USAGE);
	OK(RUN(out, "untag", "--header", "h", "x", "y") == KK_USAGE);
	OK(RUN(out, "untag", "--all", "--header", "h") == KK_USAGE);
	OK(RUN(out, "tag", "--timeout", "-1", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--timeout", "soon", "x") == KK_USAGE);
	OK(RUN(out, "tag", "--key-slot", "32", "x") == KK_USAGE);
	OK(RUN(out, "untag") == KK_USAGE);
	OK(RUN(out, "open", "--all", "x") == KK_USAGE);
	OK(RUN(out, "open", "--name", "n", "x", "y") == KK_USAGE);
	OK(RUN(out, "open", "--header", "h") == KK_USAGE);
	OK(RUN(out, "check", "x") == KK_USAGE);
	OK(RUN(out, "check", "--initramfs", "/nonexistent/x") == KK_USAGE);
	OK(RUN(out, "check", "--quiet") == KK_USAGE);
	OK(RUN(out, "reboot", "x") == KK_USAGE);
	OK(RUN(out, "reboot", "--json") == KK_USAGE);
}

/* The Makefile points this build at a directory that is not below this one. */
static void test_no_feature(void)
{
	static char out[8192];
	struct json_object *o;

	OK(RUN(out) == KK_NO_FEATURE && strstr(out, "CONFIG_KEYS_KEXEC"));
	OK(RUN(out, "status", "--quiet") == KK_NO_FEATURE && !out[0]);
	OK(RUN(out, "--json") == KK_NO_FEATURE);
	o = json_tokener_parse(out);
	OK(json_object_get_int(json_object_object_get(o, "version")) == 1);
	OK(json_object_get_int(json_object_object_get(o, "exit_status")) == KK_NO_FEATURE);
	json_object_put(o);
	OK(RUN(out, "list") == KK_NO_FEATURE);
	OK(RUN(out, "tag", "x") == KK_NO_FEATURE);
	OK(RUN(out, "open") == KK_NO_FEATURE);
	OK(RUN(out, "reboot", "--test") == KK_NO_FEATURE);
	OK(RUN(out, "check") == KK_NO_FEATURE);
	OK(RUN(out, "check", "--json") == KK_NO_FEATURE && strstr(out, "\"id\":\"no-feature\""));
	o = json_tokener_parse(out);
	OK(json_object_get_int(json_object_object_get(o, "version")) == 1);
	json_object_put(o);
	/* Boot scripts run everywhere. */
	OK(RUN(out, "open", "--boot") == KK_OK && !out[0]);
	OK(RUN(out, "open", "--boot", "--name=root") == KK_OK && !out[0]);
}

static void test_exit_statuses(void)
{
	OK(kk_exit_of_errno(0) == 0);
	OK(kk_exit_of_errno(-EPERM) == KK_PERMISSION && kk_exit_of_errno(EPERM) == KK_PERMISSION);
	OK(kk_exit_of_errno(-ENOMEM) == KK_MEMORY);
	OK(kk_exit_of_errno(-ENODEV) == KK_DEVICE && kk_exit_of_errno(-ENOENT) == KK_DEVICE);
	OK(kk_exit_of_errno(-EBUSY) == KK_BUSY && kk_exit_of_errno(-EEXIST) == KK_BUSY);
	OK(kk_exit_of_errno(-EINVAL) == KK_USAGE);
}

UNIT_MODULE(program,
	{ "untrusted strings are escaped", test_escape },
	{ "dm uuids", test_dm_uuid },
	{ "detached headers", test_detached_header },
	{ "paths that are too long", test_long_paths },
	{ "what an entry stands for", test_sources },
	{ "state of the kernel, and its verdict", test_state },
	{ "state of the reboot image, and its verdict", test_reboot_state },
	{ "KEYCTL_DESCRIBE", test_key_line },
	{ "expiry from /proc/keys", test_expiry },
	{ "algorithms of a cipher", test_cipher_words },
	{ "modules, built in or in an initramfs", test_modules },
	{ "lists of what is in an initramfs", test_initramfs_lines },
	{ "places of an initramfs", test_initramfs_places },
	{ "memory that a capture kernel needs", test_crash_memory },
	{ "distributions, and who makes their initramfs", test_distributions },
	{ "commands that mend", test_commands },
	{ "words of a command are quoted", test_shell_words },
	{ "findings, by their importance", test_findings },
	{ "errors that are kept", test_kept_errors },
	{ "open LUKS volumes", test_mappings },
	{ "types of what is mounted", test_mounts },
	{ "volumes below a block device", test_stacks },
	{ "the nearest parent that exists", test_existing_paths },
	{ "paths with no device below them", test_no_device_below },
	{ "what a key derivation takes", test_costs },
	{ "a passphrase from a terminal", test_asking },
	{ "an interruption while there is a secret", test_interrupted },
	{ "nobody at a terminal, at once", test_nobody },
	{ "a key file", test_key_file },
	{ "help and version", test_help },
	{ "wrong command lines", test_usage },
	{ "a kernel without the feature", test_no_feature },
	{ "exit statuses of errors", test_exit_statuses }
);

static const struct unit_module *const modules[] = {
	&unit_base64, &unit_keydesc, &unit_luks1, &unit_luks2, &unit_header, &unit_digest,
	&unit_afalg, &unit_table, &unit_volumes, &unit_words, &unit_options, &unit_vmcore,
	&unit_json, &unit_program, &unit_crypttab, &unit_strings, &unit_mapping, &unit_scrub,
};

/* Without arguments, all of them. */
static bool is_wanted(const struct unit_module *module, char **names)
{
	bool is = !*names;

	for (; *names; names++)
		is = is || !strcmp(*names, module->name);
	return is;
}

static unsigned int count_tests(char **names)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(modules); i++)
		for (const struct unit_test *t = modules[i]->tests; t->name; t++)
			n += is_wanted(modules[i], names);
	return n;
}

/* True if it passes. */
static bool run_test(const struct unit_module *module, const struct unit_test *test,
		     unsigned int number)
{
	unit_bad = 0;
	unit_row = NULL;
	kk_set_mode(KK_MODE_NORMAL);
	test->fn();
	printf("%sok %u - %s: %s\n", unit_bad ? "not " : "", number, module->name, test->name);
	fflush(stdout);
	return !unit_bad;
}

int main(int argc, char **argv)
{
	unsigned int failed = 0, number = 0;
	char **names = argv + 2;

	if (argc < 2)
		return 2;
	unit_dir = argv[1];
	/* What is run in the background ignores it. */
	signal(SIGINT, SIG_DFL);
	printf("TAP version 13\n1..%u\n", count_tests(names));
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(modules); i++)
		for (const struct unit_test *t = modules[i]->tests; t->name; t++)
			/* For tests/mutate one failure is enough. */
			if (is_wanted(modules[i], names) && !(failed && getenv("UNIT_STOP")))
				failed += !run_test(modules[i], t, ++number);
	return failed || !number;
}
