// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names, labels, descriptions, paths: what others wrote reaches neither a terminal
 * nor a shell as it is.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "../json.h"	/* json-c has one, too */
#include "header.h"
#include "kexec-keys.h"
#include "locate.h"
#include "mend.h"
#include "unit.h"
#include "verify.h"
#include "volumes.h"

static char long_one[256];

static const char *const hostile[] = {
	"a\nkexec-keys: forged; line", "\x1b]0;title\x07\x1b[2J", "\r\b\b\b", "\"'`$(id);|&<>*?[]{}!#~",
	"%n%s%p%1000000d", "\\x1b\\", "\xff\xfe\x80", "\xc2\x9b" "2J", "\xe2\x80\xae", "\t\v\f\x7f",
	"", long_one,
};

static const char *hostile_string(unsigned int i)
{
	memset(long_one, 0xff, sizeof(long_one) - 1);
	return i < KK_ARRAY_SIZE(hostile) ? hostile[i] : NULL;
}

/* So many lines of printable ASCII. */
static bool is_plain(const char *text, unsigned int lines)
{
	for (; *text; text++) {
		if (*text == '\n')
			lines--;
		else if (*text < ' ' || *text > '~')
			return false;
	}
	return !lines;
}

static void fails(const char *s)
{
	struct kk_volume v = { 0 };
	struct kk_target t;
	char path[300];

	snprintf(path, sizeof(path), "UUID=%s", s);
	OK(kk_target_resolve(path, &t) != KK_OK);
	snprintf(path, sizeof(path), "/nonexistent/%s", s);
	OK(kk_target_resolve(path, &t) != KK_OK);
	snprintf(v.source, sizeof(v.source), "LABEL=%.200s", s);
	OK(kk_target_of_volume(&v, false, &t) != KK_OK);
}

static void fails_on_a_header(const char *s)
{
	struct kk_header h = { .luks = 2, .digest.hash = "sha256" };
	const struct kk_verify v = {
		.header = &h, .label = s, .device = s, .description = s, .serial = -1000, .ring = -1000,
	};
	char path[300];

	snprintf(path, sizeof(path), "/nonexistent/%s", s);
	OK(kk_header_load(s, path, NULL, &h, NULL) != KK_OK);
	OK(kk_verify(&v) != KK_OK);
}

static void test_strings(void)
{
	char out[8192];
	const char *s;

	for (unsigned int i = 0; (s = hostile_string(i)); i++) {
		capture();
		fails(s);
		fails_on_a_header(s);
		end_capture(out, sizeof(out));
		OK(is_plain(out, 5));
		capture();
		kk_main(2, (char *[]){ "kexec-keys", (char *)(*s ? s : "x"), NULL });
		kk_main(4, (char *[]){ "kexec-keys", "tag", "--timeout", (char *)s, NULL });
		kk_main(4, (char *[]){ "kexec-keys", "check", "--initramfs", (char *)s, NULL });
		end_capture(out, sizeof(out));
		OK(is_plain(out, 3));
		/* What a library says is not ours to escape piece by piece. */
		capture();
		kk_set_debug(true);
		kk_debug("libcryptsetup says %s of %s", s, s);
		kk_set_debug(false);
		end_capture(out, sizeof(out));
		OK(is_plain(out, 1));
	}
}

static void test_string_json(void)
{
	char out[8192], escaped[2048];
	struct json_object *o;
	const char *s;

	for (unsigned int i = 0; (s = hostile_string(i)); i++) {
		o = json_object_new_object();
		kk_json_string(o, "s", s);
		capture();
		kk_json_print(o);
		end_capture(out, sizeof(out));
		OK(is_plain(out, 3));
		o = json_tokener_parse(out);
		kk_escape(s, escaped, sizeof(escaped));
		STR(json_object_get_string(json_object_object_get(o, "s")), escaped);
		json_object_put(o);
	}
}

/* A shell that is given the word has the escaped string, and has run nothing. */
static void test_string_words(void)
{
	char command[4096], out[4096], escaped[2048];
	const char *s;

	for (unsigned int i = 0; (s = hostile_string(i)); i++) {
		kk_escape(s, escaped, sizeof(escaped));
		OK(is_plain(kk_shell_word(s), 0));
		snprintf(command, sizeof(command), "printf %%s %s", kk_shell_word(s));
		capture();
		OK(!system(command));
		end_capture(out, sizeof(out));
		/* One that is too long is cut. */
		OK(strlen(out) > 500 || strlen(out) == strlen(escaped));
		OK(!strncmp(out, escaped, strlen(out)));
	}
}

UNIT_MODULE(strings,
	{ "strings of others in messages", test_strings },
	{ "strings of others in JSON", test_string_json },
	{ "strings of others in commands", test_string_words }
);
