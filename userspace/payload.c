// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "payload.h"
#include "state.h"

/* Of 16 to KK_PAYLOAD_KEY_MAX bytes, in steps of these: so volume keys are. */
#define KEY_MIN 16
#define KEY_STEP 8

static int get_hmacs(struct kk_payloads *p)
{
	p->fd = kk_hmac_open();
	for (unsigned int i = 0; i < p->keys.n; i++) {
		struct kk_payload *one = &p->payload[i];

		one->error = p->fd < 0 ? p->fd : kk_hmac_by_serial(p->fd, p->keys.key[i].serial,
								   KK_PAYLOAD_TEXT, one->hmac);
		if (one->error == -EOPNOTSUPP)
			return kk_fail(KK_UNSUPPORTED, "load the module algif_hash (Linux 6.2 and later)",
				       "the kernel cannot compute with them");
	}
	return KK_OK;
}

int kk_payloads_get(struct kk_payloads *p)
{
	struct kk_state state;
	int r;

	*p = (struct kk_payloads){ .fd = -1, .hmac = kk_hmac_by_bytes };
	r = kk_state_get(&state);
	if (!r)
		r = kk_ring_read(state.ring, &p->keys);
	if (r)
		return r;
	p->payload = calloc(p->keys.n + 1, sizeof(*p->payload));
	if (!p->payload)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	r = kk_ring_hold(state.ring);
	if (r)
		return kk_fail(KK_PERMISSION, "run it as root of the initial namespace",
			       "cannot use them: %s", strerror(-r));
	r = get_hmacs(p);
	kk_ring_release(state.ring);
	return r;
}

void kk_payloads_free(struct kk_payloads *p)
{
	if (p->payload)
		explicit_bzero(p->payload, p->keys.n * sizeof(*p->payload));
	free(p->payload);
	if (p->fd >= 0)
		close(p->fd);
	kk_keys_free(&p->keys);
	*p = (struct kk_payloads){ .fd = -1 };
}

/* Keys are random; what else has such a number before it is mostly zeroes. */
static bool may_be_key(const uint8_t *bytes, size_t len)
{
	const size_t n = len < 64 ? len : 64;
	size_t zeroes = 0;

	for (size_t i = 0; i < n; i++)
		zeroes += !bytes[i];
	return zeroes <= n / 8 + 1;
}

static struct kk_payload *match(struct kk_payloads *p, const uint8_t *bytes, size_t len)
{
	uint8_t hmac[KK_SHA256];
	struct kk_payload *found = NULL;

	if (p->hmac(p->fd, bytes, len, KK_PAYLOAD_TEXT, hmac))
		return NULL;
	for (unsigned int i = 0; i < p->keys.n && !found; i++)
		if (!p->payload[i].error && !memcmp(hmac, p->payload[i].hmac, sizeof(hmac)))
			found = &p->payload[i];
	explicit_bzero(hmac, sizeof(hmac));
	return found;
}

size_t kk_payload_find(struct kk_payloads *p, const uint8_t *memory, size_t len, size_t from,
		       size_t *key_len)
{
	/* At multiples of 8: so kmalloc() aligns, and struct user_key_payload. */
	for (size_t at = (from + 7) & ~(size_t)7; at + KK_PAYLOAD_HEAD < len; at += 8) {
		const uint8_t *key = memory + at + KK_PAYLOAD_HEAD;
		const size_t n = memory[at] | memory[at + 1] << 8;
		struct kk_payload *found;

		if (n < KEY_MIN || n > KK_PAYLOAD_KEY_MAX || n % KEY_STEP ||
		    n > len - at - KK_PAYLOAD_HEAD || !may_be_key(key, n))
			continue;
		found = match(p, key, n);
		if (!found)
			continue;
		found->found = true;
		*key_len = n;
		return at + KK_PAYLOAD_HEAD;
	}
	return len;
}
