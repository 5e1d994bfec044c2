// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's command line: what it says of volumes.
 */
#include "fuzz.h"
#include "header.h"
#include "volumes.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"
#define NAME "root"

static struct kk_volume named(const char *name)
{
	struct kk_volume v = { .asks = true };

	snprintf(v.name, sizeof(v.name), "%s", name);
	return v;
}

static void check_volume(const struct kk_volume *v, bool found)
{
	MUST_END(v->name);
	MUST_END(v->source);
	MUST(!v->header[0] && v->flags < 2 * KK_FLAG_READONLY);
	if (!found)
		return;
	MUST(v->name[0] && !strchr(v->name, '/'));
	MUST(!strncmp(v->source, "UUID=", 5) && kk_uuid_valid(v->source + 5));
	reached();
}

static bool same(const struct kk_volume *a, const struct kk_volume *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->source, b->source) &&
	       a->flags == b->flags && a->asks == b->asks;
}

/* Words that mean nothing here, before it, change nothing. */
static void check_longer(const char *cmdline, const struct kk_volume *by_uuid,
			 const struct kk_volume *by_name)
{
	struct kk_volume v = named(""), w = named(NAME);
	char *longer;

	MUST(asprintf(&longer, "ro \"quiet  root=/dev/mapper/x\"\t%s", cmdline) > 0);
	kk_cmdline_volume(longer, UUID, &v);
	kk_cmdline_volume(longer, "", &w);
	MUST(same(&v, by_uuid) && same(&w, by_name));
	MUST(kk_cmdline_opens(longer, UUID) == kk_cmdline_opens(cmdline, UUID));
	MUST(kk_cmdline_has(longer, "quiet  root=/dev/mapper/x"));
	free(longer);
}

static void check_cmdline(const char *cmdline)
{
	struct kk_volume by_uuid = named(""), by_name = named(NAME);
	const bool found = kk_cmdline_volume(cmdline, UUID, &by_uuid);

	check_volume(&by_uuid, found);
	check_volume(&by_name, kk_cmdline_volume(cmdline, "", &by_name));
	MUST(!strcmp(by_name.name, NAME));
	/* What gives it a name opens it, unless nothing is opened. */
	MUST(!found || kk_cmdline_opens(cmdline, UUID) || kk_cmdline_has(cmdline, "rd.luks=0") ||
	     kk_cmdline_has(cmdline, "rd.luks=no"));
	check_longer(cmdline, &by_uuid, &by_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *cmdline = copy_text(data, size);

	check_cmdline(cmdline);
	kk_volume_flags(cmdline);
	/* A file of settings, whose lines hold such words. */
	kk_file_has_word(file_with(data, size), "fadump=on");
	free(cmdline);
	return 0;
}
