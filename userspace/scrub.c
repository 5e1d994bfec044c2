// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <time.h>

#include "aes.h"
#include "kexec-keys.h"
#include "locked.h"
#include "scrub.h"

/* Of the page before, so much is kept that whatever is looked for may begin there. */
#define KEPT KK_PAYLOAD_MAX
#define MEMORY_SIZE (KEPT + KK_VMCORE_BLOCK_MAX)
#define PROGRESS_SECONDS 5

int kk_scrub_init(struct kk_scrub *s, struct kk_payloads *payloads)
{
	*s = (struct kk_scrub){ .payloads = payloads };
	s->memory = kk_locked_alloc(MEMORY_SIZE);
	s->form = kk_locked_alloc(KK_AES_SCHEDULE_MAX);
	if (s->memory && s->form && !kk_needles_init(&s->needles))
		return KK_OK;
	kk_scrub_free(s);
	return kk_fail(KK_MEMORY, "run it as root", "cannot lock memory: %s", strerror(errno));
}

void kk_scrub_free(struct kk_scrub *s)
{
	kk_needles_free(&s->needles);
	kk_locked_free(s->memory, MEMORY_SIZE);
	kk_locked_free(s->form, KK_AES_SCHEDULE_MAX);
	s->memory = s->form = NULL;
}

static int add(struct kk_scrub *s, const uint8_t *bytes, size_t len)
{
	if (!kk_needles_add(&s->needles, bytes, len))
		return KK_OK;
	return kk_fail(KK_MEMORY, "run it as root, or where there is more memory",
		       "cannot lock memory: %s", strerror(errno));
}

/*
 * All forms in which Linux keeps the schedule: that for encryption; with
 * InvMixColumns for decryption; POWER8's, whose vectors begin with the last byte;
 * and the last round key of NEON's bit-sliced one.
 */
static int add_schedule(struct kk_scrub *s, const uint8_t *schedule, size_t len)
{
	int r = add(s, schedule, len);

	kk_aes_invert(schedule, len, s->form);
	if (!r)
		r = add(s, s->form, len);
	for (size_t i = 0; i < len; i++)
		s->form[i] = schedule[len - 1 - i];
	if (!r)
		r = add(s, s->form, len);
	for (size_t i = 0; i < 16; i++)
		s->form[i] = schedule[len - 16 + i] ^ 0x63;
	return r ? r : add(s, s->form, 16);
}

/* The first @kept bytes were looked at before. */
static int find_schedules(struct kk_scrub *s, const uint8_t *p, size_t len, size_t kept)
{
	size_t at = 0, key_len;
	int r = KK_OK;

	while (!r && (at = kk_aes_find(p, len, at, &key_len)) < len) {
		const size_t n = s->needles.n, kind = key_len / 8 - 2;

		if (at + kk_aes_schedule_len(key_len) > kept) {
			r = add_schedule(s, p + at, kk_aes_schedule_len(key_len));
			s->schedules[kind]++;
			s->keys[kind] += s->needles.n > n;
		}
		at += 4;
	}
	return r;
}

static int find_payloads(struct kk_scrub *s, const uint8_t *p, size_t len, size_t kept)
{
	size_t at = 0, n;
	int r = KK_OK;

	while (!r && (at = kk_payload_find(s->payloads, p, len, at, &n)) < len) {
		if (at + n > kept)
			r = add(s, p + at, n);
		at += n;
	}
	return r;
}

/* What follows a key, if it looks like a bit-sliced schedule; it may go on on the next page. */
static size_t masks(const uint8_t *p, size_t len, bool *go_on)
{
	const size_t n = kk_aes_masks(p, len);

	*go_on = n == len;
	return *go_on || n >= KK_AES_MASKS_MIN ? n : 0;
}

/* How many copies were there. */
static unsigned long put_out(struct kk_scrub *s, const struct kk_vmcore_chunk *c, uint8_t *p,
			     size_t len)
{
	size_t at = c->follows && s->masks_go_on ? kk_aes_masks(p, len) : 0, end;
	unsigned long copies = !!at;

	explicit_bzero(p, at);
	s->masks_go_on = false;
	while ((at = kk_needles_find(&s->needles, p, len, at, &end)) < len) {
		end += masks(p + end, len - end, &s->masks_go_on);
		explicit_bzero(p + at, end - at);
		copies++;
		at = end;
	}
	return copies;
}

typedef int look_fn(struct kk_scrub *s, const struct kk_vmcore_chunk *c, uint8_t *page,
		    size_t block, void *arg);

/* For a person who waits. */
static void progress(const char *what, const struct kk_vmcore *v, time_t *said)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec < *said + PROGRESS_SECONDS)
		return;
	if (*said)
		kk_progress("%s %s: %.0f %%", what, kk_esc(v->name),
			    100.0 * v->next_page / v->n_pages);
	*said = now.tv_sec;
}

/* Each chunk of @v, in memory after the end of the one before, if it follows that. */
static int walk(struct kk_scrub *s, struct kk_vmcore *v, const char *what, look_fn *look, void *arg)
{
	uint8_t *const page = s->memory + KEPT;
	struct kk_vmcore_chunk c;
	time_t said = 0;
	int r = KK_OK;

	kk_vmcore_rewind(v);
	while (!r && kk_vmcore_has_next(v)) {
		r = kk_vmcore_read(v, &c, page);
		if (!r)
			r = look(s, &c, page, v->block, arg);
		memcpy(s->memory, page + v->block - KEPT, KEPT);
		progress(what, v, &said);
	}
	return r;
}

static int find(struct kk_scrub *s, const struct kk_vmcore_chunk *c, uint8_t *page, size_t block,
		void *arg)
{
	const size_t kept = c->follows ? KEPT : 0;
	int r;

	(void)arg;
	if (c->is_zero)
		return KK_OK;
	r = find_schedules(s, page - kept, kept + block, kept);
	if (!r && s->payloads->keys.n)
		r = find_payloads(s, page - kept, kept + block, kept);
	return r;
}

int kk_scrub_find(struct kk_scrub *s, struct kk_vmcore *v)
{
	return walk(s, v, "searching", find, NULL);
}

static int write_clean(struct kk_scrub *s, const struct kk_vmcore_chunk *c, uint8_t *page,
		       size_t block, void *arg)
{
	const unsigned long copies = c->is_zero ? 0 : put_out(s, c, page, block);

	s->copies += copies;
	s->pages += c->is_page && copies;
	return kk_vmcore_write(arg, c, page, copies);
}

int kk_scrub_write(struct kk_scrub *s, struct kk_vmcore *v, struct kk_vmcore_writer *w)
{
	return walk(s, v, "scrubbing", write_clean, w);
}

struct remains {
	unsigned long schedules;
	unsigned long copies;
};

static int count(struct kk_scrub *s, const struct kk_vmcore_chunk *c, uint8_t *page, size_t block,
		 void *arg)
{
	const size_t kept = c->follows ? KEPT : 0, len = kept + block;
	struct remains *remains = arg;
	size_t key_len;

	if (c->is_zero)
		return KK_OK;
	for (size_t at = 0; (at = kk_aes_find(page - kept, len, at, &key_len)) < len; at += 4)
		remains->schedules++;
	remains->copies += put_out(s, c, page, block);
	return KK_OK;
}

int kk_scrub_check(struct kk_scrub *s, struct kk_vmcore *v)
{
	struct remains remains = { 0 };
	int r = walk(s, v, "checking", count, &remains);

	if (r || (!remains.schedules && !remains.copies))
		return r;
	return kk_fail(KK_KEYS_REMAIN, "do not give it away, and report this",
		       "in %s there would still be key schedules: %lu, copies of keys: %lu",
		       kk_esc(v->name), remains.schedules, remains.copies);
}
