// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <string.h>

#include "unlock.h"

#define TRIES 3

static int slot_of(const struct kk_args *args)
{
	return args->key_slot < 0 ? CRYPT_ANY_SLOT : args->key_slot;
}

static bool is_tried(struct crypt_device *cd, int slot, int wanted)
{
	crypt_keyslot_info info = crypt_keyslot_status(cd, slot);

	if (info != CRYPT_SLOT_ACTIVE && info != CRYPT_SLOT_ACTIVE_LAST)
		return false;
	if (wanted != CRYPT_ANY_SLOT)
		return slot == wanted;
	return crypt_keyslot_get_priority(cd, slot) != CRYPT_SLOT_PRIORITY_IGNORE;
}

void kk_unlock_cost(struct crypt_device *cd, int slot, char *out, size_t size)
{
	struct crypt_pbkdf_type one, most = { 0 };
	char memory[48] = "", slots[48] = "";
	unsigned int n = 0;

	for (int i = 0; i < crypt_keyslot_max(crypt_get_type(cd)); i++) {
		if (!is_tried(cd, i, slot) || crypt_keyslot_get_pbkdf(cd, i, &one))
			continue;
		if (!n++ || one.max_memory_kb > most.max_memory_kb)
			most = one;
	}
	if (most.max_memory_kb)
		snprintf(memory, sizeof(memory), ", %s%u MiB of memory", n > 1 ? "up to " : "",
			 most.max_memory_kb / 1024);
	if (n > 1)
		snprintf(slots, sizeof(slots), ", from one of %u key slots", n);
	*out = '\0';
	if (n)
		snprintf(out, size, " with %s%s%s", kk_esc(most.type), memory, slots);
}

static void say_what_it_takes(struct crypt_device *cd, const char *label,
			      const struct kk_args *args)
{
	char cost[128];

	kk_unlock_cost(cd, slot_of(args), cost, sizeof(cost));
	kk_progress("Deriving the key of %s%s ...", kk_esc(label), cost);
}

/* libcryptsetup puts a LUKS2 key there under this name; LUKS1 is ours to name. */
static int find_in_thread_keyring(const struct kk_header *h, key_serial_t *serial)
{
	char description[64];

	kk_keydesc_format(h->uuid, h->digest.id, description, sizeof(description));
	*serial = keyctl_search(KEY_SPEC_THREAD_KEYRING, "logon", description, 0);
	return *serial < 0 ? -errno : 0;
}

/* libcryptsetup uploads no LUKS1 key: the one case where we hold the bytes. */
static int upload_luks1(struct crypt_device *cd, const struct kk_header *h, int slot,
			const struct kk_secret *pass)
{
	char description[64];
	size_t len = h->key_bytes;
	char *key = crypt_safe_alloc(len);
	int r;

	if (!key)
		return -ENOMEM;
	r = crypt_volume_key_get(cd, slot, key, &len, pass->data, pass->len);
	if (r >= 0)
		r = crypt_volume_key_verify(cd, key, len);
	if (r >= 0) {
		kk_keydesc_format(h->uuid, h->digest.id, description, sizeof(description));
		if (add_key("logon", description, key, len, KEY_SPEC_THREAD_KEYRING) < 0)
			r = -errno;
	}
	crypt_safe_free(key);
	return r < 0 ? r : 0;
}

static int try_passphrase(struct crypt_device *cd, const struct kk_header *h,
			  const struct kk_args *args, const struct kk_secret *pass)
{
	int r;

	if (h->luks == 1)
		return upload_luks1(cd, h, slot_of(args), pass);
	r = crypt_activate_by_passphrase(cd, NULL, slot_of(args), pass->data, pass->len,
					 CRYPT_ACTIVATE_KEYRING_KEY);
	return r < 0 ? r : 0;
}

static bool has_token(struct crypt_device *cd, const struct kk_args *args)
{
	if (args->token_id >= 0)
		return true;
	for (int i = 0; i < crypt_token_max(CRYPT_LUKS2); i++) {
		crypt_token_info info = crypt_token_status(cd, i, NULL);

		if (info == CRYPT_TOKEN_INTERNAL || info == CRYPT_TOKEN_EXTERNAL)
			return true;
	}
	return false;
}

static int try_token(struct crypt_device *cd, const struct kk_args *args,
		     const struct kk_secret *pin)
{
	int token = args->token_id < 0 ? CRYPT_ANY_TOKEN : args->token_id;
	int r = crypt_activate_by_token_pin(cd, NULL, NULL, token, pin ? pin->data : NULL,
					    pin ? pin->len : 0, NULL,
					    CRYPT_ACTIVATE_KEYRING_KEY);

	return r < 0 ? r : 0;
}

static int unlock_by_token(struct crypt_device *cd, const char *label,
			   const struct kk_args *args)
{
	struct kk_secret pin = { 0 };
	int r;

	kk_progress("Trying the tokens of %s ...", kk_esc(label));
	r = try_token(cd, args, NULL);
	/* It wants a PIN. */
	if (r == -ENOANO && kk_can_ask() && !kk_ask("Token PIN", label, &pin)) {
		r = try_token(cd, args, &pin);
		kk_secret_free(&pin);
	}
	return r;
}

/* What libcryptsetup means by an error. */
static const char *why(int r)
{
	switch (r) {
	case -EPERM:
		return "no key slot opens with it";
	case -ENOENT:
		return "there is no key slot or token that can be used here";
	case -ENOANO:
		return "a PIN is wanted";
	case -ENOMEM:
		return "the key derivation takes more memory than there is";
	default:
		return strerror(-r);
	}
}

static int unlock_status(int r)
{
	return r == -ENOMEM ? KK_MEMORY : KK_PERMISSION;
}

static int unlock_by_file(struct crypt_device *cd, const struct kk_header *h,
			  const char *label, const struct kk_args *args,
			  struct kk_secret *key_file)
{
	int r = key_file->data ? KK_OK : kk_read_key_file(cd, args->key_file, key_file);

	if (r)
		return r;
	say_what_it_takes(cd, label, args);
	r = try_passphrase(cd, h, args, key_file);
	kk_secret_yield(key_file);
	if (!r)
		return KK_OK;
	return kk_fail(unlock_status(r), "check it with cryptsetup open --test-passphrase",
		       "the key file %s does not unlock %s: %s", kk_esc(args->key_file),
		       kk_esc(label), why(r));
}

/* @token: why no token has unlocked it, or 0 where none was tried. */
static int nobody_there(const char *label, int token)
{
	static const char next[] = "give --key-file FILE (- is standard input)";

	if (!token)
		return kk_fail(KK_NOBODY, next,
			       "nobody is there to ask for the passphrase of %s", kk_esc(label));
	return kk_fail(KK_NOBODY, next,
		       "the tokens of %s do not unlock it (%s), and nobody is there to ask for its passphrase",
		       kk_esc(label), why(token));
}

static int unlock_by_person(struct crypt_device *cd, const struct kk_header *h,
			    const char *label, const struct kk_args *args)
{
	struct kk_secret pass = { 0 };
	int r = -EPERM;

	for (int i = 0; i < TRIES && r == -EPERM; i++) {
		int asked = kk_ask("Passphrase", label, &pass);

		if (asked)
			return asked;
		say_what_it_takes(cd, label, args);
		r = try_passphrase(cd, h, args, &pass);
		kk_secret_free(&pass);
		if (r == -EPERM)
			kk_progress("No key slot opens with this passphrase.");
	}
	if (!r)
		return KK_OK;
	return kk_fail(unlock_status(r), "check it with cryptsetup open --test-passphrase",
		       "cannot unlock %s: %s", kk_esc(label), why(r));
}

int kk_unlock(struct crypt_device *cd, const struct kk_header *h, const char *label,
	      const struct kk_args *args, struct kk_secret *key_file, key_serial_t *serial)
{
	bool by_token = h->luks == 2 && !args->key_file && args->key_slot < 0 &&
			has_token(cd, args);
	int token = by_token ? unlock_by_token(cd, label, args) : 0, r = KK_OK;

	if (token && args->token_id >= 0)
		return kk_fail(unlock_status(token), "see cryptsetup luksDump for the tokens",
			       "token %d does not unlock %s: %s", args->token_id,
			       kk_esc(label), why(token));
	if (args->key_file)
		r = unlock_by_file(cd, h, label, args, key_file);
	else if (!by_token || token)
		r = kk_can_ask() ? unlock_by_person(cd, h, label, args) :
				   nobody_there(label, token);
	if (r)
		return r;
	r = find_in_thread_keyring(h, serial);
	if (!r)
		return KK_OK;
	return kk_fail(kk_exit_of_errno(r), "see /proc/sys/kernel/keys for quotas",
		       "the key of %s did not reach the keyring: %s", kk_esc(label),
		       strerror(-r));
}
