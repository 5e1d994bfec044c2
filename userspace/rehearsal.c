// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The volumes of a rehearsal: each key against the header as it is on disk now,
 * and those that would be asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "choose.h"
#include "digest.h"
#include "kdump_tools.h"
#include "locate.h"
#include "mapping.h"
#include "modules.h"
#include "rehearsal.h"
#include "stack.h"

/* One volume, as it becomes known. */
struct subject {
	struct kk_target target;
	struct kk_volume volume;
	struct kk_header header;
	struct kk_kept kept;
	char label[KK_PATH_MAX];	/* what tag and untag call it */
};

int kk_rehearsal_begin(struct kk_rehearsal *r)
{
	struct utsname uts;

	uname(&uts);
	snprintf(r->running, sizeof(r->running), "%s", uts.release);
	r->mender.distro = kk_distro_of("");
	r->mender.crash = r->crash;
	r->mender.release = r->running;
	r->mender.initramfs = "";
	r->mender.builder = kk_builder_of(r->mender.distro, "", "");
	return kk_ring_read(r->state.ring, &r->keys);
}

void kk_rehearsal_end(struct kk_rehearsal *r)
{
	kk_keys_free(&r->keys);
	kk_initramfs_free(&r->initramfs);
	kk_words_free(&r->done);
	kk_words_free(&r->algorithms);
}

static const char *who(const struct kk_rehearsal *r)
{
	return r->crash ? "capture kernel" : "next kernel";
}

static void set_label(struct subject *s)
{
	const struct kk_target *t = &s->target;

	if (t->mapped)
		snprintf(s->label, sizeof(s->label), "%s", t->mapping.name);
	else if (t->uuid[0])
		snprintf(s->label, sizeof(s->label), "UUID=%s", t->uuid);
	else
		snprintf(s->label, sizeof(s->label), "%s", t->device);
}

/* "kexec-keys tag VOLUME" and the like; valid until the next. */
static const char *command(const char *words, const char *volume)
{
	static char text[480];

	snprintf(text, sizeof(text), "%s %s", words, kk_shell_word(volume));
	return text;
}

static void device_finding(struct kk_rehearsal *r, const struct subject *s)
{
	kk_finding(&r->findings, KK_FINDING_DEVICE, s->kept.next, "%s", s->kept.sentence);
}

static bool find_device(struct kk_rehearsal *r, struct subject *s)
{
	struct kk_target *t = &s->target;

	if (kk_locate(t, NULL, true, &s->volume)) {
		device_finding(r, s);
		return false;
	}
	if (!t->device[0])
		kk_finding(&r->findings, KK_FINDING_DEVICE,
			   command("kexec-keys untag", s->label),
			   "a key is designated for the LUKS UUID %s, but no device carries it",
			   t->uuid);
	return t->device[0];
}

static void unsupported(struct kk_rehearsal *r, const struct subject *s)
{
	char text[480];

	/* The one kind that goes away by itself; those words are luks2.c's. */
	if (strstr(s->kept.sentence, "being re-encrypted"))
		snprintf(text, sizeof(text), "cryptsetup reencrypt --resume-only %s && kexec-keys tag %s",
			 kk_shell_word(s->target.device), kk_shell_word(s->label));
	else
		snprintf(text, sizeof(text), "kexec-keys untag %s", kk_shell_word(s->label));
	kk_finding(&r->findings, KK_FINDING_KIND, text, "%s", s->kept.sentence);
}

static bool load_header(struct kk_rehearsal *r, struct subject *s)
{
	struct kk_target *t = &s->target;
	int status = kk_load_located(t, &s->volume, s->label, &s->header, NULL);

	if (status == KK_UNSUPPORTED)
		unsupported(r, s);
	else if (status == KK_DEVICE)
		kk_finding(&r->findings, KK_FINDING_DEVICE,
			   command("cryptsetup repair", t->device), "%s", s->kept.sentence);
	else if (status)
		device_finding(r, s);
	return !status;
}

static void note_algorithms(struct kk_rehearsal *r, const struct kk_header *h)
{
	const char *hash = kk_hash_of_kernel(h->digest.hash);

	kk_cipher_words(h->cipher, &r->algorithms);
	kk_words_add(&r->algorithms, "hmac");
	if (hash)
		kk_words_add(&r->algorithms, hash);
}

static void verify(struct kk_rehearsal *r, struct subject *s)
{
	const struct kk_choice choice = {
		.keys = &r->keys, .ring = r->state.ring, .header = &s->header,
		.uuid = s->target.uuid, .label = s->label, .device = s->target.device,
		.mapped = s->target.mapped,
	};
	const char *tag = command("kexec-keys tag", s->label);
	const struct kk_key *k;

	switch (kk_choose_key(&choice, &k)) {
	case KK_OK:
		r->n_verified++;
		note_algorithms(r, &s->header);
		break;
	case KK_KEY_MISMATCH:
		kk_finding(&r->findings, KK_FINDING_KEY_MISMATCH, tag, "%s", s->kept.sentence);
		break;
	case KK_KEY_MISSING:
		if (!s->kept.sentence[0])
			snprintf(s->kept.sentence, sizeof(s->kept.sentence),
				 "no key is designated for %s (UUID %s)",
				 kk_esc(s->label), s->target.uuid);
		kk_finding(&r->findings, KK_FINDING_VOLUME_WITHOUT_KEY, tag, "%s",
			   s->kept.sentence);
		break;
	case KK_UNSUPPORTED:
		kk_finding(&r->findings, KK_FINDING_UNVERIFIED, "modprobe algif_hash", "%s",
			   s->kept.sentence);
		break;
	default:
		kk_finding(&r->findings, KK_FINDING_UNVERIFIED, s->kept.next, "%s",
			   s->kept.sentence);
	}
}

static void look_for_suspension(struct kk_rehearsal *r, const struct subject *s)
{
	if (!s->target.mapped || !kk_keys_have(&r->keys, s->target.uuid) ||
	    !kk_mapping_suspended(s->label))
		return;
	kk_finding(&r->findings, KK_FINDING_SUSPENDED, command("kexec-keys untag", s->label),
		   "%s is suspended, yet its key is still designated: untag it, or resume it with cryptsetup luksResume",
		   kk_esc(s->label));
}

/* With a target that has a UUID or a device, once for each volume. */
static void rehearse_volume(struct kk_rehearsal *r, struct subject *s)
{
	struct kk_target *t = &s->target;

	set_label(s);
	kk_keep_errors(&s->kept);
	if (find_device(r, s) && load_header(r, s) && !kk_words_have(&r->done, t->uuid)) {
		kk_progress("Verifying the key of %s ...", kk_esc(s->label));
		verify(r, s);
		if (r->crash)
			look_for_suspension(r, s);
	}
	kk_keep_errors(NULL);
	if (t->uuid[0])
		kk_words_add(&r->done, t->uuid);
}

/* An entry of /etc/kexec-keys/volumes is a promise of a key. */
static int rehearse_named(const struct kk_volume *v, void *arg)
{
	struct kk_rehearsal *r = arg;
	struct subject s = { 0 };
	int status;

	kk_keep_errors(&s.kept);
	status = kk_target_of_volume(v, false, &s.target);
	kk_keep_errors(NULL);
	if (status)
		device_finding(r, &s);
	else
		rehearse_volume(r, &s);
	return 0;
}

static void rehearse_key(struct kk_rehearsal *r, const struct kk_key *k)
{
	struct subject s = { 0 };
	char volume[64];

	snprintf(volume, sizeof(volume), "UUID=%s", k->desc.uuid);
	if (!kk_target_resolve(volume, &s.target) && !kk_words_have(&r->done, s.target.uuid))
		rehearse_volume(r, &s);
}

void kk_rehearse_keys(struct kk_rehearsal *r)
{
	unsigned int n = 0;

	kk_each_volume(kk_volumes_file, rehearse_named, r);
	for (unsigned int i = 0; i < r->keys.n; i++) {
		const struct kk_key *k = &r->keys.key[i];

		if (k->error || k->desc.kind == KK_KEY_OTHER)
			continue;
		n++;
		if (!kk_key_repeats(&r->keys, i))
			rehearse_key(r, k);
	}
	if (!n)
		kk_finding(&r->findings, KK_FINDING_NO_KEY, "kexec-keys tag --all",
			   "no key of a LUKS volume is designated: a %s would have none", who(r));
}

static void want_line(const char *line, void *arg)
{
	struct kk_rehearsal *r = arg;

	if (r->n_wanted < KK_WANTED_MAX &&
	    kk_volume_parse(line, &r->wanted[r->n_wanted]) && r->wanted[r->n_wanted].asks)
		r->n_wanted++;
}

static int system_wants(const struct kk_volume *v, void *arg)
{
	struct kk_rehearsal *r = arg;

	if (r->n_system < KK_WANTED_MAX && v->at_boot && v->asks && !kk_volume_has_key_file(v))
		r->system[r->n_system++] = *v;
	return 0;
}

static bool is_one_of(const struct kk_volume *v, unsigned int n, const struct kk_mapping *m)
{
	for (unsigned int i = 0; i < n; i++)
		if (kk_volume_is(&v[i], m->uuid, kk_device_number(m->device)))
			return true;
	return false;
}

/*
 * Debian dumps from the real root, which opens what its crypttab has, and goes on
 * without what the dump does not need.
 */
static bool dump_needs(const struct kk_rehearsal *r, const struct kk_mapping *m)
{
	char directory[PATH_MAX];

	if (!kk_is_kdump_tools(r->mender.distro, r->mender.initramfs) ||
	    kk_kdump_tools_has_word("luks.crypttab=no") || kk_kdump_tools_dumps_elsewhere())
		return false;
	kk_kdump_tools_directory(directory, sizeof(directory));
	return kk_is_under(directory, m->name);
}

static bool is_wanted(const struct kk_rehearsal *r, const struct kk_mapping *m)
{
	if (kk_cmdline_opens(r->cmdline, m->uuid) || (!r->crash && kk_is_under("/", m->name)) ||
	    is_one_of(r->wanted, r->n_wanted, m))
		return true;
	return is_one_of(r->system, r->n_system, m) && (!r->crash || dump_needs(r, m));
}

static int rehearse_mapping(const struct kk_mapping *m, void *arg)
{
	struct kk_rehearsal *r = arg;
	struct subject s = { 0 };

	if (kk_words_have(&r->done, m->uuid) || !is_wanted(r, m))
		return 0;
	if (!kk_keys_have(&r->keys, m->uuid)) {
		kk_finding(&r->findings, KK_FINDING_WOULD_PROMPT,
			   command("kexec-keys tag", m->name),
			   "the %s would ask for the passphrase of %s (UUID %s): no key is designated for it",
			   who(r), kk_esc(m->name), m->uuid);
		kk_words_add(&r->done, m->uuid);
		return 0;
	}
	kk_target_of_mapping(m, &s.target);
	rehearse_volume(r, &s);
	return 0;
}

void kk_rehearse_wanted(struct kk_rehearsal *r)
{
	if (r->looked && kk_initramfs_volumes(&r->initramfs, want_line, r))
		kk_finding_note(&r->findings, "which volumes %s opens could not be read in it",
				kk_esc(r->initramfs.path));
	kk_each_volume(kk_crypttab_file, system_wants, r);
	kk_each_mapping(rehearse_mapping, r);
}
