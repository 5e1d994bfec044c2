// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What depmod wrote below /lib/modules/RELEASE: modules.builtin names the
 * modules that are built in, modules.builtin.modinfo their aliases,
 * modules.alias those of the others. An algorithm has the alias crypto-NAME.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "kexec-keys.h"
#include "mapping.h"
#include "modules.h"

#ifndef KK_PROC_CRYPTO
#define KK_PROC_CRYPTO "/proc/crypto"
#endif

/* Ways to number sectors that take no algorithm. */
static const char *const ivs[] = {
	"plain", "plain64", "plain64be", "benbi", "null", "lmk", "tcw", "eboiv",
	"elephant", "random", "capi",
};

static bool is_algorithm(const char *word)
{
	if (!word[strspn(word, "0123456789")])
		return false;
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(ivs); i++)
		if (!strcmp(word, ivs[i]))
			return false;
	return true;
}

/* aes-xts-plain64, aes-cbc-essiv:sha256, xchacha12,aes-adiantum-plain64, xts(aes) */
void kk_cipher_words(const char *cipher, struct kk_words *out)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", cipher);
	while ((word = strsep(&rest, "-,:()")))
		if (is_algorithm(word))
			kk_words_add(out, word);
}

bool kk_module_of_path(const char *path, char *out, size_t size)
{
	const char *name = strrchr(path, '/'), *end;

	name = name ? name + 1 : path;
	end = strstr(name, ".ko");
	if (!end || end == name || (end[3] && end[3] != '.'))
		return false;
	snprintf(out, size, "%.*s", (int)(end - name), name);
	for (; *out; out++)
		if (*out == '-')
			*out = '_';
	return true;
}

/* Calls @fn with each record of a file until it returns true. */
static bool any_record(const char *dir, const char *file, int separator,
		       bool (*fn)(char *record, const void *arg), const void *arg)
{
	char path[512], *record = NULL;
	bool found = false;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && getdelim(&record, &size, separator, f) > 0) {
		record[strcspn(record, "\n")] = '\0';
		found = fn(record, arg);
	}
	free(record);
	fclose(f);
	return found;
}

static bool is_module(char *path, const void *name)
{
	char module[KK_WORD_MAX];

	return kk_module_of_path(path, module, sizeof(module)) && !strcmp(module, name);
}

static bool is_builtin(const char *dir, const char *name)
{
	return any_record(dir, "modules.builtin", '\n', is_module, name);
}

/* xts.alias=crypto-xts */
static bool is_builtin_alias(char *record, const void *name)
{
	char *alias = strstr(record, ".alias=crypto-");

	return alias && !strcmp(alias + strlen(".alias=crypto-"), name);
}

struct wanted {
	const char *name;
	const struct kk_words *modules;
};

/* alias crypto-aes aesni_intel */
static bool is_alias_of_these(char *line, const void *arg)
{
	const struct wanted *w = arg;
	char alias[KK_WORD_MAX], module[KK_WORD_MAX];

	return sscanf(line, "alias crypto-%63s %63s", alias, module) == 2 &&
	       !strcmp(alias, w->name) && kk_words_have(w->modules, module);
}

static bool is_running_algorithm(char *line, const void *name)
{
	struct kk_words words = { 0 };
	char value[256];
	bool found;

	if (sscanf(line, "name : %255s", value) != 1)
		return false;
	kk_cipher_words(value, &words);
	found = kk_words_have(&words, name);
	kk_words_free(&words);
	return found;
}

/* By what it does: built in, a module without parameters is not in /sys/module. */
static bool is_running_module(const char *name)
{
	if (!strcmp(name, "dm_crypt"))
		return kk_dm_has_target("crypt");
	return !strcmp(name, "algif_hash") && kk_hmac_works("sha256");
}

static enum kk_has answer(bool has)
{
	return has ? KK_HAS : KK_LACKS;
}

enum kk_has kk_has_module(const char *dir, bool running, const struct kk_words *modules,
			  const char *name)
{
	if (kk_words_have(modules, name))
		return KK_HAS;
	if (!access(dir, F_OK))
		return answer(is_builtin(dir, name));
	return running ? answer(is_running_module(name)) : KK_UNKNOWN;
}

enum kk_has kk_has_algorithm(const char *dir, bool running, const struct kk_words *modules,
			     const char *name)
{
	const struct wanted w = { name, modules };
	char generic[KK_WORD_MAX + 8];

	snprintf(generic, sizeof(generic), "%s_generic", name);
	if (kk_words_have(modules, name) || kk_words_have(modules, generic))
		return KK_HAS;
	if (!access(dir, F_OK))
		return answer(is_builtin(dir, name) || is_builtin(dir, generic) ||
			      any_record(dir, "modules.builtin.modinfo", '\0',
					 is_builtin_alias, name) ||
			      any_record(dir, "modules.alias", '\n', is_alias_of_these, &w));
	if (!running)
		return KK_UNKNOWN;
	return answer(any_record("", KK_PROC_CRYPTO, '\n', is_running_algorithm, name));
}
