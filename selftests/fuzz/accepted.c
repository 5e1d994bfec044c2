// SPDX-License-Identifier: GPL-2.0-or-later
#include "accepted.h"
#include "fuzz.h"
#include "modules.h"
#include "table.h"

#define UUID "2f144136-b0de-4b51-b2eb-bd869cc39a6e"
#define N_FLAGS 7

static void check_digest(const struct kk_digest *d)
{
	MUST_END(d->hash);
	MUST(kk_is_word(d->hash));
	MUST(d->iterations >= 1 && d->iterations <= 20000000);
	MUST(d->salt_len >= 1 && d->salt_len <= sizeof(d->salt));
	MUST(d->len >= 16 && d->len <= sizeof(d->value));
	read_bytes(d->salt, d->salt_len);
	read_bytes(d->value, d->len);
}

static unsigned int count_words(const char *text)
{
	unsigned int n = 1;

	MUST(*text && *text != ' ');
	for (; *text; text++)
		if (*text == ' ') {
			MUST(text[1] && text[1] != ' ');
			n++;
		}
	return n;
}

/* dm-crypt reads five words, the number of options, and these. */
static void check_params(const struct kk_header *h, unsigned int flags)
{
	char exact[1200], description[64], *params;
	const char *options;
	unsigned int n = 0;

	kk_keydesc_format(UUID, h->digest.id, description, sizeof(description));
	MUST(!kk_table_params(h, description, 253, 1, flags, exact, sizeof(exact)));
	options = strstr(exact, " 253:1 ");
	MUST(options);
	options = strchr(options + 7, ' ');
	MUST(!options || sscanf(options, " %u ", &n) == 1);
	MUST(count_words(exact) == 5 + (options ? 1 + n : 0));

	/* Where it just fits, and where it does not. */
	params = malloc(strlen(exact) + 1);
	MUST(params && !kk_table_params(h, description, 253, 1, flags, params, strlen(exact) + 1));
	MUST(!strcmp(params, exact));
	MUST(kk_table_params(h, description, 253, 1, flags, params, strlen(exact)));
	free(params);
}

static void check_size(const struct kk_header *h)
{
	static const uint64_t devices[] = { 0, 1, 32768, 40960, 1ULL << 40, UINT64_MAX };
	uint64_t size;

	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (kk_table_size(h, devices[i], &size))
			continue;
		MUST(size && h->offset < devices[i] && size <= devices[i] - h->offset);
		MUST(size * 512 % h->sector_size == 0);
	}
}

void check_accepted(const struct kk_header *h)
{
	struct kk_words words = { 0 };
	char uuid[160];

	MUST_END(h->cipher);
	MUST_END(h->uuid);
	MUST(*h->cipher && kk_is_word(h->cipher) && !strstr(h->cipher, "cipher_null"));
	MUST(h->key_bytes <= 512);
	MUST(h->sector_size >= 512 && h->sector_size <= 4096);
	MUST(!(h->sector_size & (h->sector_size - 1)));
	check_digest(&h->digest);
	for (unsigned int flags = 0; flags < 1 << N_FLAGS; flags += 1 + 2 * flags)
		check_params(h, flags);
	check_params(h, h->flags);
	check_size(h);
	MUST(!kk_table_uuid(h, "root", uuid, sizeof(uuid)));
	kk_cipher_words(h->cipher, &words);
	kk_words_free(&words);
	reached();
}
