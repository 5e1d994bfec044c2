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

/*
 * Of what stands before an option that is alone, untag must find out what was
 * there before: one space and none, which was added, or a tab.
 */
char *kk_crypttab_with_link(const char *line, const char *description)
{
	static const char *const before[] = { [2] = " none ", [3] = "\t", [4] = "," };
	struct kk_field f[4], ours = { 0 };
	unsigned int n = kk_volume_fields(line, f);
	char option[160];

	if (!n)
		return strdup(line);
	snprintf(option, sizeof(option), "%s%%logon:%s", OURS, description);
	if (n == 4)
		ours = find_option(&f[3], OURS);
	if (ours.len)
		return splice(line, ours.at, ours.len, "", option);
	return splice(line, f[n - 1].at + f[n - 1].len, 0, before[n], option);
}

static bool was_added(const struct kk_field *source, const struct kk_field *key,
		      const struct kk_field *options)
{
	return !strncmp(source->at + source->len, " none ", 6) &&
	       options->at == key->at + key->len + 1;
}

char *kk_crypttab_without_link(const char *line)
{
	struct kk_field f[4], ours;
	const char *from, *to;

	if (kk_volume_fields(line, f) < 4)
		return strdup(line);
	ours = find_option(&f[3], OURS);
	if (!ours.len)
		return strdup(line);
	from = ours.at;
	to = ours.at + ours.len;
	if (ours.len == f[3].len)
		from = was_added(&f[1], &f[2], &f[3]) ? f[1].at + f[1].len : f[2].at + f[2].len;
	else if (from > f[3].at)
		from--;
	else
		to++;
	return splice(line, from, to - from, "", "");
}
