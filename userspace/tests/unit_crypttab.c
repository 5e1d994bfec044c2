// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "crypttab.h"
#include "device.h"
#include "replace.h"
#include "unit.h"

#define DESC "cryptsetup:2f144136-b0de-4b51-b2eb-bd869cc39a6e-d0"
#define LINK "link-volume-key=%:.kexec::%logon:" DESC

static const struct { const char *line, *linked; } lines[] = {
	{ "root UUID=x none luks,discard\n", "root UUID=x none luks,discard," LINK "\n" },
	{ "root UUID=x none luks,discard", "root UUID=x none luks,discard," LINK },
	{ "  root\t\tUUID=x   none  luks  \r\n", "  root\t\tUUID=x   none  luks," LINK "  \r\n" },
	{ "root UUID=x\n", "root UUID=x none " LINK "\n" },
	{ "root UUID=x", "root UUID=x none " LINK },
	{ "root UUID=x \n", "root UUID=x none " LINK " \n" },
	{ "root UUID=x none\n", "root UUID=x none\t" LINK "\n" },
	{ "root UUID=x -\n", "root UUID=x -\t" LINK "\n" },
	{ "root UUID=x /etc/key\n", "root UUID=x /etc/key\t" LINK "\n" },
	{ "root UUID=x none - # said\n", "root UUID=x none -," LINK " # said\n" },
	{ "# root UUID=x none luks\n", "# root UUID=x none luks\n" },
	{ "\n", "\n" },
	{ "", "" },
};

static void rewrites(char *(*fn)(const char *), const char *line, const char *expected)
{
	char *new = fn(line);

	STR(new, expected);
	free(new);
}

static char *with_link(const char *line)
{
	return kk_crypttab_with_link(line, DESC);
}

static void test_crypttab_lines(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(lines); i++) {
		rewrites(with_link, lines[i].line, lines[i].linked);
		rewrites(with_link, lines[i].linked, lines[i].linked);
		rewrites(kk_crypttab_without_link, lines[i].linked, lines[i].line);
		rewrites(kk_crypttab_without_link, lines[i].line, lines[i].line);
	}
	/* A stale one is replaced where it is. */
	rewrites(with_link, "a b none link-volume-key=%:.kexec::%logon:old,luks\n",
		 "a b none " LINK ",luks\n");
	rewrites(with_link, "a b none x,link-volume-key=%:.kexec::old,luks\n",
		 "a b none x," LINK ",luks\n");
	rewrites(kk_crypttab_without_link, "a b none " LINK ",luks\n", "a b none luks\n");
	rewrites(kk_crypttab_without_link, "a b none x," LINK ",luks\n", "a b none x,luks\n");
	/* Of several links one stays; untag removes all. */
	rewrites(with_link, "a b none " LINK "0,x," LINK "1,luks," LINK "2\n", "a b none x,luks," LINK "\n");
	rewrites(kk_crypttab_without_link, "a b none " LINK ",x," LINK ",luks," LINK "\n", "a b none x,luks\n");
	rewrites(kk_crypttab_without_link, "a b /key " LINK "," LINK "\n", "a b /key\n");
	/* A fifth word does not become the options. */
	rewrites(kk_crypttab_without_link, "a b none " LINK " noauto\n", "a b none - noauto\n");
	rewrites(kk_crypttab_without_link, "a b none " LINK ", noauto\n", "a b none - noauto\n");
	rewrites(kk_crypttab_without_link, "a b none ," LINK " # said\n", "a b none - # said\n");

	OK(kk_crypttab_link("a b none luks") == KK_LINK_NONE);
	OK(kk_crypttab_link("a b none") == KK_LINK_NONE);
	OK(kk_crypttab_link("a b none x-" LINK) == KK_LINK_NONE);
	OK(kk_crypttab_link("a b none luks # " LINK) == KK_LINK_NONE);
	OK(kk_crypttab_link("a b none luks," LINK) == KK_LINK_OURS);
	OK(kk_crypttab_link("a b none link-volume-key=@u::%logon:x") == KK_LINK_OTHER);
	OK(kk_crypttab_link("a b none " LINK ",link-volume-key=@u::x") == KK_LINK_OTHER);
	OK(kk_crypttab_link("a b /a/key/in/a/directory/that/is/long " LINK ",link-volume-key=@u::x") == KK_LINK_OTHER);
	/* Options of the line before are not those of a line without. */
	OK(kk_crypttab_link("a b none luks," LINK) == KK_LINK_OURS && kk_crypttab_link("a b none") == KK_LINK_NONE);
}

static bool no_memory;

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return no_memory ? NULL : __real_strdup(text);
}

static void test_crypttab_no_memory(void)
{
	no_memory = true;
	OK(!with_link("a b none luks\n") && !kk_crypttab_without_link("a b none " LINK "\n"));
	no_memory = false;
}

/* The text with another character for each ~. */
static char *with_space(const char *text, char space)
{
	char *copy = strdup(text);

	for (char *p = copy; (p = strchr(p, '~')); )
		*p = space;
	return copy;
}

/* The options end at each kind of space, with a word behind it and without. */
static const struct { const char *name, *with, *without; bool back; } spaced[] = {
	{ "behind the link", "a b none luks," LINK "~", "a b none luks~", true },
	{ "before a fifth word", "a b none luks," LINK "~x", "a b none luks~x", true },
	{ "behind another option", "a b none " LINK ",luks~x", "a b none luks~x", false },
	{ "behind the link and none", "a b none " LINK "~", "a b~", true },
	{ "behind the link and a key", "a b /key\t" LINK "~", "a b /key~", true },
	{ "twice", "a b none " LINK "~~", "a b~~", true },
	{ "before a word that must not become the options", "a b none " LINK "~x", "a b none -~x", false },
};

static void test_crypttab_space(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(spaced); i++) {
		for (const char *c = " \t\r\n\v\f"; *c; c++) {
			char *with = with_space(spaced[i].with, *c), *without = with_space(spaced[i].without, *c);

			name_row("%02x %s", *c, spaced[i].name);
			rewrites(kk_crypttab_without_link, with, without);
			rewrites(kk_crypttab_without_link, without, without);
			rewrites(with_link, with, with);
			/* tag puts it behind what there is. */
			if (spaced[i].back)
				rewrites(with_link, without, with);
			free(with);
			free(without);
		}
	}
}

static char path[512], backup[560];

static void write_file(const char *content, size_t len)
{
	FILE *f;

	snprintf(path, sizeof(path), "%s", in_dir("crypttab"));
	snprintf(backup, sizeof(backup), "%s.kexec-keys.bak", path);
	unlink(path);
	unlink(backup);
	f = fopen(path, "w");
	fwrite(content, len, 1, f);
	fclose(f);
}

static void has(const char *file, const char *content, size_t len)
{
	static char have[16384];
	FILE *f = fopen(file, "r");
	size_t n = f ? fread(have, 1, sizeof(have) - 1, f) : 0;

	if (f)
		fclose(f);
	have[n] = '\0';
	OK(f && n == len && !memcmp(have, content, len));
	if (n != len || memcmp(have, content, len))
		printf("# %.*s\n# have: %s\n", (int)len, content, have);
}

/* No file is left over. */
static void is_tidy(void)
{
	char pattern[520];
	glob_t g;

	snprintf(pattern, sizeof(pattern), "%s*", path);
	OK(!glob(pattern, 0, NULL, &g));
	OK(g.gl_pathc == 1 + !access(backup, F_OK));
	globfree(&g);
}

static char said[8192];

static int edit(bool link, int n_volumes, char **volumes)
{
	struct kk_args args = { .crypttab = true, .n_volumes = n_volumes, .volumes = volumes };
	int r;

	capture();
	r = kk_crypttab_edit(path, &args, link);
	end_capture(said, sizeof(said));
	is_tidy();
	return r;
}

#define NAMED(link, ...) edit(link, sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *), \
			      (char *[]){ __VA_ARGS__ })

/* A crypttab with an entry of each kind, and what becomes of it. */
static char before[12000], after[12000], uuid[40], uuid512[40];
static size_t before_len, after_len;

static void both(const char *format, const char *image, const char *option)
{
	before_len += snprintf(before + before_len, sizeof(before) - before_len, format,
			       in_dir(image), "");
	after_len += snprintf(after + after_len, sizeof(after) - after_len, format,
			      in_dir(image), option);
}

static void make_crypttab(void)
{
	static char filler[4200], option[120], option512[120];

	OK(kk_luks_uuid(in_dir("luks2.img"), uuid, sizeof(uuid)));
	OK(kk_luks_uuid(in_dir("luks2-sha512.img"), uuid512, sizeof(uuid512)));
	snprintf(option, sizeof(option), ",link-volume-key=%%:.kexec::%%logon:cryptsetup:%s-d0", uuid);
	snprintf(option512, sizeof(option512),
		 " none link-volume-key=%%:.kexec::%%logon:cryptsetup:%s-d0", uuid512);
	memset(filler, 'x', sizeof(filler) - 1);
	before_len = after_len = 0;
	both("# <name> %s%s\n\n", "luks2.img", "");
	both("one\t%s  none\tluks%s\r\n", "luks2.img", option);
	both("#two %s none%s\n", "luks2.img", "");
	both("old %s none luks%s\n", "luks1.img", "");
	both("gone %s none luks%s\n", "absent.img", "");
	both("swap %s /dev/urandom swap%s\n", "luks2.img", "");
	both("other %s none link-volume-key=@u::%%logon:x%s\n", "luks2.img", "");
	before_len += snprintf(before + before_len, sizeof(before) - before_len,
			       "long %s none x-%s\n", in_dir("luks2.img"), filler);
	after_len += snprintf(after + after_len, sizeof(after) - after_len,
			      "long %s none x-%s%s\n", in_dir("luks2.img"), filler, option);
	/* A line with a NUL, and one without its newline. */
	both("nul %s none%s", "luks2.img", "");
	memcpy(before + before_len, "\0x\n", 3);
	memcpy(after + after_len, "\0x\n", 3);
	before_len += 3;
	after_len += 3;
	both("three %s%s", "luks2-sha512.img", option512);
}

static void test_crypttab_file(void)
{
	make_crypttab();
	write_file(before, before_len);
	OK(edit(true, 0, NULL) == KK_OK);
	has(path, after, after_len);
	has(backup, before, before_len);
	OK(strstr(said, "one: systemd will designate its key, cryptsetup:") && strstr(said, "three: "));
	OK(strstr(said, "Left out: old is LUKS1, of which systemd can link no key."));
	OK(strstr(said, "Left out: other has a link-volume-key= of its own"));
	OK(strstr(said, "Left out: swap is not LUKS.") && strstr(said, "no device is "));
	OK(strstr(said, "\nNext: ") && strstr(said, "cryptsetup reencrypt"));
	/* Once more changes nothing, and does not lose the file as it was. */
	OK(edit(true, 0, NULL) == KK_OK);
	has(path, after, after_len);
	has(backup, before, before_len);
	OK(strstr(said, "one: as it was") && strstr(said, "Nothing is to be changed"));
	OK(edit(false, 0, NULL) == KK_OK);
	has(path, before, before_len);
	has(backup, after, after_len);
	OK(strstr(said, "one: systemd will not designate") && !strstr(said, "other"));
	OK(edit(false, 0, NULL) == KK_OK);
	has(path, before, before_len);
	OK(strstr(said, "Nothing is to be changed"));
}

/* An entry of luks2.img with a link to the key of this digest; its length. */
static int entry_with_digest(int digest, char *out, size_t size)
{
	return snprintf(out, size, "a %s none link-volume-key=%%:.kexec::%%logon:cryptsetup:%s-d%d,luks\n",
			in_dir("luks2.img"), uuid, digest);
}

static void test_crypttab_named(void)
{
	char by_uuid[60], stale[1024], fresh[1024];
	int n;

	make_crypttab();
	/* By UUID; then by name, and nothing else changes. */
	n = snprintf(stale, sizeof(stale), "a UUID=\"%s\" -\t%s\n", uuid, LINK);
	write_file(stale, n);
	snprintf(by_uuid, sizeof(by_uuid), "UUID=%s", uuid);
	OK(NAMED(false, by_uuid) == KK_OK);
	n = snprintf(stale, sizeof(stale), "a UUID=\"%s\" -\n", uuid);
	has(path, stale, n);
	write_file(before, before_len);
	OK(NAMED(true, "one", "long") == KK_OK);
	OK(NAMED(false, "long", "three") == KK_OK && strstr(said, "three: as it was"));
	OK(NAMED(true, "long", "three", "one") == KK_OK);
	has(path, after, after_len);
	OK(NAMED(false, "one", "long", "three") == KK_OK);
	has(path, before, before_len);

	/* The digest of before a re-encryption. */
	n = entry_with_digest(7, stale, sizeof(stale));
	entry_with_digest(0, fresh, sizeof(fresh));
	write_file(stale, n);
	OK(NAMED(true, "a") == KK_OK && strstr(said, "a: now cryptsetup:"));
	has(path, fresh, n);

	/* What cannot be done is said, and the rest is done. */
	write_file(before, before_len);
	OK(NAMED(true, "old") == KK_UNSUPPORTED && strstr(said, "old is LUKS1"));
	OK(NAMED(true, "swap") == KK_UNSUPPORTED && strstr(said, "swap is not LUKS"));
	OK(NAMED(true, "other") == KK_BUSY && strstr(said, "link-volume-key= of its own"));
	OK(NAMED(true, "gone") == KK_DEVICE);
	OK(NAMED(true, "none\x1b") == KK_DEVICE && strstr(said, "no entry of ") && strstr(said, " is none\\x1b; "));
	OK(NAMED(false, "nothing") == KK_DEVICE);
	has(path, before, before_len);
	OK(access(backup, F_OK));
	OK(NAMED(true, "one", "nothing", "long", "three") == KK_DEVICE);
	has(path, after, after_len);
}

static void test_crypttab_replaced(void)
{
	char real[512], name[560], value[8] = "";
	struct stat st;
	bool attributes;

	make_crypttab();
	/* Behind a symbolic link, with its mode and attributes. */
	write_file(before, before_len);
	snprintf(real, sizeof(real), "%s", in_dir("real-crypttab"));
	OK(!rename(path, real) && !symlink("real-crypttab", path) && !chmod(real, 0640));
	attributes = !setxattr(real, "user.kk", "kept", 5, 0);
	OK(edit(true, 0, NULL) == KK_OK);
	has(real, after, after_len);
	snprintf(name, sizeof(name), "%s.kexec-keys.bak", real);
	has(name, before, before_len);
	OK(strstr(said, name));
	OK(!lstat(path, &st) && S_ISLNK(st.st_mode));
	OK(!stat(real, &st) && (st.st_mode & 07777) == 0640);
	if (attributes)
		OK(getxattr(real, "user.kk", value, sizeof(value)) == 5 && !strcmp(value, "kept"));
	unlink(path);
	unlink(real);
	unlink(name);
}

static void test_crypttab_kept(void)
{
	struct rlimit limit, none;
	struct stat old, new;

	/* No room: as a disk that is full. */
	make_crypttab();
	write_file(before, before_len);
	OK(!stat(path, &old) && !getrlimit(RLIMIT_FSIZE, &limit));
	none = (struct rlimit){ 1000, limit.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	OK(!setrlimit(RLIMIT_FSIZE, &none));
	OK(kk_replace_file(path, backup, after, after_len) == -EFBIG);
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_DFL);
	has(path, before, before_len);
	OK(!stat(path, &new) && new.st_ino == old.st_ino && new.st_nlink == 1);
	is_tidy();
	/* A backup that cannot be made is no backup. */
	OK(!mkdir(backup, 0700));
	OK(edit(true, 0, NULL) == KK_PERMISSION && strstr(said, "which is as it was"));
	has(path, before, before_len);
	OK(!rmdir(backup));

	/* No entry for it, no entry at all, no file. */
	write_file("# none\n", 7);
	OK(edit(true, 0, NULL) == KK_DEVICE && strstr(said, "is a LUKS2 volume"));
	has(path, "# none\n", 7);
	write_file("", 0);
	OK(edit(true, 0, NULL) == KK_DEVICE);
	OK(edit(false, 0, NULL) == KK_OK);
	has(path, "", 0);
	snprintf(path, sizeof(path), "%s", in_dir("nothing/crypttab"));
	capture();
	OK(kk_crypttab_edit(path, &(struct kk_args){ 0 }, true) == KK_DEVICE);
	end_capture(said, sizeof(said));
	OK(strstr(said, "No such file"));
}

UNIT_MODULE(crypttab,
	{ "tag --crypttab: lines", test_crypttab_lines },
	{ "tag --crypttab: lines without memory", test_crypttab_no_memory },
	{ "tag --crypttab: space on lines", test_crypttab_space },
	{ "tag --crypttab: a file", test_crypttab_file },
	{ "tag --crypttab: VOLUMEs", test_crypttab_named },
	{ "tag --crypttab: what is replaced, and how", test_crypttab_replaced },
	{ "tag --crypttab: what stays as it is", test_crypttab_kept }
);
