// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypttab.h"
#include "volumes.h"

#define OPTION "link-volume-key="
#define OURS OPTION "%:.kexec::"

/* The first option that begins so; of no length when there is none. */
static struct kk_field find_option(const struct kk_field *options, const char *prefix)
{
	const char *p = options->at, *end = options->at + options->len;
	struct kk_field option = { 0 };

	while (p < end) {
		option.at = p;
		option.len = strcspn(p, ", \t\r\n\v\f");
		if (!strncmp(p, prefix, strlen(prefix)))
			return option;
		p += option.len + 1;
	}
	option.len = 0;
	return option;
}

enum kk_link kk_crypttab_link(const char *line)
{
	struct kk_field f[4], rest, option;
	enum kk_link link = KK_LINK_NONE;

	if (kk_volume_fields(line, f) < 4)
		return KK_LINK_NONE;
	for (rest = f[3]; (option = find_option(&rest, OPTION)).len; link = KK_LINK_OURS) {
		if (strncmp(option.at, OURS, strlen(OURS)))
			return KK_LINK_OTHER;
		rest.at = option.at + option.len;
		rest.len = f[3].at + f[3].len - rest.at;
	}
	return link;
}

/* The line with these words in place of @cut bytes. */
static char *splice(const char *line, const char *at, size_t cut, const char *before,
		    const char *words)
{
	char *result;

	return asprintf(&result, "%.*s%s%s%s", (int)(at - line), line, before, words,
			at + cut) < 0 ? NULL : result;
}

static bool was_added(const struct kk_field *source, const struct kk_field *key,
		      const struct kk_field *options)
{
	return !strncmp(source->at + source->len, " none ", 6) &&
	       options->at == key->at + key->len + 1;
}

/* What follows the options on a line must not become them. */
static char *without_option(const char *line, const struct kk_field f[4],
			    const struct kk_field *option)
{
	const char *from = option->at, *to = option->at + option->len;

	if (from > f[3].at)
		from--;
	else if (*to == ',')
		to++;
	if ((size_t)(to - from) < f[3].len)
		return splice(line, from, to - from, "", "");
	if (to[strspn(to, " \t\r\n\v\f")])
		return splice(line, from, to - from, "", "-");
	from = was_added(&f[1], &f[2], &f[3]) ? f[1].at + f[1].len : f[2].at + f[2].len;
	return splice(line, from, to - from, "", "");
}

/* How many links to .kexec there are; the first is in @first. */
static unsigned int count_ours(const struct kk_field *options, struct kk_field *first)
{
	struct kk_field rest = *options, option;
	unsigned int n = 0;

	*first = (struct kk_field){ 0 };
	while ((option = find_option(&rest, OURS)).len) {
		if (!n++)
			*first = option;
		rest.at = option.at + option.len;
		rest.len = options->at + options->len - rest.at;
	}
	return n;
}

/* The line with no more than @max links to .kexec: the first ones go. */
static char *with_at_most(const char *line, unsigned int max)
{
	char *result = strdup(line), *shorter;
	struct kk_field f[4], first;

	while (result && kk_volume_fields(result, f) == 4 && count_ours(&f[3], &first) > max) {
		shorter = without_option(result, f, &first);
		free(result);
		result = shorter;
	}
	return result;
}

/*
 * Of what stands before an option that is alone, untag must find out what was
 * there before: one space and none, which was added, or a tab.
 */
char *kk_crypttab_with_link(const char *line, const char *description)
{
	static const char *const before[] = { [2] = " none ", [3] = "\t", [4] = "," };
	char option[160], *one = with_at_most(line, 1), *result;
	struct kk_field f[4], ours = { 0 };
	unsigned int n;

	if (!one)
		return NULL;
	n = kk_volume_fields(one, f);
	if (!n)
		return one;
	snprintf(option, sizeof(option), "%s%%logon:%s", OURS, description);
	if (n == 4)
		count_ours(&f[3], &ours);
	if (ours.len)
		result = splice(one, ours.at, ours.len, "", option);
	else
		result = splice(one, f[n - 1].at + f[n - 1].len, 0, before[n], option);
	free(one);
	return result;
}

char *kk_crypttab_without_link(const char *line)
{
	return with_at_most(line, 0);
}
