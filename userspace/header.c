// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads a LUKS header: libcryptsetup validates, the parsers take the facts.
 */
#include <errno.h>
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "header.h"
#include "kexec-keys.h"

/* libcryptsetup's last words; ours say what to do, its say what is wrong. */
static char crypt_words[256];

static void log_callback(int level, const char *msg, void *usrptr)
{
	(void)usrptr;
	if (level == CRYPT_LOG_ERROR)
		snprintf(crypt_words, sizeof(crypt_words), "%.*s",
			 (int)strcspn(msg, "\n"), msg);
	kk_debug("%.*s", (int)strcspn(msg, "\n"), msg);
}

bool kk_is_word(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

bool kk_cipher_is_null(const char *cipher)
{
	return strstr(cipher, "cipher_null");
}

static int read_luks1(const char *path, struct kk_header *h, const char **why)
{
	uint8_t raw[KK_LUKS1_SIZE];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	n = pread(fd, raw, sizeof(raw), 0);
	close(fd);
	return n < 0 ? -errno : kk_luks1_parse(raw, n, h, why);
}

static int read_luks2(struct crypt_device *cd, struct kk_header *h, const char **why)
{
	const char *json;
	int r = crypt_dump_json(cd, &json, 0);

	if (!r)
		r = kk_luks2_parse(json, h, why);
	if (r)
		return r;
	*why = "its UUID is malformed";
	if (!crypt_get_uuid(cd) || !kk_uuid_valid(crypt_get_uuid(cd)))
		return -EINVAL;
	*why = "its size of the volume key is unknown";
	snprintf(h->uuid, sizeof(h->uuid), "%s", crypt_get_uuid(cd));
	if (!h->key_bytes)
		h->key_bytes = crypt_get_volume_key_size(cd);
	return h->key_bytes ? 0 : -EINVAL;
}

static int load(const char *device, const char *header, struct kk_header *h,
		struct crypt_device **cd, const char **why)
{
	int r;

	*why = NULL;
	if (header)
		r = crypt_init_data_device(cd, header, device);
	else
		r = crypt_init(cd, device);
	if (r < 0)
		return r;
	crypt_set_log_callback(*cd, log_callback, NULL);
	/* NULL: either LUKS. */
	if (crypt_load(*cd, NULL, NULL)) {
		*why = crypt_words[0] ? crypt_words : "it is not LUKS, or too damaged";
		return -EINVAL;
	}
	if (!strcmp(crypt_get_type(*cd), CRYPT_LUKS2))
		return read_luks2(*cd, h, why);
	return read_luks1(header ? header : device, h, why);
}

static int say_why(const char *name, const char *device, const char *why, int r)
{
	if (r == -ENOTSUP)
		return kk_fail(KK_UNSUPPORTED, "use a plain LUKS1 or LUKS2 volume for the dump",
			       "%s cannot be carried over: %s", kk_esc(name), why);
	if (r != -EINVAL)
		return kk_fail(kk_exit_of_errno(r), "see lsblk for what there is",
			       "cannot read %s: %s", kk_esc(device), strerror(-r));
	return kk_fail(KK_DEVICE, "look with cryptsetup luksDump, mend with cryptsetup repair or luksHeaderRestore",
		       "%s has no usable LUKS header: %s", kk_esc(device),
		       why ? kk_esc(why) : "not LUKS");
}

int kk_header_load(const char *name, const char *device, const char *header,
		   struct kk_header *h, struct crypt_device **cd_out)
{
	struct crypt_device *cd = NULL;
	const char *why;
	int r;

	crypt_words[0] = '\0';
	crypt_set_log_callback(NULL, log_callback, NULL);
	crypt_set_debug_level(kk_get_debug() ? CRYPT_DEBUG_ALL : CRYPT_DEBUG_NONE);
	r = load(device, header, h, &cd, &why);
	if (!r && cd_out) {
		*cd_out = cd;
		return KK_OK;
	}
	crypt_free(cd);
	return r ? say_why(name, header ? header : device, why, r) : KK_OK;
}
