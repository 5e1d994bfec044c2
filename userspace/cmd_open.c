// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * open: for a volume whose key came over, find the device, verify the key,
 * activate.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

#include "choose.h"
#include "device.h"
#include "header.h"
#include "kexec-keys.h"
#include "locate.h"
#include "mapping.h"
#include "ring.h"
#include "state.h"
#include "table.h"

#define KK_VMCORE "/proc/vmcore"
#define KK_TURN "/run/kexec-keys.lock"

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
	return !job->volume.asks || kk_volume_has_key_file(&job->volume) || job->header.token;
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

/* Of the command line, else of the tables, else that of systemd and dracut. */
static const char *choose_name(struct job *job)
{
	struct kk_volume *v = &job->volume;

	if (job->args->name)
		return job->args->name;
	if (!v->name[0])
		snprintf(v->name, sizeof(v->name), "luks-%s", job->target.uuid);
	return v->name;
}

static int create_failed(const struct job *job, const struct kk_new_mapping *new, int r)
{
	const char *name = kk_esc(new->name), *device = kk_esc(new->device);

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
			       name, kk_esc(job->header.cipher));
	case -ENOENT:
		return kk_fail(KK_DEVICE, "load its module, and put it into the initramfs",
			       "the kernel lacks the cipher %s for %s", kk_esc(job->header.cipher), name);
	default:
		return kk_fail(kk_exit_of_errno(r), "see dmesg and lsblk",
			       "cannot map %s as %s: %s", device, name, strerror(-r));
	}
}

static int activate(struct job *job, const struct kk_key *k)
{
	struct kk_new_mapping new = {
		.header = &job->header, .device = job->target.device,
		.name = choose_name(job), .description = k->description, .ring = job->ring,
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
		return create_failed(job, &new, r);
	kk_say("Opened %s (UUID %s) as %s.", kk_esc(new.device), job->target.uuid,
	       kk_esc(new.name));
	return KK_OK;
}

static int verify_and_open(struct job *job)
{
	const struct kk_key *k = NULL;
	struct kk_choice choice;
	int r = kk_load_located(&job->target, &job->volume, job->label, &job->header, NULL);

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
	struct kk_target *t = &job->target;
	int r;

	if (t->mapped && !job->args->test)
		return already_active(job);
	if (t->uuid[0] && !kk_keys_have(job->keys, t->uuid) && !job->unattended)
		return no_key(job);
	r = kk_locate(t, job->args->header, job->args->boot, &job->volume);
	/* Not there yet: at boot it is tried again, or nobody needs it. */
	if (r || !t->device[0])
		return r;
	if (job->args->boot && !t->uuid[0])
		return no_luks(job);
	return verify_and_open(job);
}

static int open_volume(struct job *job, const char *volume)
{
	int r = kk_target_resolve(volume, &job->target);

	job->label = volume;
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
	struct kk_volume v;
	struct kk_mapping m;
	int r;

	if (kk_mapping_named(name, &m))
		return open_volume(job, name);
	if (!kk_volume_named(name, &v)) {
		if (strncmp(name, "luks-", 5) || !kk_uuid_valid(name + 5))
			return unknown_name(job, name);
		snprintf(v.source, sizeof(v.source), "UUID=%s", name + 5);
	}
	job->label = name;
	r = kk_target_of_volume(&v, job->args->boot, &job->target);
	/* Not there yet: at boot it is tried again. */
	if (r || (!job->target.uuid[0] && !job->target.device[0]))
		return r;
	return open_target(job);
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
		r = open_volume(job, volume);
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
		r = open_volume(job, job->args->volumes[i]);
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

/*
 * A capture kernel that boots, unless others carry keys there (mainline's dm-crypt
 * keys), or the firmware has started it, which carries none. The script unattended
 * judges likewise.
 */
static bool nobody_is_here(const struct kk_args *args)
{
	char cmdline[8192];

	if (!args->boot || access(KK_VMCORE, F_OK))
		return false;
	kk_read_cmdline(cmdline, sizeof(cmdline));
	return !kk_cmdline_has(cmdline, "dmcryptkeys=") &&
	       !kk_cmdline_has(cmdline, "fadump=on") &&
	       !kk_cmdline_has(cmdline, "fadump=nocma");
}

/*
 * dracut's hook and systemd's service come for the same volume at the same time: the
 * second is to find it open. The end of the process ends the turn; without /run there
 * are no two.
 */
static void wait_for_turn(void)
{
	int fd = open(KK_TURN, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
}

static int open_with_keys(struct job *job, const struct kk_state *s)
{
	struct kk_keys keys;
	int r = kk_ring_read(s->ring, &keys);

	if (r && !job->unattended)
		return r;
	job->keys = &keys;
	job->ring = s->ring;
	/* Most boots have none. */
	if (!job->args->boot || job->unattended || keys.n)
		r = open_some(job);
	kk_keys_free(&keys);
	return r;
}

int kk_cmd_open(const struct kk_args *args)
{
	struct job job = { .args = args, .unattended = nobody_is_here(args) };
	struct kk_state s;
	int r = check_args(args);

	if (r)
		return r;
	/* In a boot script a kernel without the feature is nothing to talk about. */
	if (args->boot && kk_state_read(KK_STATE_DIR, &s))
		return KK_OK;
	r = kk_state_get(&s);
	if (r)
		return r;
	wait_for_turn();
	return open_with_keys(&job, &s);
}
