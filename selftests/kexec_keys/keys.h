/* SPDX-License-Identifier: GPL-2.0-only */
/* Key management by bare system calls, so that nothing but libc is needed. */
#ifndef KEXEC_KEYS_SELFTEST_KEYS_H
#define KEXEC_KEYS_SELFTEST_KEYS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>

#define KEYS_DIR	"/sys/kernel/kexec/keys"

/* The key-type part of "logon" descriptions; also tells our keys from others. */
#define TEST_PREFIX	"kexec_keys_test:"

#define MAX_MEMBERS	4096

static inline int add_key(const char *type, const char *desc,
			  const void *payload, size_t len, int ring)
{
	return syscall(__NR_add_key, type, desc, payload, len, ring);
}

static inline int request_key(const char *type, const char *desc,
			      const char *info, int ring)
{
	return syscall(__NR_request_key, type, desc, info, ring);
}

static inline long keyctl(int op, unsigned long a, unsigned long b,
			  unsigned long c, unsigned long d)
{
	return syscall(__NR_keyctl, op, a, b, c, d);
}

static inline long keyctl_describe(int key, char *buf, size_t size)
{
	return keyctl(KEYCTL_DESCRIBE, key, (unsigned long)buf, size, 0);
}

static inline long keyctl_read(int key, void *buf, size_t size)
{
	return keyctl(KEYCTL_READ, key, (unsigned long)buf, size, 0);
}

static inline long keyctl_link(int key, int ring)
{
	return keyctl(KEYCTL_LINK, key, ring, 0, 0);
}

static inline long keyctl_unlink(int key, int ring)
{
	return keyctl(KEYCTL_UNLINK, key, ring, 0, 0);
}

static inline int keyctl_search(int ring, const char *type, const char *desc)
{
	return keyctl(KEYCTL_SEARCH, ring, (unsigned long)type,
		      (unsigned long)desc, 0);
}

/* The first line of a file of KEYS_DIR as a number; -1 when there is none. */
static inline long read_number(const char *file)
{
	char path[256];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), KEYS_DIR "/%s", file);
	f = fopen(path, "r");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &value) != 1)
		value = -1;
	fclose(f);
	return value;
}

/* The number of members, whose serials are stored in @members; -1 on error. */
static inline long ring_members(int ring, int *members)
{
	long bytes = keyctl_read(ring, members, MAX_MEMBERS * sizeof(*members));

	if (bytes < 0 || bytes > (long)(MAX_MEMBERS * sizeof(*members)))
		return -1;
	return bytes / sizeof(*members);
}

/* The end of "type;uid;gid;perm;description", NULL for a dead key. */
static inline const char *description_of(int key, char *buf, size_t size)
{
	char *at = buf;

	if (keyctl_describe(key, buf, size) < 0)
		return NULL;
	buf[size - 1] = '\0';
	for (int i = 0; i < 4 && at; i++) {
		at = strchr(at, ';');
		at = at ? at + 1 : NULL;
	}
	return at;
}

/*
 * Remove the tests' own keys and no others, which the machine may rely on; but
 * for dead ones, which can be neither described nor used.
 */
static inline void remove_test_keys(int ring)
{
	static int members[MAX_MEMBERS];
	long n = ring_members(ring, members);
	char buf[8192];

	while (n-- > 0) {
		const char *name = description_of(members[n], buf, sizeof(buf));

		if (!name || !strncmp(name, TEST_PREFIX, strlen(TEST_PREFIX)))
			keyctl_unlink(members[n], ring);
	}
}

#endif
