// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line of a crypttab: its fields, and the option that tag --crypttab adds and
 * untag --crypttab takes away, which leaves the line as it was.
 */
#include "crypttab.h"
#include "fuzz.h"
#include "header.h"
#include "volumes.h"

#define DESCRIPTION "cryptsetup:2f144136-b0de-4b51-b2eb-bd869cc39a6e-d0"

static void check_fields(const char *line)
{
	struct kk_field f[4];
	const unsigned int n = kk_volume_fields(line, f);
	const char *end = line;

	MUST(n != 1 && n <= 4);
	for (unsigned int i = 0; i < n; i++) {
		MUST(f[i].at >= end && f[i].len);
		read_bytes(f[i].at, f[i].len);
		end = f[i].at + f[i].len;
	}
	MUST(end <= line + strlen(line));
}

static void check_volume(const struct kk_volume *v)
{
	MUST_END(v->name);
	MUST_END(v->source);
	MUST_END(v->header);
	MUST(v->name[0] && v->source[0] && !strchr(v->name, '/'));
	MUST(v->flags < 2 * KK_FLAG_READONLY);
}

/* But for the option, it is the same entry. */
static void same_entry(const char *line, const char *other)
{
	struct kk_volume a, b;
	const bool is = kk_volume_parse(line, &a);

	MUST(kk_volume_parse(other, &b) == is);
	if (!is)
		return;
	check_volume(&a);
	MUST(!strcmp(a.name, b.name) && !strcmp(a.source, b.source) && !strcmp(a.header, b.header));
	MUST(a.flags == b.flags && a.not_luks == b.not_luks);
	MUST(a.at_boot == b.at_boot && a.asks == b.asks);
}

static void check_link(const char *line)
{
	const enum kk_link link = kk_crypttab_link(line);
	struct kk_field f[4];
	char *with = kk_crypttab_with_link(line, DESCRIPTION);
	char *again = kk_crypttab_with_link(with, DESCRIPTION);
	char *without = kk_crypttab_without_link(line);
	char *back = kk_crypttab_without_link(with);

	MUST(with && again && without && back);
	same_entry(line, with);
	same_entry(line, back);
	/* An entry whose key systemd links elsewhere stays as it is. */
	if (link != KK_LINK_OTHER) {
		MUST(kk_crypttab_link(with) == (kk_volume_fields(line, f) ? KK_LINK_OURS : KK_LINK_NONE));
		MUST(kk_crypttab_link(without) == KK_LINK_NONE);
		MUST(!strcmp(again, with));
		MUST(!strcmp(back, without));
	}
	if (link == KK_LINK_NONE) {
		MUST(!strcmp(without, line));
		MUST(!strcmp(back, line));
		if (strcmp(with, line))
			reached();
	}
	free(with);
	free(again);
	free(without);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = copy_text(data, size);
	char *newline = strchr(line, '\n');

	/* As getline() gives it. */
	if (newline)
		newline[1] = '\0';
	check_fields(line);
	check_link(line);
	free(line);
	return 0;
}
