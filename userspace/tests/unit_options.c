// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of options.c: which verb takes which option, and what comes of it.
 */
#include <limits.h>

#include "kexec-keys.h"
#include "unit.h"

static const struct kk_verb *verb_named(const char *name)
{
	for (unsigned int i = 0; i < kk_n_verbs; i++)
		if (!strcmp(kk_verbs[i].name, name))
			return &kk_verbs[i];
	return NULL;
}

static char said[8192];

/* Result of the parser for these words, divided by spaces; "~" stands for an empty one. */
static int parse(const char *verb, const char *words, struct kk_args *args)
{
	static char copy[512];
	static char *argv[32];
	int argc = 0, r;

	snprintf(copy, sizeof(copy), "%s %s", verb, words);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
		argv[argc++] = strcmp(p, "~") ? p : p + 1;
	argv[argc] = NULL;
	kk_set_mode(KK_MODE_NORMAL);
	kk_set_debug(false);
	capture();
	r = kk_options_parse(verb_named(verb), argc, argv, args);
	end_capture(said, sizeof(said));
	return r;
}

/* As kexec-keys(8) has them. */
static const struct { const char *option, *verbs; } matrix[] = {
	{ "--all", "tag untag open" },
	{ "--for x", "tag" },
	{ "--crypttab", "tag untag" },
	{ "--boot", "open" },
	{ "--name x", "open" },
	{ "--readonly", "open" },
	{ "--test", "open reboot" },
	{ "--header x", "tag untag open" },
	{ "--key-file x", "tag" },
	{ "--key-slot 1", "tag" },
	{ "--token-id 1", "tag" },
	{ "--timeout 1", "tag" },
	{ "--json", "list status check" },
	{ "--quiet", "status" },
	{ "--wait", "status" },
	{ "--wait=1", "status" },
	{ "--initramfs x", "check" },
	{ "--kernel x", "reboot" },
	{ "--initrd x", "reboot" },
	{ "--append x", "reboot" },
	{ "--batch-mode", "tag untag list status open check reboot scrub" },
	{ "--debug", "tag untag list status open check reboot scrub" },
	{ "-q", "tag untag list status open check reboot scrub" },
	{ "-d", "tag untag list status open check reboot scrub" },
	{ "-x", "" },
	{ "--nonsense", "" },
};

static bool has_word(const char *words, const char *word)
{
	const size_t n = strlen(word);
	const char *p = strstr(words, word);

	/* "tag" is in "untag". */
	while (p && ((p > words && p[-1] != ' ') || (p[n] && p[n] != ' ')))
		p = strstr(p + 1, word);
	return p;
}

static void test_matrix(void)
{
	struct kk_args args;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(matrix); i++) {
		for (unsigned int v = 0; v < kk_n_verbs; v++) {
			const char *verb = kk_verbs[v].name;

			name_row("%s %s", verb, matrix[i].option);
			if (has_word(matrix[i].verbs, verb)) {
				OK(parse(verb, matrix[i].option, &args) == -1 && !said[0]);
				continue;
			}
			OK(parse(verb, matrix[i].option, &args) == KK_USAGE);
			OK(strstr(said, " does not take -") && strstr(said, verb) && strstr(said, " --help"));
		}
	}
}

/* And help shows just these. */
static void test_help(void)
{
	struct kk_args args;

	for (unsigned int v = 0; v < kk_n_verbs; v++) {
		const char *verb = kk_verbs[v].name;

		for (unsigned int i = 0; i < KK_ARRAY_SIZE(matrix) - 2; i++) {
			char shown[40];

			if (matrix[i].option[1] != '-' || strchr(matrix[i].option, '='))
				continue;
			name_row("help of %s, %s", verb, matrix[i].option);
			snprintf(shown, sizeof(shown), "\n  %.*s", (int)strcspn(matrix[i].option, " "), matrix[i].option);
			OK(parse(verb, i % 2 ? "--help" : "-h", &args) == KK_OK);
			OK(!!strstr(said, shown) == has_word(matrix[i].verbs, verb));
			OK(strstr(said, kk_verbs[v].brief) && strstr(said, kk_verbs[v].usage));
		}
	}
	unit_row = "arguments";
	OK(parse("tag", "--help", &args) == KK_OK && strstr(said, "\n  --key-slot N "));
	OK(strstr(said, "\n  --all  ") && strstr(said, "\nUsage: kexec-keys tag [OPTION]..."));
	OK(parse("status", "--help", &args) == KK_OK && strstr(said, "\n  --wait[=SECONDS] "));
}

static void test_defaults(void)
{
	struct kk_args args;

	memset(&args, 0xff, sizeof(args));
	OK(parse("tag", "", &args) == -1);
	OK(!args.all && !args.crypttab && !args.boot && !args.readonly && !args.test && !args.json);
	OK(!args.quiet && !args.wait && !args.timeout_set && args.wait_seconds == 10 && !args.timeout);
	OK(args.key_slot == -1 && args.token_id == -1);
	OK(!args.name && !args.for_path && !args.key_file && !args.header && !args.initramfs);
	OK(!args.kernel && !args.initrd && !args.append && !args.n_volumes);
	OK(kk_get_mode() == KK_MODE_NORMAL && !kk_get_debug());
}

/* Each sets what is its own. */
static void test_flags(void)
{
	struct kk_args args;

	OK(parse("tag", "--all", &args) == -1 && args.all && !args.crypttab);
	OK(parse("tag", "--crypttab", &args) == -1 && args.crypttab && !args.all);
	OK(parse("open", "--readonly", &args) == -1 && args.readonly && !args.test && !args.boot);
	OK(parse("open", "--test", &args) == -1 && args.test && !args.readonly);
	OK(parse("reboot", "--test", &args) == -1 && args.test);
	OK(parse("status", "--json", &args) == -1 && args.json && !args.quiet);
	OK(parse("status", "--quiet", &args) == -1 && args.quiet && !args.json && !args.wait);
	OK(parse("status", "--wait", &args) == -1 && args.wait && args.wait_seconds == 10);
	OK(parse("open", "--boot", &args) == -1 && args.boot && kk_get_mode() == KK_MODE_BOOT);
	OK(parse("tag", "--batch-mode", &args) == -1 && kk_get_mode() == KK_MODE_BATCH);
	OK(parse("tag", "-q", &args) == -1 && kk_get_mode() == KK_MODE_BATCH && !kk_get_debug());
	/* --boot says less, in either order. */
	OK(parse("open", "--boot -q", &args) == -1 && kk_get_mode() == KK_MODE_BOOT);
	OK(parse("open", "-q --boot", &args) == -1 && kk_get_mode() == KK_MODE_BOOT);
	OK(parse("tag", "--debug", &args) == -1 && kk_get_debug() && kk_get_mode() == KK_MODE_NORMAL);
	OK(parse("tag", "-d", &args) == -1 && kk_get_debug());
	kk_set_debug(false);
}

static void test_strings(void)
{
	struct kk_args args;

	OK(parse("tag", "--for /a --key-file /b --header /c", &args) == -1);
	STR(args.for_path, "/a");
	STR(args.key_file, "/b");
	STR(args.header, "/c");
	OK(parse("tag", "--key-file=- --header=", &args) == -1);
	STR(args.key_file, "-");
	STR(args.header, "");
	OK(parse("open", "--name n", &args) == -1);
	STR(args.name, "n");
	OK(parse("check", "--initramfs i", &args) == -1);
	STR(args.initramfs, "i");
	OK(parse("reboot", "--kernel k --initrd i --append a", &args) == -1);
	STR(args.kernel, "k");
	STR(args.initrd, "i");
	STR(args.append, "a");
	/* The last one counts. */
	OK(parse("open", "--name a --name b", &args) == -1);
	STR(args.name, "b");
	OK(parse("tag", "--for", &args) == KK_USAGE && parse("open", "--name", &args) == KK_USAGE);
	OK(parse("tag", "--all=x", &args) == KK_USAGE);
}

static void test_volumes(void)
{
	struct kk_args args;

	OK(parse("tag", "a -q b --timeout 5 c", &args) == -1 && args.n_volumes == 3 && args.timeout == 5);
	STR(args.volumes[0], "a");
	STR(args.volumes[1], "b");
	STR(args.volumes[2], "c");
	OK(parse("tag", "a -- --all", &args) == -1 && args.n_volumes == 2 && !args.all);
	STR(args.volumes[1], "--all");
	OK(parse("tag", "- ~", &args) == -1 && args.n_volumes == 2);
}

static const struct { const char *option, *text; long long value; } numbers[] = {
	{ "key-slot", "0", 0 }, { "key-slot", "31", 31 }, { "key-slot", "32", -1 },
	{ "key-slot", "007", 7 }, { "key-slot", "-1", -1 }, { "key-slot", "0x1", -1 },
	{ "key-slot", "1x", -1 }, { "key-slot", "x", -1 }, { "key-slot", "", -1 },
	{ "key-slot", "+1", -1 }, { "key-slot", "4294967297", -1 },
	{ "key-slot", "18446744073709551616", -1 }, { "key-slot", "18446744073709551617", -1 },
	{ "token-id", "0", 0 }, { "token-id", "31", 31 }, { "token-id", "32", -1 },
	{ "timeout", "0", 0 }, { "timeout", "1", 1 }, { "timeout", "9", 9 },
	{ "timeout", "4294967295", UINT_MAX },
	{ "timeout", "4294967296", -1 }, { "timeout", "-1", -1 }, { "timeout", "5 ", -1 },
	/* 5, if signs are let pass */
	{ "timeout", " -18446744073709551611", -1 }, { "timeout", " 5", -1 },
	{ "timeout", "\n5", -1 }, { "timeout", "/", -1 }, { "timeout", ":", -1 },
	{ "wait", "0", 0 }, { "wait", "86400", 86400 }, { "wait", "86401", -1 }, { "wait", "", -1 },
};

static long long value_of(const char *option, const struct kk_args *args)
{
	if (!strcmp(option, "key-slot"))
		return args->key_slot;
	if (!strcmp(option, "token-id"))
		return args->token_id;
	return strcmp(option, "timeout") ? args->wait_seconds : args->timeout;
}

static void test_numbers(void)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(numbers); i++) {
		const char *option = numbers[i].option;
		const char *verb = strcmp(option, "wait") ? "tag" : "status";
		char word[64];
		struct kk_args args;
		long long value;
		int r;

		name_row("--%s=\"%s\"", option, numbers[i].text);
		snprintf(word, sizeof(word), "--%s=%s", option, numbers[i].text);
		capture();
		r = kk_options_parse(verb_named(verb), 2, (char *[]){ (char *)verb, word, NULL }, &args);
		end_capture(said, sizeof(said));
		OK(r == (numbers[i].value < 0 ? KK_USAGE : -1));
		OK(numbers[i].value >= 0 || (strstr(said, option) && strstr(said, "number from 0 on")));
		if (numbers[i].value < 0)
			continue;
		value = value_of(option, &args);
		OK(value == numbers[i].value);
		OK(args.timeout_set == !strcmp(option, "timeout") && args.wait == !strcmp(option, "wait"));
		OK(args.key_slot == (strcmp(option, "key-slot") ? -1 : value));
		OK(args.token_id == (strcmp(option, "token-id") ? -1 : value));
	}
}

UNIT_MODULE(options,
	{ "which verb takes which option", test_matrix },
	{ "help of each verb", test_help },
	{ "without options", test_defaults },
	{ "flags", test_flags },
	{ "strings", test_strings },
	{ "VOLUMEs", test_volumes },
	{ "numbers, and their bounds", test_numbers }
);
