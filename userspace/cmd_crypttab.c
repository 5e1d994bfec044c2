// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tag --crypttab and untag --crypttab: the option by which systemd designates the
 * keys of volumes whenever it opens them. No kernel support is needed to prepare
 * for it.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "crypttab.h"
#include "initramfs.h"
#include "locate.h"
#include "mend.h"
#include "replace.h"

/* A VOLUME of the command line; without any, every entry is meant. */
struct named {
	const char *word;
	struct kk_target target;
	bool found;
};

struct edit {
	const char *path;
	const struct kk_args *args;
	bool link;
	struct named *named;
	FILE *out;		/* the new content */
	FILE *report;		/* what to say of the entries once it is written */
	unsigned int n;		/* entries that have the option now, or had it */
	bool changed;
	int status;
};

static bool is_meant(struct edit *e, const struct kk_volume *v)
{
	bool is = !e->args->n_volumes;

	for (int i = 0; i < e->args->n_volumes; i++) {
		struct named *n = &e->named[i];

		if (strcmp(v->name, n->word) &&
		    !kk_volume_is(v, n->target.uuid, kk_device_number(n->target.device)))
			continue;
		n->found = true;
		is = true;
	}
	return is;
}

/* Description of the key of an entry's volume, as its header is now. */
static int describe(const struct kk_volume *v, enum kk_link link, char *out, size_t size)
{
	struct kk_target t;
	struct kk_header h;
	int r;

	if (v->not_luks)
		return kk_fail(KK_UNSUPPORTED, "use LUKS2 there", "%s is not LUKS",
			       kk_esc(v->name));
	if (link == KK_LINK_OTHER)
		return kk_fail(KK_BUSY, "remove that one, or leave it: kexec-keys tag takes a key of root's keyrings",
			       "%s has a link-volume-key= of its own, and systemd takes but one",
			       kk_esc(v->name));
	r = kk_target_of_volume(v, false, &t);
	if (!r && !t.device[0])
		r = kk_device_of_uuid(t.uuid, false, t.device, sizeof(t.device));
	if (!r)
		r = kk_load_located(&t, v, v->name, &h, NULL);
	if (r)
		return r;
	if (h.luks == 1)
		return kk_fail(KK_UNSUPPORTED, "convert it with cryptsetup convert --type luks2, or use kexec-keys tag after each boot",
			       "%s is LUKS1, of which systemd can link no key", kk_esc(v->name));
	kk_keydesc_format(h.uuid, h.digest.id, out, size);
	return KK_OK;
}

static char *link_entry(struct edit *e, const char *line, const struct kk_volume *v)
{
	const enum kk_link link = kk_crypttab_link(line);
	const bool all = !e->args->n_volumes;
	char description[64], *new;
	struct kk_kept kept;
	int r;

	if (all)
		kk_keep_errors(&kept);
	r = describe(v, link, description, sizeof(description));
	kk_keep_errors(NULL);
	if (r) {
		if (all)
			fprintf(e->report, "Left out: %s.\n", kept.sentence);
		else if (!e->status)
			e->status = r;
		return strdup(line);
	}
	e->n++;
	new = kk_crypttab_with_link(line, description);
	if (new)
		fprintf(e->report, !strcmp(new, line) ? "%s: as it was, %s.\n" :
			link == KK_LINK_OURS ? "%s: now %s.\n" :
			"%s: systemd will designate its key, %s.\n", kk_esc(v->name), description);
	return new;
}

static char *unlink_entry(struct edit *e, const char *line, const struct kk_volume *v)
{
	const bool ours = kk_crypttab_link(line) == KK_LINK_OURS;

	if (ours || e->args->n_volumes)
		fprintf(e->report, ours ? "%s: systemd will not designate its key any more.\n" :
			"%s: as it was, without the option.\n", kk_esc(v->name));
	e->n += ours;
	return ours ? kk_crypttab_without_link(line) : strdup(line);
}

static int edit_line(struct edit *e, const char *line, size_t len)
{
	struct kk_volume v;
	char *new;

	/* A NUL in it is not ours to judge. */
	if (strlen(line) != len || !kk_volume_parse(line, &v) || !is_meant(e, &v)) {
		fwrite(line, len, 1, e->out);
		return 0;
	}
	new = e->link ? link_entry(e, line, &v) : unlink_entry(e, line, &v);
	if (!new)
		return -ENOMEM;
	e->changed = e->changed || strcmp(new, line);
	fputs(new, e->out);
	free(new);
	return 0;
}

static int edit_lines(struct edit *e, FILE *f)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int r = 0;

	while (!r && (len = getline(&line, &room, f)) > 0)
		r = edit_line(e, line, len);
	free(line);
	if (!r && (ferror(f) || ferror(e->out)))
		r = -EIO;
	return r;
}

static int check_found(struct edit *e)
{
	for (int i = 0; i < e->args->n_volumes; i++) {
		int r = KK_OK;

		if (!e->named[i].found)
			r = kk_fail(KK_DEVICE, "name one as it is there, or by its device or UUID=...",
				    "no entry of %s is %s", kk_esc(e->path), kk_esc(e->named[i].word));
		if (!e->status)
			e->status = r;
	}
	if (!e->status && e->link && !e->n)
		e->status = kk_fail(KK_DEVICE, "use kexec-keys tag for what is opened otherwise",
				    "no entry of %s is a LUKS2 volume that is here", kk_esc(e->path));
	return e->status;
}

static void say_next(const char *backup, bool link)
{
	char initramfs[PATH_MAX], command[500] = "rebuild the initramfs";
	struct kk_mender m = { .distro = kk_distro_of("") };
	struct utsname uts;

	uname(&uts);
	m.release = uts.release;
	if (kk_initramfs_find_boot("", uts.release, initramfs, sizeof(initramfs))) {
		m.initramfs = initramfs;
		m.builder = kk_builder_of(m.distro, "", initramfs);
		kk_mend(&m, KK_MEND_REBUILD, command, sizeof(command));
	}
	if (link && m.builder == KK_BUILDER_INITRAMFS_TOOLS)
		kk_say("Of what an initramfs of initramfs-tools opens, the root file system as a rule, no key gets designated so: "
		       "its cryptsetup does not know the option. dm_crypt.kexec_keys=Y on the kernel's command line does that.");
	kk_say("The file as it was is %s.", kk_esc(backup));
	kk_say("Next: %s, for it has a crypttab of its own.", command);
	if (link)
		kk_say("Run this again after cryptsetup reencrypt, which makes another key.");
}

static int finish(struct edit *e, const char *report, const char *content, size_t len)
{
	char backup[PATH_MAX];
	int r = 0;

	snprintf(backup, sizeof(backup), "%.*s.kexec-keys.bak", PATH_MAX - 20, e->path);
	if (e->changed)
		r = kk_replace_file(e->path, backup, content, len);
	if (r)
		return kk_fail(KK_PERMISSION, "make room for it, or make it writable, and run this again",
			       "cannot replace %s, which is as it was: %s", kk_esc(e->path),
			       strerror(-r));
	fputs(report, stdout);
	if (e->changed)
		say_next(backup, e->link);
	else
		kk_say("Nothing is to be changed in %s.", kk_esc(e->path));
	return check_found(e);
}

static int edit(struct edit *e, FILE *f)
{
	char *content = NULL, *report = NULL;
	size_t len = 0, report_len;
	int r = -ENOMEM;

	e->out = open_memstream(&content, &len);
	e->report = open_memstream(&report, &report_len);
	if (e->out && e->report)
		r = edit_lines(e, f);
	if (e->out && fclose(e->out))
		r = -ENOMEM;
	if (e->report && fclose(e->report))
		r = -ENOMEM;
	if (r)
		r = kk_fail(kk_exit_of_errno(r), "see dmesg", "cannot read %s: %s",
			    kk_esc(e->path), strerror(-r));
	else
		r = finish(e, report, content, len);
	free(report);
	free(content);
	return r;
}

int kk_crypttab_edit(const char *path, const struct kk_args *args, bool link)
{
	char *real = realpath(path, NULL);
	struct edit e = { .path = real, .args = args, .link = link };
	FILE *f = real ? fopen(real, "re") : NULL;
	const int err = errno;
	struct kk_kept kept;
	int r;

	if (!f) {
		free(real);
		return kk_fail(kk_exit_of_errno(err), "use kexec-keys tag for what is opened otherwise",
			       "cannot read %s: %s", kk_esc(path), strerror(err));
	}
	e.named = calloc(args->n_volumes + 1, sizeof(*e.named));
	kk_keep_errors(&kept);
	for (int i = 0; e.named && i < args->n_volumes; i++) {
		e.named[i].word = args->volumes[i];
		if (kk_target_resolve(args->volumes[i], &e.named[i].target))
			memset(&e.named[i].target, 0, sizeof(e.named[i].target));
	}
	kk_keep_errors(NULL);
	r = e.named ? edit(&e, f) : kk_fail(KK_MEMORY, "free some", "out of memory");
	free(e.named);
	fclose(f);
	free(real);
	return r;
}
