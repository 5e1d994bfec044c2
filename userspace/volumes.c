// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "device.h"
#include "header.h"
#include "kexec-keys.h"
#include "volumes.h"

const char *kk_root = "";

const char kk_volumes_file[] = "/etc/kexec-keys/volumes", kk_crypttab_file[] = "/etc/crypttab";

static const char *const files[] = { kk_volumes_file, kk_crypttab_file, "/cryptroot/crypttab" };

static const char *below_root(const char *path, char *out, size_t size)
{
	snprintf(out, size, "%s%s", kk_root, path);
	return out;
}

unsigned int kk_volume_flags(const char *options)
{
	static const struct { const char *word; unsigned int flag; } words[] = {
		{ "discard", KK_FLAG_DISCARDS },
		{ "allow-discards", KK_FLAG_DISCARDS },
		{ "same-cpu-crypt", KK_FLAG_SAME_CPU },
		{ "submit-from-crypt-cpus", KK_FLAG_SUBMIT_FROM_CPU },
		{ "no-read-workqueue", KK_FLAG_NO_READ_WQ },
		{ "no-write-workqueue", KK_FLAG_NO_WRITE_WQ },
		{ "high-priority", KK_FLAG_HIGH_PRIORITY },
		{ "readonly", KK_FLAG_READONLY },
		{ "read-only", KK_FLAG_READONLY },
	};
	unsigned int flags = 0;

	while (*options) {
		size_t n = strcspn(options, ",");

		for (unsigned int i = 0; i < KK_ARRAY_SIZE(words); i++)
			if (n == strlen(words[i].word) && !strncmp(options, words[i].word, n))
				flags |= words[i].flag;
		options += n + (options[n] == ',');
	}
	return flags;
}

static bool copy_option(const char *options, const char *key, char *out, size_t size)
{
	const size_t k = strlen(key);

	while (*options) {
		size_t n = strcspn(options, ",");

		if (n > k && !strncmp(options, key, k)) {
			if (n - k >= size)
				return false;
			snprintf(out, size, "%.*s", (int)(n - k), options + k);
		}
		options += n + (options[n] == ',');
	}
	return true;
}

/* With or without a value. */
static bool has_option(const char *options, const char *word)
{
	const size_t len = strlen(word);

	while (*options) {
		size_t n = strcspn(options, ",");

		if (n >= len && !strncmp(options, word, len) && strchr(",=", options[len]))
			return true;
		options += n + (options[n] == ',');
	}
	return false;
}

/* As systemd takes them; what is behind the fourth is nobody's. */
unsigned int kk_volume_fields(const char *line, struct kk_field fields[4])
{
	static const char space[] = " \t\r\n\v\f";
	unsigned int n = 0;

	for (line += strspn(line, space); *line && n < 4; line += strspn(line, space)) {
		fields[n].at = line;
		fields[n++].len = strcspn(line, space);
		line += strcspn(line, space);
	}
	/* A word and a comment are no entry, either. */
	if (n < 2 || fields[0].at[0] == '#' || fields[1].at[0] == '#')
		return 0;
	return n;
}

static bool copy_field(const struct kk_field *f, char *out, size_t size)
{
	if (f->len >= size)
		return false;
	snprintf(out, size, "%.*s", (int)f->len, f->at);
	return true;
}

static bool is_luks(const char *options)
{
	static const char *const other[] = { "plain", "swap", "tmp", "tcrypt", "tcrypt-hidden",
					     "tcrypt-system", "bitlk" };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(other); i++)
		if (has_option(options, other[i]))
			return false;
	return true;
}

static bool parse_options(const char *options, struct kk_volume *v)
{
	char tpm2[64] = "";

	v->flags = kk_volume_flags(options);
	v->not_luks = !is_luks(options);
	v->at_boot = !has_option(options, "noauto") && !has_option(options, "nofail");
	if (!copy_option(options, "tpm2-device=", tpm2, sizeof(tpm2)) || tpm2[0])
		v->asks = false;
	return copy_option(options, "header=", v->header, sizeof(v->header));
}

/* Debian's, which asks if no volume before has had the answer. */
static bool keyscript_asks(const char *options)
{
	static const char name[] = "decrypt_keyctl";
	char script[256] = "";
	size_t len;

	copy_option(options, "keyscript=", script, sizeof(script));
	len = strlen(script);
	return len >= strlen(name) && !strcmp(script + len - strlen(name), name);
}

static bool is_word(const struct kk_field *f, const char *word)
{
	return f->len == strlen(word) && !strncmp(f->at, word, f->len);
}

bool kk_volume_parse(const char *line, struct kk_volume *v)
{
	struct kk_field f[4];
	unsigned int n = kk_volume_fields(line, f);
	char *options;
	bool is;

	memset(v, 0, sizeof(*v));
	if (!n || !copy_field(&f[0], v->name, sizeof(v->name)) || strchr(v->name, '/') ||
	    !copy_field(&f[1], v->source, sizeof(v->source)))
		return false;
	v->asks = n < 3 || is_word(&f[2], "none") || is_word(&f[2], "-");
	options = strndup(n > 3 ? f[3].at : "", n > 3 ? f[3].len : 0);
	is = options && parse_options(options, v);
	v->asks = v->asks || (is && keyscript_asks(options));
	free(options);
	return is;
}

bool kk_volume_has_key_file(const struct kk_volume *v)
{
	static const char *const directories[] = { "/etc/cryptsetup-keys.d", "/run/cryptsetup-keys.d" };
	char path[PATH_MAX];

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(directories); i++) {
		snprintf(path, sizeof(path), "%s%s/%s.key", kk_root, directories[i], v->name);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

bool kk_source_is_uuid(const char *source, const char *uuid)
{
	size_t n = strlen(uuid);

	if (strncmp(source, "UUID=", 5))
		return false;
	source += 5;
	if (*source == '"')
		source++;
	/* A volume without a UUID is not that of an entry without one. */
	return n && !strncasecmp(source, uuid, n) &&
	       (!source[n] || !strcmp(source + n, "\""));
}

bool kk_source_uuid(const char *source, char *uuid)
{
	if (strncmp(source, "UUID=", 5))
		return false;
	snprintf(uuid, KK_UUID_LEN + 1, "%s", source + 5 + (source[5] == '"'));
	return kk_source_is_uuid(source, uuid) && kk_uuid_valid(uuid);
}

static bool source_is_device(const char *source, unsigned long rdev)
{
	char *path = NULL;
	bool is;

	if (!rdev || !strncmp(source, "UUID=", 5))
		return false;
	if (source[0] != '/')
		path = blkid_evaluate_spec(source, NULL);
	is = kk_device_number(path ? path : source) == rdev;
	free(path);
	return is;
}

struct wanted {
	const char *name;	/* or NULL */
	const char *uuid;
	unsigned long rdev;
};

static bool header_is(const struct kk_volume *v, const char *uuid)
{
	char its[KK_UUID_LEN + 1];

	return *uuid && v->header[0] && kk_luks_uuid(v->header, its, sizeof(its)) &&
	       !strcasecmp(its, uuid);
}

static bool matches(const struct kk_volume *v, const struct wanted *w)
{
	if (w->name)
		return !strcmp(v->name, w->name);
	return kk_source_is_uuid(v->source, w->uuid) || source_is_device(v->source, w->rdev) ||
	       header_is(v, w->uuid);
}

bool kk_volume_is(const struct kk_volume *v, const char *uuid, unsigned long rdev)
{
	const struct wanted w = { .uuid = uuid, .rdev = rdev };

	return matches(v, &w);
}

int kk_each_volume(const char *path, int (*fn)(const struct kk_volume *v, void *arg),
		   void *arg)
{
	char place[PATH_MAX];
	FILE *f = fopen(below_root(path, place, sizeof(place)), "re");
	struct kk_volume v;
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return 0;
	while (!r && getline(&line, &size, f) > 0)
		if (kk_volume_parse(line, &v))
			r = fn(&v, arg);
	free(line);
	fclose(f);
	return r;
}

struct search {
	const struct wanted *wanted;
	struct kk_volume *found;
};

static int take_wanted(const struct kk_volume *v, void *arg)
{
	struct search *s = arg;

	if (!matches(v, s->wanted))
		return 0;
	*s->found = *v;
	return 1;
}

/* The next word of a command line, without its quotes. */
static const char *next_word(const char *p, char *out, size_t size)
{
	bool quoted = false;
	size_t n = 0;

	while (*p == ' ' || *p == '\t' || *p == '\n')
		p++;
	if (!*p)
		return NULL;
	for (; *p && (quoted || !strchr(" \t\n", *p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (n + 1 < size)
			out[n++] = *p;
	}
	out[n] = '\0';
	return p;
}

static const char *value_of(const char *word, const char *key)
{
	if (!strncmp(word, "rd.", 3))
		word += 3;
	return strncmp(word, key, strlen(key)) ? NULL : word + strlen(key);
}

/* "<UUID>=rest" with the wanted UUID: rest. */
static const char *after_uuid(const char *value, const char *uuid)
{
	size_t n = strlen(uuid);

	if (!strncmp(value, "luks-", 5))
		value += 5;
	return n && !strncasecmp(value, uuid, n) && value[n] == '=' ? value + n + 1 : NULL;
}

static bool starts_with_uuid(const char *value)
{
	char uuid[KK_UUID_LEN + 1];

	snprintf(uuid, sizeof(uuid), "%s", value);
	return kk_uuid_valid(uuid) && value[KK_UUID_LEN] == '=';
}

static bool cmdline_name(const char *cmdline, const char *uuid, struct kk_volume *v)
{
	char word[512];

	while ((cmdline = next_word(cmdline, word, sizeof(word)))) {
		const char *value = value_of(word, "luks.name=");
		const char *name;

		if (!value)
			continue;
		if (*uuid) {
			name = after_uuid(value, uuid);
			if (!name || !*name || strchr(name, '/'))
				continue;
			snprintf(v->name, sizeof(v->name), "%s", name);
			snprintf(v->source, sizeof(v->source), "UUID=%s", uuid);
			return true;
		}
		if (starts_with_uuid(value) && !strcmp(value + KK_UUID_LEN + 1, v->name)) {
			snprintf(v->source, sizeof(v->source), "UUID=%.*s", KK_UUID_LEN, value);
			return true;
		}
	}
	return false;
}

static void cmdline_options(const char *cmdline, const char *uuid, struct kk_volume *v)
{
	const char *all = NULL, *own = NULL, *value;
	char word[512], all_words[512], own_words[512];

	while ((cmdline = next_word(cmdline, word, sizeof(word)))) {
		value = value_of(word, "luks.options=");
		if (value && after_uuid(value, uuid)) {
			snprintf(own_words, sizeof(own_words), "%s", after_uuid(value, uuid));
			own = own_words;
		} else if (value && !starts_with_uuid(value)) {
			snprintf(all_words, sizeof(all_words), "%s", value);
			all = all_words;
		}
		value = value_of(word, "luks.key=");
		if (value && (after_uuid(value, uuid) || !starts_with_uuid(value)))
			v->asks = false;
		/* dracut's, for all volumes or for one */
		value = value_of(word, "luks.allow-discards");
		if (value && (!*value || (*value == '=' && !strcasecmp(value + 1, uuid))))
			v->flags |= KK_FLAG_DISCARDS;
	}
	/* As in systemd: those without a UUID are for volumes with none of their own. */
	if (own || all)
		v->flags |= kk_volume_flags(own ? own : all);
}

bool kk_cmdline_volume(const char *cmdline, const char *uuid, struct kk_volume *v)
{
	bool found = cmdline_name(cmdline, uuid, v);

	if (*uuid)
		cmdline_options(cmdline, uuid, v);
	else if (found)
		cmdline_options(cmdline, v->source + 5, v);
	return found;
}

bool kk_cmdline_opens(const char *cmdline, const char *uuid)
{
	char word[512];
	bool opens = false;

	while ((cmdline = next_word(cmdline, word, sizeof(word)))) {
		const char *value = value_of(word, "luks.uuid=");
		size_t n;

		if (!strcmp(word, "rd.luks=0") || !strcmp(word, "rd.luks=no"))
			return false;
		if (!value)
			value = value_of(word, "luks.name=");
		if (!value)
			continue;
		if (!strncmp(value, "luks-", 5))
			value += 5;
		n = strcspn(value, "=");
		opens = opens || (n && n <= KK_UUID_LEN && !strncasecmp(value, uuid, n));
	}
	return opens;
}

bool kk_cmdline_has(const char *cmdline, const char *beginning)
{
	char word[512];

	while ((cmdline = next_word(cmdline, word, sizeof(word))))
		if (!strncmp(word, beginning, strlen(beginning)))
			return true;
	return false;
}

void kk_read_cmdline(char *out, size_t size)
{
	char place[PATH_MAX];
	int fd = open(below_root("/proc/cmdline", place, sizeof(place)), O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);

	out[n < 0 ? 0 : n] = '\0';
	if (fd >= 0)
		close(fd);
}

static bool find(const struct wanted *w, struct kk_volume *v)
{
	struct search s = { w, v };
	char cmdline[8192], uuid[KK_UUID_LEN + 1];

	kk_read_cmdline(cmdline, sizeof(cmdline));
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(files); i++) {
		if (!kk_each_volume(files[i], take_wanted, &s))
			continue;
		if (w->uuid && *w->uuid)
			cmdline_options(cmdline, w->uuid, v);
		else if (kk_source_uuid(v->source, uuid))
			cmdline_options(cmdline, uuid, v);
		return true;
	}
	memset(v, 0, sizeof(*v));
	v->asks = true;
	if (w->name)
		snprintf(v->name, sizeof(v->name), "%s", w->name);
	return kk_cmdline_volume(cmdline, w->name ? "" : w->uuid, v);
}

bool kk_volume_of(const char *uuid, unsigned long rdev, struct kk_volume *v)
{
	struct wanted w = { .uuid = uuid, .rdev = rdev };

	return find(&w, v);
}

bool kk_volume_named(const char *name, struct kk_volume *v)
{
	struct wanted w = { .name = name };

	return find(&w, v);
}

/* NAME="words", as words of their own. */
static void split_assignment(char *line)
{
	char *p = strchr(line, '=');

	if (p)
		*p = ' ';
	for (p = line; (p = strpbrk(p, "\"'")); )
		*p = ' ';
}

bool kk_file_has_word(const char *path, const char *beginning)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	bool has = false;
	size_t size = 0;

	if (!f)
		return false;
	while (!has && getline(&line, &size, f) > 0) {
		line[strcspn(line, "#")] = '\0';
		split_assignment(line);
		has = kk_cmdline_has(line, beginning);
	}
	free(line);
	fclose(f);
	return has;
}
