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

typedef int key_serial_t;

static inline key_serial_t add_key(const char *type, const char *desc,
				   const void *payload, size_t len,
				   key_serial_t ring)
{
	return syscall(__NR_add_key, type, desc, payload, len, ring);
}

static inline key_serial_t request_key(const char *type, const char *desc,
				       const char *info, key_serial_t ring)
{
	return syscall(__NR_request_key, type, desc, info, ring);
}

static inline long keyctl(int op, unsigned long a, unsigned long b,
			  unsigned long c, unsigned long d)
{
	return syscall(__NR_keyctl, op, a, b, c, d);
}

static inline long keyctl_describe(key_serial_t key, char *buf, size_t size)
{
	return keyctl(KEYCTL_DESCRIBE, key, (unsigned long)buf, size, 0);
}

static inline long keyctl_read(key_serial_t key, void *buf, size_t size)
{
	return keyctl(KEYCTL_READ, key, (unsigned long)buf, size, 0);
}

static inline long keyctl_link(key_serial_t key, key_serial_t ring)
{
	return keyctl(KEYCTL_LINK, key, ring, 0, 0);
}

static inline long keyctl_unlink(key_serial_t key, key_serial_t ring)
{
	return keyctl(KEYCTL_UNLINK, key, ring, 0, 0);
}

static inline key_serial_t keyctl_search(key_serial_t ring, const char *type,
					 const char *desc)
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
static inline long ring_members(key_serial_t ring, key_serial_t *members)
{
	long bytes = keyctl_read(ring, members, MAX_MEMBERS * sizeof(*members));

	if (bytes < 0 || bytes > (long)(MAX_MEMBERS * sizeof(*members)))
		return -1;
	return bytes / sizeof(*members);
}

/* "type;uid;gid;perm;description": the description, which may hold anything. */
static inline const char *description_of(key_serial_t key, char *buf,
					 size_t size)
{
	int skip = -1;

	if (keyctl_describe(key, buf, size) < 0)
		return NULL;
	buf[size - 1] = '\0';
	sscanf(buf, "%*[^;];%*d;%*d;%*x;%n", &skip);
	return skip < 0 ? NULL : buf + skip;
}

/*
 * Remove the tests' own keys and no others, which the machine may rely on; but
 * for dead ones, which nobody can describe or use.
 */
static inline void remove_test_keys(key_serial_t ring)
{
	static key_serial_t members[MAX_MEMBERS];
	long n = ring_members(ring, members);
	char buf[8192];

	while (n-- > 0) {
		const char *name = description_of(members[n], buf, sizeof(buf));

		if (!name || !strncmp(name, TEST_PREFIX, strlen(TEST_PREFIX)))
			keyctl_unlink(members[n], ring);
	}
}

#endif
