// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kexec-keys: carry volume keys of dm-crypt over a kexec.
 *
 * The kernel does the work; this is its handle. Each verb is a file cmd_*.c.
 */
#include <stdio.h>
#include <string.h>

#include "kexec-keys.h"

/* In the order of the KK_VERB_ bits. */
const struct kk_verb kk_verbs[] = {
	{ "tag", kk_cmd_tag, "designate the keys of LUKS volumes for the next kernel",
	  "[OPTION]... VOLUME... | --all | --for PATH | --crypttab [VOLUME]..." },
	{ "untag", kk_cmd_untag, "take designated keys back",
	  "[OPTION]... VOLUME... | --all | --crypttab [VOLUME]..." },
	{ "list", kk_cmd_list, "list the designated keys", "[--json]" },
	{ "status", kk_cmd_status, "would the capture kernel have the keys after a panic now?",
	  "[--json | --quiet] [--wait[=SECONDS]]" },
	{ "open", kk_cmd_open, "open volumes with the keys that came over",
	  "[OPTION]... [VOLUME... | --all]" },
	{ "check", kk_cmd_check, "rehearse: would a panic now end in a saved dump?",
	  "[--json] [--initramfs FILE]" },
	{ "reboot", kk_cmd_reboot, "reboot by kexec, with the keys, and nobody to ask",
	  "[--kernel FILE] [--initrd FILE] [--append STRING] [--test]" },
	{ "scrub", kk_cmd_scrub, "copy a vmcore without the keys that are found in it",
	  "VMCORE NEW" },
};

const unsigned int kk_n_verbs = KK_ARRAY_SIZE(kk_verbs);

static const struct kk_verb *find_verb(const char *name)
{
	for (unsigned int i = 0; i < kk_n_verbs; i++)
		if (!strcmp(kk_verbs[i].name, name))
			return &kk_verbs[i];
	return NULL;
}

int kk_main(int argc, char **argv)
{
	const struct kk_verb *verb = find_verb("status");
	struct kk_args args;
	int r;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
			 !strcmp(argv[1], "help"))) {
		kk_help();
		return KK_OK;
	}
	if (argc > 1 && (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))) {
		printf("kexec-keys %s\n", KK_VERSION);
		return KK_OK;
	}
	/* Options before any verb are those of status. */
	if (argc > 1 && argv[1][0] != '-') {
		verb = find_verb(argv[1]);
		if (!verb)
			return kk_fail(KK_USAGE, "see kexec-keys --help",
				       "there is no verb \"%s\"", kk_esc(argv[1]));
		argc--;
		argv++;
	}

	r = kk_options_parse(verb, argc, argv, &args);
	if (r < 0)
		r = verb->func(&args);
	kk_boot_line();
	return r;
}
