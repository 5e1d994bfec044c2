// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * untag: take keys out of .kexec. The volumes stay open: dm-crypt has its own
 * copy.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "crypttab.h"
#include "kexec-keys.h"
#include "locate.h"
#include "report.h"
#include "ring.h"
#include "state.h"

static int unlink_failed(int err)
{
	return kk_fail(kk_exit_of_errno(err), "run it as root of the initial namespace",
		       "cannot change the keyring .kexec: %s", strerror(err));
}

static int untag_all(const struct kk_state *s)
{
	if (keyctl_clear(s->ring) < 0)
		return unlink_failed(errno);
	kk_say("No key is designated any more.");
	return KK_OK;
}

static int untag_matching(const struct kk_state *s, const char *uuid,
			  const char *description, unsigned int *n)
{
	struct kk_keys keys;
	int r = kk_ring_read(s->ring, &keys);

	if (r)
		return r;
	*n = 0;
	for (unsigned int i = 0; i < keys.n && !r; i++) {
		const struct kk_key *k = &keys.key[i];
		bool hit = uuid ? k->desc.kind != KK_KEY_OTHER && !strcasecmp(k->desc.uuid, uuid) :
				  !k->error && !strcmp(k->description, description);

		if (!hit)
			continue;
		if (keyctl_unlink(k->serial, s->ring) < 0 && errno != ENOENT)
			r = unlink_failed(errno);
		else
			++*n;
	}
	kk_keys_free(&keys);
	return r;
}

/* A volume whose disk is away can still be named by its key's description. */
static int untag_volume(const struct kk_state *s, const char *volume, const char *header)
{
	struct kk_target t;
	struct kk_volume v;
	unsigned int n;
	int r = untag_matching(s, NULL, volume, &n);

	if (!r && !n) {
		r = kk_target_resolve(volume, &t);
		if (!r && !t.uuid[0])
			r = kk_locate(&t, header, false, &v);
		if (r)
			return r;
		if (!t.uuid[0])
			return kk_fail(KK_DEVICE, "see kexec-keys list",
				       "%s has no LUKS header", kk_esc(volume));
		r = untag_matching(s, t.uuid, NULL, &n);
	}
	if (r)
		return r;
	if (!n)
		kk_say("%s is not tagged.", kk_esc(volume));
	else
		kk_say("Untagged %s; it stays open if it is.", kk_esc(volume));
	return KK_OK;
}

static int check_args(const struct kk_args *args)
{
	if (args->crypttab && (args->all || args->header))
		return kk_fail(KK_USAGE, "see kexec-keys untag --help",
			       "--crypttab goes with VOLUMEs only");
	if (!args->crypttab && args->all == !!args->n_volumes)
		return kk_fail(KK_USAGE, "see kexec-keys untag --help",
			       "untag takes either VOLUMEs or --all");
	if (args->header && args->n_volumes != 1)
		return kk_fail(KK_USAGE, "see kexec-keys untag --help",
			       "--header goes with one VOLUME");
	return KK_OK;
}

int kk_cmd_untag(const struct kk_args *args)
{
	struct kk_state s;
	int r = check_args(args), status = KK_OK;

	if (r)
		return r;
	if (args->crypttab)
		return kk_crypttab_edit(kk_crypttab_file, args, false);
	r = kk_state_get(&s);
	if (r)
		return r;
	if (args->all)
		status = untag_all(&s);
	for (int i = 0; i < args->n_volumes; i++) {
		r = untag_volume(&s, args->volumes[i], args->header);
		if (!status)
			status = r;
	}
	if (!status)
		kk_report_image();
	return status;
}
