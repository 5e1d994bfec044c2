// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * open: for a volume whose key came over, find the device, verify the key,
 * activate.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "choose.h"
#include "device.h"
#include "header.h"
#include "kexec-keys.h"
#include "mapping.h"
#include "ring.h"
#include "state.h"
#include "table.h"
#include "volumes.h"

#ifndef KK_VMCORE
#define KK_VMCORE "/proc/vmcore"
#endif

/* One volume to open, as it becomes known. */
struct job {
	const struct kk_args *args;
	bool unattended;	/* nobody can be asked: a capture kernel, booting */
	const struct kk_keys *keys;
	key_serial_t ring;
	struct kk_target target;
	struct kk_volume volume;
	struct kk_header header;
	const char *label;
};

static int no_key(const struct job *job)
{
	char next[400];

	if (job->unattended)
		return kk_fail(KK_KEY_MISSING, "reboot, then see kexec-keys check",
			       "no key came over for %s (UUID %s), and nobody is here to be asked",
			       kk_esc(job->label), job->target.uuid);
	if (job->args->boot)
		return KK_OK;
	snprintf(next, sizeof(next), "unlock it with cryptsetup open, then kexec-keys tag %s",
		 kk_esc(job->label));
	return kk_fail(KK_KEY_MISSING, next, "there is no key for %s (UUID %s)",
		       kk_esc(job->label), job->target.uuid);
}

/* What is not opened here may still be, by a key file or a token. */
static bool opens_without_us(const struct job *job)
{
	return !job->volume.asks || job->header.token;
}

/* A crypttab may have that for swap. */
static int no_luks(const struct job *job)
{
	if (!job->unattended || opens_without_us(job))
		return KK_OK;
	return kk_fail(KK_UNSUPPORTED, "use a LUKS volume for the dump",
		       "%s is no LUKS volume, and nobody is here to be asked",
		       kk_esc(job->label));
}

/* The mapping is there already: what was asked for, unless under another name. */
static int already_active(const struct job *job)
{
	const struct kk_mapping *m = &job->target.mapping;

	if (job->args->name && strcmp(job->args->name, m->name))
		return kk_fail(KK_BUSY, "close it first, or use that name",
			       "the volume with UUID %s is open as %s already",
			       job->target.uuid, kk_esc(m->name));
	if (!job->args->boot)
		kk_say("%s (UUID %s) is open already.", kk_esc(m->name), job->target.uuid);
	return KK_OK;
}

static int find_device(struct job *job)
{
	struct kk_target *t = &job->target;
	bool quiet = job->args->boot;

	if (t->device[0])
		return KK_OK;
	return kk_device_of_uuid(t->uuid, quiet, t->device, sizeof(t->device));
}

static const char *header_of(const struct job *job)
{
	if (job->args->header)
		return job->args->header;
	return job->volume.header[0] ? job->volume.header : NULL;
}

/* Unless it was looked up by its name. */
static void look_up_volume(struct job *job)
{
	if (job->volume.name[0])
		return;
	if (!kk_volume_of(job->target.uuid, kk_device_number(job->target.device),
			  &job->volume))
		snprintf(job->volume.name, sizeof(job->volume.name), "luks-%s",
			 job->target.uuid);
	if (job->args->name)
		snprintf(job->volume.name, sizeof(job->volume.name), "%s", job->args->name);
}

static int create_failed(const struct job *job, int r)
{
	const char *name = kk_esc(job->volume.name), *device = kk_esc(job->target.device);

	switch (r) {
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREVOKED:
		return kk_fail(KK_KEY_MISSING, "unlock it with cryptsetup open",
			       "the key of %s is gone: %s", name, strerror(-r));
	case -ENOSPC:
		return kk_fail(KK_DEVICE, "look with cryptsetup luksDump and lsblk -b",
			       "%s is smaller than its header says", device);
	case -E2BIG:
		return kk_fail(KK_USAGE, "give a shorter --name",
			       "the name %s is too long", name);
	case -EINVAL:
		return kk_fail(KK_KEY_MISMATCH, "see dmesg; designate it again with kexec-keys tag",
			       "dm-crypt refuses the table of %s: the key has another size, or the kernel lacks %s",
			       name, job->header.cipher);
	case -ENOENT:
		return kk_fail(KK_DEVICE, "load its module, and put it into the initramfs",
			       "the kernel lacks the cipher %s for %s", job->header.cipher, name);
	default:
		return kk_fail(kk_exit_of_errno(r), "see dmesg and lsblk",
			       "cannot map %s as %s: %s", device, name, strerror(-r));
	}
}

static int activate(const struct job *job, const struct kk_key *k)
{
	struct kk_new_mapping new = {
		.header = &job->header, .device = job->target.device,
		.name = job->volume.name, .description = k->description, .ring = job->ring,
		.flags = job->header.flags | job->volume.flags |
			 (job->args->readonly ? KK_FLAG_READONLY : 0),
	};
	int r;

	if (strlen(new.name) > KK_DM_NAME_MAX || strchr(new.name, '/') || !*new.name)
		return kk_fail(KK_USAGE, "give another --name", "%s is no name for a mapping",
			       kk_esc(new.name));
	if (kk_dm_name_taken(new.name))
		return kk_fail(KK_BUSY, "give another --name", "there is another mapping named %s",
			       kk_esc(new.name));
	r = kk_mapping_create(&new);
	if (r)
		return create_failed(job, r);
	kk_say("Opened %s (UUID %s) as %s.", kk_esc(new.device), job->target.uuid,
	       kk_esc(new.name));
	return KK_OK;
}

static int load_header(struct job *job)
{
	int r = kk_header_load(job->label, job->target.device, header_of(job),
			       &job->header, NULL);

	if (r)
		return r;
	if (!job->target.uuid[0])
		memcpy(job->target.uuid, job->header.uuid, sizeof(job->target.uuid));
	if (!strcasecmp(job->target.uuid, job->header.uuid))
		return KK_OK;
	return kk_fail(KK_DEVICE, "give the header of this volume",
		       "the header of %s has the UUID %s, not %s", kk_esc(job->label),
		       job->header.uuid, job->target.uuid);
}

static int verify_and_open(struct job *job)
{
	const struct kk_key *k = NULL;
	struct kk_choice choice;
	int r = load_header(job);

	if (r)
		return r;
	if (!kk_keys_have(job->keys, job->target.uuid))
		return no_key(job);
	if (!job->args->boot)
		kk_progress("Verifying the key of %s against the header of %s ...",
			    kk_esc(job->label), kk_esc(job->target.device));
	choice = (struct kk_choice){
		.keys = job->keys, .ring = job->ring, .header = &job->header,
		.uuid = job->target.uuid, .label = job->label,
		.device = job->target.device, .mapped = job->target.mapped,
	};
	r = kk_choose_key(&choice, &k);
	if (r)
		return r;
	if (!job->args->test)
		return activate(job, k);
	kk_say("The key %s opens %s.", kk_esc(k->description), kk_esc(job->target.device));
	return KK_OK;
}

static int open_target(struct job *job)
{
	int r;

	/* No header on the device itself: it may be elsewhere. */
	if (!job->target.uuid[0])
		look_up_volume(job);
	if (!job->target.uuid[0] && header_of(job)) {
		r = load_header(job);
		if (r)
			return r;
	}
	if (job->target.mapped && !job->args->test)
		return already_active(job);
	if (job->args->boot && !job->target.uuid[0])
		return no_luks(job);
	if (job->target.uuid[0] && !kk_keys_have(job->keys, job->target.uuid) &&
	    !job->unattended)
		return no_key(job);
	r = find_device(job);
	/* Not there yet: at boot it is tried again, or nobody needs it. */
	if (r || !job->target.device[0])
		return r;
	look_up_volume(job);
	return verify_and_open(job);
}

static int open_volume(struct job *job, const char *volume, const char *label)
{
	int r = kk_target_resolve(volume, &job->target);

	job->label = label;
	return r ? r : open_target(job);
}

static int unknown_name(const struct job *job, const char *name)
{
	if (job->args->boot)
		return KK_OK;
	return kk_fail(KK_DEVICE, "give the VOLUME, too",
		       "neither /etc/kexec-keys/volumes nor crypttab nor the command line knows %s",
		       kk_esc(name));
}

/* --name alone: the tables of volumes know which one it is. */
static int open_named(struct job *job, const char *name)
{
	struct kk_volume *v = &job->volume;
	struct kk_mapping m;
	char *source;
	int r;

	if (kk_mapping_named(name, &m))
		return open_volume(job, name, name);
	if (!kk_volume_named(name, v)) {
		memset(v, 0, sizeof(*v));
		if (!strncmp(name, "luks-", 5) && kk_uuid_valid(name + 5))
			snprintf(v->source, sizeof(v->source), "UUID=%s", name + 5);
		else
			return unknown_name(job, name);
	}
	source = kk_volume_source(v);
	/* Not there yet: at boot it is tried again. */
	if (!source && job->args->boot)
		return KK_OK;
	r = open_volume(job, source ? source : v->source, name);
	free(source);
	return r;
}

static void reset(struct job *job)
{
	memset(&job->target, 0, sizeof(job->target));
	memset(&job->volume, 0, sizeof(job->volume));
	memset(&job->header, 0, sizeof(job->header));
}

/* Every UUID that some key names, once. */
static int open_all(struct job *job)
{
	char volume[64];
	unsigned int n = 0;
	int r, status = KK_OK;

	for (unsigned int i = 0; i < job->keys->n; i++) {
		const struct kk_key *k = &job->keys->key[i];

		if (k->error || k->desc.kind == KK_KEY_OTHER || kk_key_repeats(job->keys, i))
			continue;
		n++;
		reset(job);
		snprintf(volume, sizeof(volume), "UUID=%s", k->desc.uuid);
		r = open_volume(job, volume, volume);
		if (!status)
			status = r;
	}
	if (n || job->args->boot)
		return status;
	return kk_fail(KK_KEY_MISSING, "see kexec-keys status for why",
		       "no key of a LUKS volume is here");
}

static int open_listed(struct job *job)
{
	int r, status = KK_OK;

	for (int i = 0; i < job->args->n_volumes; i++) {
		reset(job);
		r = open_volume(job, job->args->volumes[i], job->args->volumes[i]);
		if (!status)
			status = r;
	}
	return status;
}

static int check_args(const struct kk_args *args)
{
	if (args->all && args->n_volumes)
		return kk_fail(KK_USAGE, "see kexec-keys open --help",
			       "open takes either VOLUMEs or --all");
	if (args->name && (args->all || args->n_volumes > 1))
		return kk_fail(KK_USAGE, "see kexec-keys open --help",
			       "--name goes with one VOLUME at most");
	if (args->header && args->n_volumes != 1)
		return kk_fail(KK_USAGE, "see kexec-keys open --help",
			       "--header goes with one VOLUME");
	return KK_OK;
}

static int open_some(struct job *job)
{
	const struct kk_args *args = job->args;
	int r;

	if (args->n_volumes)
		return open_listed(job);
	if (!args->name)
		return open_all(job);
	r = open_named(job, args->name);
	return job->unattended && opens_without_us(job) ? KK_OK : r;
}

static int read_keys(struct job *job, struct kk_keys *keys)
{
	struct kk_state s;
	int r;

	/* In a boot script a kernel without the feature is nothing to talk about. */
	if (job->args->boot && kk_state_read(KK_STATE_DIR, &s))
		return KK_OK;
	r = kk_state_get(&s);
	if (!r)
		r = kk_ring_read(s.ring, keys);
	if (!r)
		job->ring = s.ring;
	return r;
}

int kk_cmd_open(const struct kk_args *args)
{
	struct kk_keys keys = { 0 };
	struct job job = {
		.args = args, .keys = &keys,
		.unattended = args->boot && !access(KK_VMCORE, F_OK),
	};
	int r = check_args(args);

	if (r)
		return r;
	r = read_keys(&job, &keys);
	if (job.unattended || (!r && (!args->boot || keys.n)))
		r = open_some(&job);
	kk_keys_free(&keys);
	return r;
}
