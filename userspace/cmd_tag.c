// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tag: link a volume's key into .kexec. A key that is in reach already is
 * taken as it is, once it is proven to be the header's; else the volume is
 * unlocked once more.
 */
#include <errno.h>
#include <libcryptsetup.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crypttab.h"
#include "kexec-keys.h"
#include "locate.h"
#include "report.h"
#include "ring.h"
#include "stack.h"
#include "state.h"
#include "unlock.h"
#include "verify.h"

struct tag {
	const struct kk_args *args;
	struct kk_state state;
	struct kk_keys keys;	/* what was designated before */
	struct kk_secret key_file;
	int status;		/* of the first volume that failed */
	unsigned int n;
};

static int set_expiry(key_serial_t serial, const struct kk_args *args)
{
	if (!args->timeout_set)
		return 0;
	return keyctl_set_timeout(serial, args->timeout) < 0 ? -errno : 0;
}

/* The expiry first: a key must never be carried without it. */
static int link_key(key_serial_t serial, const struct tag *tag, const char *label)
{
	int r = set_expiry(serial, tag->args);

	if (!r && keyctl_link(serial, tag->state.ring) < 0)
		r = -errno;
	if (!r)
		return KK_OK;
	if (r == -EPERM || r == -EACCES)
		return kk_fail(KK_PERMISSION, "run it as root of the initial user namespace (CAP_SYS_BOOT)",
			       "the keyring .kexec does not take the key of %s", kk_esc(label));
	return kk_fail(kk_exit_of_errno(r), "see dmesg", "cannot link the key of %s: %s",
		       kk_esc(label), strerror(-r));
}

/* A designated key that is right already; only its expiry may be new. */
static bool tagged_already(const struct tag *tag, const struct kk_header *h)
{
	for (unsigned int i = 0; i < tag->keys.n; i++) {
		const struct kk_key *k = &tag->keys.key[i];
		bool done;

		if (k->error || k->desc.kind != KK_KEY_CRYPTSETUP ||
		    strcasecmp(k->desc.uuid, h->uuid) || k->desc.digest != h->digest.id ||
		    kk_verify_digest(h, k->serial, tag->state.ring) ||
		    kk_ring_hold(tag->state.ring))
			continue;
		done = !set_expiry(k->serial, tag->args);
		kk_ring_release(tag->state.ring);
		if (done)
			return true;
	}
	return false;
}

/* What a user owns he may change or revoke, once it is verified. */
static bool is_roots(key_serial_t serial)
{
	struct kk_key key = { .serial = serial };
	bool is = !kk_key_describe(&key) && !key.error && !key.uid;

	free(key.description);
	return is;
}

/* In the keyrings of root: cryptsetup's --link-vk-to-keyring, kdump's crypttab. */
static bool link_from(key_serial_t from, const char *description, const struct tag *tag,
		      const struct kk_header *h, const char *label, key_serial_t *serial)
{
	bool linked;

	*serial = keyctl_search(from, "logon", description, 0);
	if (*serial < 0 || !is_roots(*serial) || kk_verify_digest(h, *serial, from))
		return false;
	if (kk_ring_hold(from))
		return false;
	linked = !link_key(*serial, tag, label);
	kk_ring_release(from);
	return linked;
}

static bool link_existing(const struct tag *tag, const struct kk_header *h, const char *label,
			  key_serial_t *serial)
{
	static const key_serial_t from[] = {
		KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING,
	};
	char own[64], kdump[64];

	kk_keydesc_format(h->uuid, h->digest.id, own, sizeof(own));
	snprintf(kdump, sizeof(kdump), "kdump-cryptsetup:vk-%s", h->uuid);
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(from); i++)
		if (link_from(from[i], own, tag, h, label, serial) ||
		    link_from(from[i], kdump, tag, h, label, serial))
			return true;
	return false;
}

/* kdumpctl, for one, gives its keys five minutes. */
static void say_expiry(key_serial_t serial)
{
	struct kk_key key = { .serial = serial };
	struct kk_keys one = { &key, 1 };

	kk_keys_expiry("/proc/keys", &one);
	if (key.expiry[0] && strcmp(key.expiry, "perm"))
		kk_say("Its key ends in %s, as was set before; --timeout 0 keeps it for good.",
		       key.expiry);
}

static int tag_loaded(struct tag *tag, struct crypt_device *cd,
		      const struct kk_header *h, const char *label)
{
	key_serial_t serial;
	int r;

	if (tagged_already(tag, h)) {
		kk_progress("%s is tagged already.", kk_esc(label));
		return KK_OK;
	}
	if (link_existing(tag, h, label, &serial)) {
		kk_say("Tagged %s (UUID %s) with a key that was there already.",
		       kk_esc(label), h->uuid);
		if (!tag->args->timeout_set)
			say_expiry(serial);
		return KK_OK;
	}
	r = kk_unlock(cd, h, label, tag->args, &tag->key_file, &serial);
	/* Before crypt_free(), which takes the key out of the thread keyring. */
	if (!r)
		r = link_key(serial, tag, label);
	if (!r)
		kk_say("Tagged %s (UUID %s).", kk_esc(label), h->uuid);
	return r;
}

static int tag_target(struct tag *tag, struct kk_target *t, const char *label)
{
	struct crypt_device *cd;
	struct kk_volume v;
	struct kk_header h;
	int r = kk_locate(t, tag->args->header, false, &v);

	if (!r)
		r = kk_load_located(t, &v, label, &h, &cd);
	if (r)
		return r;
	r = tag_loaded(tag, cd, &h, label);
	crypt_free(cd);
	/* Of a LUKS1 key, which libcryptsetup does not know of. */
	keyctl_clear(KEY_SPEC_THREAD_KEYRING);
	return r;
}

static void note(struct tag *tag, int r)
{
	tag->n++;
	if (!tag->status)
		tag->status = r;
}

static void tag_volume(struct tag *tag, const char *volume)
{
	struct kk_target t;
	int r = kk_target_resolve(volume, &t);

	note(tag, r ? r : tag_target(tag, &t, volume));
}

static int tag_mapping(const struct kk_mapping *m, void *arg)
{
	struct kk_target t;

	kk_target_of_mapping(m, &t);
	note(arg, tag_target(arg, &t, m->name));
	return 0;
}

static int tag_listed(struct tag *tag)
{
	for (int i = 0; i < tag->args->n_volumes; i++)
		tag_volume(tag, tag->args->volumes[i]);
	return tag->status;
}

static int tag_all(struct tag *tag)
{
	kk_each_mapping(tag_mapping, tag);
	if (tag->n)
		return tag->status;
	return kk_fail(KK_DEVICE, "open one, or name it", "no LUKS volume is open");
}

static int tag_below(const struct kk_mapping *m, void *arg)
{
	struct tag *tag = arg;

	if (m->luks)
		return tag_mapping(m, arg);
	note(tag, kk_fail(KK_UNSUPPORTED, "use LUKS there",
			  "%s is encrypted, but not with LUKS: its key cannot be carried over",
			  kk_esc(m->name)));
	return 0;
}

static int on_no_device(const char *path)
{
	static const struct { const char *types, *next; } known[] = {
		{ " nfs nfs4 cifs smb3 ceph 9p fuse.sshfs fuse.glusterfs ",
		  "what is written there takes no key of this machine" },
		{ " overlay ", "name a path on the file system that is below the overlay" },
		{ " tmpfs ramfs rootfs devtmpfs ", "name a path on a disk: this is in memory" },
	};
	const char *next = "name the VOLUMEs that it stands on";
	char type[64] = "an unknown file system", word[70];

	kk_file_system_type(path, type, sizeof(type));
	snprintf(word, sizeof(word), " %s ", type);
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(known); i++)
		if (strstr(known[i].types, word))
			next = known[i].next;
	return kk_fail(KK_DEVICE, next, "%s is on %s, which is on no block device here",
		       kk_esc(path), kk_esc(type));
}

static int tag_for(struct tag *tag, const char *wanted)
{
	char path[PATH_MAX];
	int r = kk_existing_path(wanted, path, sizeof(path));

	if (r == -ENOLINK)
		return kk_fail(KK_DEVICE, "create that, or name it",
			       "%s leads to a symbolic link to what does not exist", kk_esc(wanted));
	if (r == 1)
		kk_say("%s does not exist yet; %s decides.", kk_esc(wanted), kk_esc(path));
	if (r >= 0)
		r = kk_each_below(path, tag_below, tag);
	if (r == -ENOTBLK)
		return on_no_device(path);
	if (r)
		return kk_fail(KK_DEVICE, "name the VOLUMEs that it stands on",
			       "cannot tell what %s stands on: %s", kk_esc(wanted), strerror(-r));
	if (tag->n)
		return tag->status;
	return kk_fail(KK_DEVICE, "see lsblk -s for what it stands on",
		       "no LUKS volume is below %s", kk_esc(path));
}

static int check_args(const struct kk_args *args)
{
	if (args->crypttab && (args->all || args->for_path || args->header || args->key_file ||
			       args->timeout_set || args->key_slot >= 0 || args->token_id >= 0))
		return kk_fail(KK_USAGE, "see kexec-keys tag --help",
			       "--crypttab goes with VOLUMEs only");
	if (args->crypttab)
		return KK_OK;
	if (args->all + !!args->n_volumes + !!args->for_path != 1)
		return kk_fail(KK_USAGE, "see kexec-keys tag --help",
			       "tag takes either VOLUMEs, or --all, or --for");
	if (args->header && args->n_volumes != 1)
		return kk_fail(KK_USAGE, "see kexec-keys tag --help",
			       "--header goes with one VOLUME");
	return KK_OK;
}

int kk_cmd_tag(const struct kk_args *args)
{
	struct tag tag = { .args = args };
	int r = check_args(args);

	if (r)
		return r;
	if (args->crypttab)
		return kk_crypttab_edit(kk_crypttab_file, args, true);
	r = kk_state_get(&tag.state);
	if (!r)
		r = kk_ring_read(tag.state.ring, &tag.keys);
	if (r)
		return r;
	if (args->for_path)
		r = tag_for(&tag, args->for_path);
	else
		r = args->all ? tag_all(&tag) : tag_listed(&tag);
	kk_secret_free(&tag.key_file);
	kk_keys_free(&tag.keys);
	if (!r)
		kk_report_image();
	return r;
}
