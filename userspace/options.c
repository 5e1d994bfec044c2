// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line: one table of options drives parsing, help, and the refusal
 * of options that a verb does not have.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kexec-keys.h"

enum {
	OPT_ALL = 256, OPT_FOR, OPT_CRYPTTAB, OPT_BOOT, OPT_NAME, OPT_READONLY, OPT_TEST, OPT_HEADER,
	OPT_KEY_FILE, OPT_KEY_SLOT, OPT_TOKEN_ID, OPT_TIMEOUT, OPT_JSON,
	OPT_QUIET, OPT_WAIT, OPT_INITRAMFS, OPT_KERNEL,
	OPT_INITRD, OPT_APPEND, OPT_BATCH, OPT_DEBUG, OPT_HELP,
};

struct kk_option {
	const char *name;
	int id;
	unsigned int verbs;
	int has_arg;
	const char *arg;
	const char *help;
};

static const struct kk_option options[] = {
	{ "all", OPT_ALL, KK_VERB_TAG | KK_VERB_UNTAG | KK_VERB_OPEN,
	  no_argument, "", "every volume (tag: every open one)" },
	{ "for", OPT_FOR, KK_VERB_TAG, required_argument, "PATH",
	  "every volume that this path stands on" },
	{ "crypttab", OPT_CRYPTTAB, KK_VERB_TAG | KK_VERB_UNTAG, no_argument, "",
	  "change /etc/crypttab, for systemd to do it at each boot" },
	{ "boot", OPT_BOOT, KK_VERB_OPEN, no_argument, "",
	  "for boot scripts: one line at most, 0 when nothing is to do" },
	{ "name", OPT_NAME, KK_VERB_OPEN, required_argument, "NAME",
	  "mapper name to use" },
	{ "readonly", OPT_READONLY, KK_VERB_OPEN, no_argument, "",
	  "make a read-only mapping" },
	{ "test", OPT_TEST, KK_VERB_OPEN, no_argument, "",
	  "verify the key against the header, activate nothing" },
	{ "header", OPT_HEADER, KK_VERB_TAG | KK_VERB_UNTAG | KK_VERB_OPEN,
	  required_argument, "FILE", "device or file with the detached LUKS header" },
	{ "key-file", OPT_KEY_FILE, KK_VERB_TAG, required_argument, "FILE",
	  "read the passphrase from FILE (- is standard input)" },
	{ "key-slot", OPT_KEY_SLOT, KK_VERB_TAG, required_argument, "N",
	  "try this key slot only" },
	{ "token-id", OPT_TOKEN_ID, KK_VERB_TAG, required_argument, "N",
	  "use this token only" },
	{ "timeout", OPT_TIMEOUT, KK_VERB_TAG, required_argument, "SECONDS",
	  "the key expires after so long (0: never)" },
	{ "json", OPT_JSON, KK_VERB_LIST | KK_VERB_STATUS | KK_VERB_CHECK,
	  no_argument, "", "print one JSON object" },
	{ "quiet", OPT_QUIET, KK_VERB_STATUS, no_argument, "",
	  "print nothing, give the exit status only" },
	{ "wait", OPT_WAIT, KK_VERB_STATUS, optional_argument, "[=SECONDS]",
	  "wait (10 s) until the crash image holds the ring" },
	{ "initramfs", OPT_INITRAMFS, KK_VERB_CHECK, required_argument, "FILE",
	  "look into this one for the capture kernel's" },
	{ "kernel", OPT_KERNEL, KK_VERB_REBOOT, required_argument, "FILE",
	  "boot this kernel (that of the running release)" },
	{ "initrd", OPT_INITRD, KK_VERB_REBOOT, required_argument, "FILE",
	  "and this initramfs (likewise)" },
	{ "append", OPT_APPEND, KK_VERB_REBOOT, required_argument, "STRING",
	  "and this command line (the running kernel's)" },
	{ "test", OPT_TEST, KK_VERB_REBOOT, no_argument, "",
	  "do all but the reboot, then put everything back" },
	{ "batch-mode", OPT_BATCH, KK_VERB_ANY, no_argument, "",
	  "no progress, never prompt" },
	{ "debug", OPT_DEBUG, KK_VERB_ANY, no_argument, "",
	  "say what is being done" },
	{ "help", OPT_HELP, KK_VERB_ANY, no_argument, "", "this text" },
};

static unsigned int verb_bit(const struct kk_verb *verb)
{
	return 1U << (verb - kk_verbs);
}

static void print_option(const struct kk_option *o)
{
	char left[40];

	snprintf(left, sizeof(left), "--%s%s%s", o->name,
		 o->has_arg == required_argument ? " " : "", o->arg);
	printf("  %-22s %s\n", left, o->help);
}

void kk_help_verb(const struct kk_verb *verb)
{
	printf("kexec-keys %s: %s\n\nUsage: kexec-keys %s%s%s\n\n", verb->name,
	       verb->brief, verb->name, *verb->usage ? " " : "", verb->usage);
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(options); i++)
		if (options[i].verbs & verb_bit(verb))
			print_option(&options[i]);
	printf("\nMore: man 8 kexec-keys\n");
}

void kk_help(void)
{
	printf("Carry volume keys of dm-crypt over a kexec.\n\n"
	       "Usage: kexec-keys [VERB [OPTION]... [VOLUME]...]\n\n");
	for (unsigned int i = 0; i < kk_n_verbs; i++)
		printf("  %-8s %s\n", kk_verbs[i].name, kk_verbs[i].brief);
	printf("\nVOLUME is a mapper name, a device, or UUID=...\n"
	       "Without a verb: status.\n"
	       "kexec-keys VERB --help explains a verb, man 8 kexec-keys all of them.\n");
}

static int parse_number(const char *name, const char *text, unsigned int max,
			unsigned int *out)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	/* strtoul() skips space and takes signs. */
	if (errno || *text < '0' || *text > '9' || *end || v > max)
		return kk_fail(KK_USAGE, "give a number from 0 on",
			       "--%s does not take \"%s\"", name, kk_esc(text));
	*out = v;
	return -1;
}

static int apply(const struct kk_verb *verb, const struct kk_option *o,
		 struct kk_args *args)
{
	unsigned int v;
	int r = -1;

	switch (o->id) {
	case OPT_ALL:
		args->all = true;
		break;
	case OPT_FOR:
		args->for_path = optarg;
		break;
	case OPT_CRYPTTAB:
		args->crypttab = true;
		break;
	case OPT_BOOT:
		args->boot = true;
		kk_set_mode(KK_MODE_BOOT);
		break;
	case OPT_NAME:
		args->name = optarg;
		break;
	case OPT_READONLY:
		args->readonly = true;
		break;
	case OPT_TEST:
		args->test = true;
		break;
	case OPT_HEADER:
		args->header = optarg;
		break;
	case OPT_KEY_FILE:
		args->key_file = optarg;
		break;
	case OPT_KEY_SLOT:
		r = parse_number(o->name, optarg, 31, &v);
		args->key_slot = v;
		break;
	case OPT_TOKEN_ID:
		r = parse_number(o->name, optarg, 31, &v);
		args->token_id = v;
		break;
	case OPT_TIMEOUT:
		r = parse_number(o->name, optarg, UINT_MAX, &args->timeout);
		args->timeout_set = true;
		break;
	case OPT_JSON:
		args->json = true;
		break;
	case OPT_QUIET:
		args->quiet = true;
		break;
	case OPT_WAIT:
		args->wait = true;
		if (optarg)
			r = parse_number(o->name, optarg, 86400,
					 &args->wait_seconds);
		break;
	case OPT_INITRAMFS:
		args->initramfs = optarg;
		break;
	case OPT_KERNEL:
		args->kernel = optarg;
		break;
	case OPT_INITRD:
		args->initrd = optarg;
		break;
	case OPT_APPEND:
		args->append = optarg;
		break;
	case OPT_BATCH:
		if (kk_get_mode() == KK_MODE_NORMAL)
			kk_set_mode(KK_MODE_BATCH);
		break;
	case OPT_DEBUG:
		kk_set_debug(true);
		break;
	case OPT_HELP:
		kk_help_verb(verb);
		return KK_OK;
	}
	return r;
}

static const struct kk_option *find(int id)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(options); i++)
		if (options[i].id == id)
			return &options[i];
	return NULL;
}

static int refuse(const struct kk_verb *verb, const char *word)
{
	char next[64];

	snprintf(next, sizeof(next), "see kexec-keys %s --help", verb->name);
	return kk_fail(KK_USAGE, next, "%s does not take %s, or not like this",
		       verb->name, kk_esc(word));
}

int kk_options_parse(const struct kk_verb *verb, int argc, char **argv,
		     struct kk_args *args)
{
	struct option longopts[KK_ARRAY_SIZE(options) + 1] = { 0 };
	unsigned int n = 0;
	int id, r;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(options); i++) {
		if (!(options[i].verbs & verb_bit(verb)))
			continue;
		longopts[n].name = options[i].name;
		longopts[n].has_arg = options[i].has_arg;
		longopts[n++].val = options[i].id;
	}

	*args = (struct kk_args){ .key_slot = -1, .token_id = -1,
				  .wait_seconds = 10 };
	opterr = 0;
	optind = 0;
	while ((id = getopt_long(argc, argv, "qdh", longopts, NULL)) != -1) {
		if (id == 'q')
			id = OPT_BATCH;
		else if (id == 'd')
			id = OPT_DEBUG;
		else if (id == 'h')
			id = OPT_HELP;
		if (!find(id))
			return refuse(verb, argv[optind - 1]);
		r = apply(verb, find(id), args);
		if (r >= 0)
			return r;
	}
	args->n_volumes = argc - optind;
	args->volumes = argv + optind;
	return -1;
}
