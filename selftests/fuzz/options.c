// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program's own command line. The first byte of an input selects the verb, its
 * lines are the words after it.
 */
#include "fuzz.h"
#include "kexec-keys.h"

#define MAX_WORDS 20

/* Help goes to standard output. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(freopen("/dev/null", "w", stdout));
	return 0;
}

static bool is_word_of(char *const *words, int n, const char *value)
{
	for (int i = 0; i < n; i++)
		if (value >= words[i] && value <= words[i] + strlen(words[i]))
			return true;
	return false;
}

static void check_args(const struct kk_args *args, char **words, int n)
{
	const char *const values[] = { args->name, args->for_path, args->key_file, args->header,
				       args->initramfs, args->kernel, args->initrd, args->append };

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(values); i++)
		MUST(!values[i] || is_word_of(words, n, values[i]));
	MUST(args->key_slot >= -1 && args->key_slot <= 31);
	MUST(args->token_id >= -1 && args->token_id <= 31);
	MUST(args->wait_seconds <= 86400);
	MUST(args->wait || args->wait_seconds == 10);
	MUST(args->timeout_set || !args->timeout);
	MUST(args->n_volumes >= 0 && args->volumes + args->n_volumes == words + n);
	for (int i = 0; i < args->n_volumes; i++)
		read_bytes(args->volumes[i], strlen(args->volumes[i]) + 1);
	reached();
}

static void parse(const struct kk_verb *verb, char **words, int n)
{
	struct kk_args args;
	struct kk_kept kept;
	int r;

	kk_set_mode(KK_MODE_NORMAL);
	kk_set_debug(false);
	kk_keep_errors(&kept);
	r = kk_options_parse(verb, n, words, &args);
	kk_keep_errors(NULL);
	/* An error says what is wrong, and nothing else does. */
	MUST(r == -1 || r == KK_OK || r == KK_USAGE);
	MUST((r == KK_USAGE) == !!kept.sentence[0]);
	if (r == -1)
		check_args(&args, words, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *rest, *word, **words = calloc(MAX_WORDS + 1, sizeof(*words));
	int n = 0;

	MUST(words);
	if (size) {
		text = rest = copy_text(data + 1, size - 1);
		words[n++] = strdup(kk_verbs[data[0] % kk_n_verbs].name);
		while (n < MAX_WORDS && (word = strsep(&rest, "\n")))
			words[n++] = strdup(word);
		parse(&kk_verbs[data[0] % kk_n_verbs], words, n);
		free(text);
	}
	for (int i = 0; i < n; i++)
		free(words[i]);
	free(words);
	return 0;
}
