// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The JSON area of a LUKS2 header, as crypt_dump_json() gives it. No other
 * exported call of libcryptsetup tells a segment's digest and size.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"

static struct json_object *member(struct json_object *o, const char *name,
				  enum json_type type)
{
	struct json_object *v;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, name, &v) || !json_object_is_type(v, type))
		return NULL;
	return v;
}

static const char *string_of(struct json_object *o, const char *name)
{
	struct json_object *v = member(o, name, json_type_string);

	return v ? json_object_get_string(v) : NULL;
}

/* LUKS2 writes 64-bit numbers as strings. */
static int number_of(struct json_object *o, const char *name, uint64_t *out)
{
	const char *text = string_of(o, name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

static bool array_has(struct json_object *array, const char *text, bool prefix)
{
	size_t n = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *v = json_object_array_get_idx(array, i);
		const char *s;

		if (!json_object_is_type(v, json_type_string))
			continue;
		s = json_object_get_string(v);
		if (prefix ? !strncmp(s, text, strlen(text)) : !strcmp(s, text))
			return true;
	}
	return false;
}

static int check_requirements(struct json_object *config, const char **why)
{
	struct json_object *req, *mandatory;

	req = member(config, "requirements", json_type_object);
	mandatory = member(req, "mandatory", json_type_array);
	if (!mandatory || !json_object_array_length(mandatory))
		return 0;
	if (array_has(mandatory, "online-reencrypt", true) ||
	    array_has(mandatory, "offline-reencrypt", true))
		*why = "it is being re-encrypted";
	else if (array_has(mandatory, "opal", true))
		*why = "it uses the hardware encryption of the disk (OPAL)";
	else
		*why = "its header has a requirement that is unknown here";
	return -ENOTSUP;
}

static unsigned int persistent_flags(struct json_object *config)
{
	static const struct { const char *name; unsigned int flag; } names[] = {
		{ "allow-discards", KK_FLAG_DISCARDS },
		{ "same-cpu-crypt", KK_FLAG_SAME_CPU },
		{ "submit-from-crypt-cpus", KK_FLAG_SUBMIT_FROM_CPU },
		{ "no-read-workqueue", KK_FLAG_NO_READ_WQ },
		{ "no-write-workqueue", KK_FLAG_NO_WRITE_WQ },
		{ "high-priority", KK_FLAG_HIGH_PRIORITY },
	};
	struct json_object *array = member(config, "flags", json_type_array);
	unsigned int flags = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (array_has(array, names[i].name, false))
			flags |= names[i].flag;
	return flags;
}

/* The one segment that is the volume; its id is returned in @id. */
static int find_segment(struct json_object *root, const char **id,
			struct json_object **segment, const char **why)
{
	struct json_object *segments = member(root, "segments", json_type_object);

	*segment = NULL;
	if (!segments)
		return -EINVAL;
	json_object_object_foreach(segments, key, val) {
		struct json_object *flags = member(val, "flags", json_type_array);

		if (array_has(flags, "backup-", true))
			continue;
		if (*segment || array_has(flags, "in-reencryption", true)) {
			*why = "it is being re-encrypted";
			return -ENOTSUP;
		}
		*segment = val;
		*id = key;
	}
	return *segment ? 0 : -EINVAL;
}

static int check_kind(struct json_object *segment, const char **why)
{
	const char *type = string_of(segment, "type");
	const char *cipher = string_of(segment, "encryption");
	uint64_t tweak;

	if (!type)
		return -EINVAL;
	if (strstr(type, "opal"))
		*why = "it uses the hardware encryption of the disk (OPAL)";
	else if (strcmp(type, "crypt"))
		*why = "its data segment is of an unknown type";
	else if (member(segment, "integrity", json_type_object))
		*why = "it uses authenticated encryption (dm-integrity)";
	else if (!cipher)
		return -EINVAL;
	else if (kk_cipher_is_null(cipher))
		*why = "its cipher is cipher_null: it has no key";
	else if (!kk_is_word(cipher) || strlen(cipher) >= sizeof(((struct kk_header *)0)->cipher))
		return -EINVAL;
	else if (number_of(segment, "iv_tweak", &tweak))
		return -EINVAL;
	else if (tweak)
		*why = "its data segment has an IV offset";
	else
		return 0;
	return -ENOTSUP;
}

static int read_segment(struct json_object *segment, struct kk_header *h)
{
	struct json_object *sector = member(segment, "sector_size", json_type_int);
	const char *size = string_of(segment, "size");
	uint64_t offset, bytes = 0;

	if (!size || !sector || number_of(segment, "offset", &offset))
		return -EINVAL;
	if (strcmp(size, "dynamic") && (number_of(segment, "size", &bytes) || !bytes))
		return -EINVAL;
	h->sector_size = json_object_get_int(sector);
	if (h->sector_size < 512 || h->sector_size > 4096 ||
	    (h->sector_size & (h->sector_size - 1)) ||
	    offset % 512 || bytes % h->sector_size)
		return -EINVAL;
	h->offset = offset / 512;
	h->size = bytes / 512;
	snprintf(h->cipher, sizeof(h->cipher), "%s", string_of(segment, "encryption"));
	return 0;
}

static struct json_object *find_digest(struct json_object *root, const char *segment,
				       int *id)
{
	struct json_object *digests = member(root, "digests", json_type_object);

	if (!digests)
		return NULL;
	json_object_object_foreach(digests, key, val) {
		if (!array_has(member(val, "segments", json_type_array), segment, false))
			continue;
		*id = atoi(key);
		return val;
	}
	return NULL;
}

static int read_digest(struct json_object *digest, struct kk_digest *d, const char **why)
{
	const char *type = string_of(digest, "type"), *hash = string_of(digest, "hash");
	const char *salt = string_of(digest, "salt"), *value = string_of(digest, "digest");
	struct json_object *iterations = member(digest, "iterations", json_type_int);
	int64_t n;
	ssize_t r;

	if (type && strcmp(type, "pbkdf2")) {
		*why = "its digest is of an unknown type";
		return -ENOTSUP;
	}
	if (!type || !hash || !salt || !value || !iterations || !kk_is_word(hash) ||
	    strlen(hash) >= sizeof(d->hash))
		return -EINVAL;
	n = json_object_get_int64(iterations);
	if (n < 1 || n > KK_ITERATIONS_MAX)
		return -EINVAL;
	d->iterations = n;
	snprintf(d->hash, sizeof(d->hash), "%s", hash);
	r = kk_base64(salt, d->salt, sizeof(d->salt));
	if (r <= 0)
		return -EINVAL;
	d->salt_len = r;
	r = kk_base64(value, d->value, sizeof(d->value));
	/* A shorter digest would say yes to too many keys. */
	if (r < 16)
		return -EINVAL;
	d->len = r;
	return 0;
}

static unsigned int key_bytes(struct json_object *root, struct json_object *digest)
{
	struct json_object *slots = member(digest, "keyslots", json_type_array);
	struct json_object *all = member(root, "keyslots", json_type_object);
	struct json_object *first, *size;

	first = slots && json_object_array_length(slots) ? json_object_array_get_idx(slots, 0) : NULL;
	if (!all || !json_object_is_type(first, json_type_string))
		return 0;
	size = member(member(all, json_object_get_string(first), json_type_object), "key_size",
		      json_type_int);
	return size && json_object_get_int(size) > 0 && json_object_get_int(size) <= 512 ?
	       json_object_get_int(size) : 0;
}

/* Of a recovery key a token says only that it is one. */
static bool has_token(struct json_object *root)
{
	struct json_object *tokens = member(root, "tokens", json_type_object);

	if (!tokens)
		return false;
	json_object_object_foreach(tokens, key, token) {
		const char *type = string_of(token, "type");

		(void)key;
		if (type && strcmp(type, "systemd-recovery"))
			return true;
	}
	return false;
}

static int parse_root(struct json_object *root, struct kk_header *h, const char **why)
{
	struct json_object *config = member(root, "config", json_type_object);
	struct json_object *segment, *digest;
	const char *id = NULL;
	int r;

	if (!config)
		return -EINVAL;
	r = check_requirements(config, why);
	if (!r)
		r = find_segment(root, &id, &segment, why);
	if (!r)
		r = check_kind(segment, why);
	if (!r)
		r = read_segment(segment, h);
	if (r)
		return r;
	digest = find_digest(root, id, &h->digest.id);
	if (!digest)
		return -EINVAL;
	h->flags = persistent_flags(config);
	h->token = has_token(root);
	h->key_bytes = key_bytes(root, digest);
	return read_digest(digest, &h->digest, why);
}

int kk_luks2_parse(const char *json, struct kk_header *h, const char **why)
{
	struct json_object *root = json_tokener_parse(json);
	int r;

	memset(h, 0, sizeof(*h));
	h->luks = 2;
	*why = "the LUKS2 header is damaged";
	r = parse_root(root, h, why);
	json_object_put(root);
	if (!r)
		*why = NULL;
	return r;
}
