// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "digest.h"
#include "kexec-keys.h"
#include "mapping.h"
#include "ring.h"
#include "verify.h"

int kk_verify_digest(const struct kk_header *h, key_serial_t serial, key_serial_t ring)
{
	struct timespec a, b;
	int r = kk_ring_hold(ring);

	if (r)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &a);
	r = kk_digest_verify(&h->digest, serial);
	kk_ring_release(ring);
	clock_gettime(CLOCK_MONOTONIC, &b);
	kk_debug("digest of key %d, %u iterations of %s: %s, %ld ms", serial,
		 h->digest.iterations, h->digest.hash, r ? strerror(-r) : "match",
		 (b.tv_sec - a.tv_sec) * 1000L + (b.tv_nsec - a.tv_nsec) / 1000000);
	return r;
}

/* True when libblkid knows what is on it: a wrong key gives noise. */
static bool has_known_content(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	blkid_probe pr;
	bool known = false;
	int r;

	if (fd < 0)
		return false;
	pr = blkid_new_probe();
	if (pr && !blkid_probe_set_device(pr, fd, 0, 0)) {
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_enable_partitions(pr, 1);
		r = blkid_do_safeprobe(pr);
		/* -2: several signatures, which noise has even less. */
		known = r == 0 || r == -2;
	}
	blkid_free_probe(pr);
	close(fd);
	return known;
}

/* Read-only and under a name of its own, so that nothing else takes to it. */
static int probe(const struct kk_verify *v, bool *known)
{
	char name[64], path[256];
	struct kk_new_mapping new = {
		.header = v->header, .device = v->device, .name = name,
		.description = v->description, .ring = v->ring, .is_private = true,
	};
	int r;

	snprintf(name, sizeof(name), "kexec-keys-probe-%d", getpid());
	r = kk_mapping_create(&new);
	if (r)
		return r;
	r = kk_mapping_path(name, path, sizeof(path));
	*known = !r && has_known_content(path);
	if (kk_mapping_remove(name, true))
		kk_fail(KK_BUSY, "remove it with dmsetup remove", "%s is left over", name);
	return r;
}

/*
 * With dm_crypt.kexec_keys the kernel takes the key of a mapping that goes out of the
 * ring, and does not know a probe from others.
 */
static bool kernel_withdraws(void)
{
	int fd = open("/sys/module/dm_crypt/parameters/kexec_keys", O_RDONLY | O_CLOEXEC);
	char value = 'N';
	bool does;

	if (fd < 0)
		return false;
	does = read(fd, &value, 1) == 1 && value == 'Y';
	close(fd);
	return does;
}

static int hold_key(const struct kk_verify *v)
{
	int r = kk_ring_hold(v->ring);

	if (r)
		return r;
	if (keyctl_link(v->serial, KEY_SPEC_THREAD_KEYRING) < 0)
		r = -errno;
	kk_ring_release(v->ring);
	return r;
}

static int probe_and_put_back(const struct kk_verify *v, bool *known)
{
	int r;

	if (!kernel_withdraws())
		return probe(v, known);
	r = hold_key(v);
	if (r)
		return r;
	r = probe(v, known);
	if (keyctl_link(v->serial, v->ring) < 0 && !r)
		r = -errno;
	keyctl_unlink(v->serial, KEY_SPEC_THREAD_KEYRING);
	return r;
}

static int mismatch(const struct kk_verify *v)
{
	char next[400];

	snprintf(next, sizeof(next), "designate the present one with kexec-keys tag %s",
		 kk_esc(v->label));
	return kk_fail(KK_KEY_MISMATCH, next,
		       "the key %s does not match the header of %s: re-encrypted since, or another header",
		       kk_esc(v->description), kk_esc(v->device));
}

static int verify_by_probe(const struct kk_verify *v)
{
	struct kk_keydesc desc;
	bool known = false;
	int r;

	kk_debug("no AF_ALG hmac(%s) with a key's serial: probing", v->header->digest.hash);
	if (kk_keydesc_parse(v->description, &desc) == KK_KEY_CRYPTSETUP &&
	    desc.digest != v->header->digest.id)
		return mismatch(v);
	if (v->mapped)
		return kk_fail(KK_UNSUPPORTED, "load the module algif_hash (Linux 6.2 and later)",
			       "cannot verify the key of %s while it is open without AF_ALG",
			       kk_esc(v->label));
	r = probe_and_put_back(v, &known);
	if (r == -EINVAL)
		return mismatch(v);
	if (r)
		return kk_fail(kk_exit_of_errno(r), "see dmesg", "cannot probe %s: %s",
			       kk_esc(v->device), strerror(-r));
	if (known)
		return KK_OK;
	return kk_fail(KK_KEY_MISMATCH,
		       "load algif_hash and the hash, or unlock it with cryptsetup open",
		       "nothing known is on %s with the key %s, and without AF_ALG it cannot be verified otherwise",
		       kk_esc(v->device), kk_esc(v->description));
}

int kk_verify(const struct kk_verify *v)
{
	int r = kk_verify_digest(v->header, v->serial, v->ring);

	switch (r) {
	case 0:
		return KK_OK;
	case -EOPNOTSUPP:
		return verify_by_probe(v);
	case -EKEYREJECTED:
		return mismatch(v);
	case -ENOKEY:
	case -EKEYEXPIRED:
	case -EKEYREVOKED:
		return kk_fail(KK_KEY_MISSING, "unlock the volume with cryptsetup open",
			       "the key %s is gone: %s", kk_esc(v->description), strerror(-r));
	default:
		return kk_fail(KK_PERMISSION, "run it as root of the initial namespace",
			       "cannot use the key %s: %s", kk_esc(v->description),
			       strerror(-r));
	}
}
