// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scrub: a copy of a vmcore for somebody who is not to have the disk's keys.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "payload.h"
#include "scrub.h"

/*
 * A file without a name, beside the one to be: nobody sees it before it is complete
 * and checked, and whatever ends this process leaves nothing behind.
 */
static int create(const char *name, int *fd)
{
	const char *slash = strrchr(name, '/');
	char directory[PATH_MAX];

	if (!faccessat(AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW))
		return kk_fail(KK_BUSY, "name one that is not there", "%s exists", kk_esc(name));
	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - name) + 1 : 1,
		 slash ? name : ".");
	*fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd >= 0)
		return KK_OK;
	if (errno == EOPNOTSUPP)
		return kk_fail(KK_UNSUPPORTED, "name one on another, and copy it",
			       "the file system of %s has no unnamed files", kk_esc(name));
	return kk_fail(kk_exit_of_errno(errno), "name one in a directory that you may write",
		       "cannot create a file in %s: %s", kk_esc(directory), strerror(errno));
}

static int give_name(int fd, const char *name)
{
	char path[64];

	if (!linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH))
		return KK_OK;
	/* Who is not root may do it like this only, until Linux 6.10. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (errno == ENOENT && !linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW))
		return KK_OK;
	return kk_fail(kk_exit_of_errno(errno), "name one that is not there",
		       "cannot create %s: %s", kk_esc(name), strerror(errno));
}

/* Without them there still are key schedules to be found. */
static void get_payloads(struct kk_payloads *p)
{
	struct kk_kept kept;
	int r;

	kk_keep_errors(&kept);
	r = kk_payloads_get(p);
	kk_keep_errors(NULL);
	if (!r)
		return;
	kk_payloads_free(p);
	kk_say("Designated keys are not looked for: %s; %s.", kept.sentence, kept.next);
}

static void say_what_was_found(const struct kk_scrub *s)
{
	const struct kk_payloads *p = s->payloads;

	for (unsigned int i = 0; i < KK_ARRAY_SIZE(s->keys); i++)
		if (s->schedules[i])
			kk_say("Different AES-%u keys: %lu; key schedules of them: %lu.",
			       128 + 64 * i, s->keys[i], s->schedules[i]);
	for (unsigned int i = 0; i < p->keys.n; i++) {
		const struct kk_payload *one = &p->payload[i];

		kk_say("The designated key %s: %s.", kk_esc(p->keys.key[i].description),
		       one->error ? strerror(-one->error) : one->found ? "found" : "not found");
	}
}

static int write_new(struct kk_scrub *s, struct kk_vmcore *v, int fd, const char *name)
{
	struct kk_vmcore_writer *w;
	int r = kk_vmcore_copy(v, fd, name, &w);

	if (!r)
		r = kk_scrub_write(s, v, w);
	if (!r)
		r = kk_vmcore_finish(w);
	kk_vmcore_writer_free(w);
	return r;
}

static int check_new(struct kk_scrub *s, int fd, const char *name)
{
	struct kk_vmcore v;
	int r = kk_vmcore_open(&v, fd, name);

	if (!r)
		r = kk_scrub_check(s, &v);
	kk_vmcore_close(&v);
	return r;
}

static int scrub(struct kk_scrub *s, struct kk_vmcore *v, int fd, const char *name)
{
	int r = kk_scrub_find(s, v);

	if (r)
		return r;
	say_what_was_found(s);
	if (!s->needles.n)
		return kk_fail(KK_KEY_MISSING, "see SCRUBBING A VMCORE in man 8 kexec-keys",
			       "no key was found in %s: it has none, or in no known form",
			       kk_esc(v->name));
	r = write_new(s, v, fd, name);
	if (!r)
		r = check_new(s, fd, name);
	if (!r)
		r = give_name(fd, name);
	if (!r)
		kk_say("Copies of these keys: %lu, on %lu of %llu pages. In %s they are zeroes, "
		       "and no AES key schedule is left.", s->copies, s->pages,
		       (unsigned long long)v->n_pages, kk_esc(name));
	return r;
}

static int scrub_with_payloads(struct kk_vmcore *v, int fd, const char *name)
{
	struct kk_payloads payloads;
	struct kk_scrub s;
	int r = kk_scrub_init(&s, &payloads);

	if (r)
		return r;
	get_payloads(&payloads);
	r = scrub(&s, v, fd, name);
	kk_payloads_free(&payloads);
	kk_scrub_free(&s);
	return r;
}

static int scrub_file(int from, const char *old, const char *new)
{
	struct kk_vmcore v;
	int to = -1, r = kk_vmcore_open(&v, from, old);

	if (!r)
		r = create(new, &to);
	if (!r)
		r = scrub_with_payloads(&v, to, new);
	if (to >= 0)
		close(to);
	kk_vmcore_close(&v);
	return r;
}

int kk_cmd_scrub(const struct kk_args *args)
{
	int fd, r;

	if (args->n_volumes != 2)
		return kk_fail(KK_USAGE, "name two files", "scrub takes a vmcore and a new file");
	fd = open(args->volumes[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return kk_fail(kk_exit_of_errno(errno), "name a vmcore that you may read",
			       "cannot open %s: %s", kk_esc(args->volumes[0]), strerror(errno));
	r = scrub_file(fd, args->volumes[0], args->volumes[1]);
	close(fd);
	return r;
}
