// SPDX-License-Identifier: GPL-2.0-only
/*
 * latency RING MEMBERS COUNT: with so many keys designated, link and unlink another
 * one, COUNT times each, and measure how long it takes from the system call's
 * beginning until the crash image agrees.
 *
 * Prints the median and the worst, in microseconds.
 */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define STATE	"/sys/kernel/kexec/keys/crash/state"

static void demand(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void wait_until_synced(int state)
{
	char text[16] = "";

	do
		demand(pread(state, text, sizeof(text) - 1, 0) > 0, STATE);
	while (strcmp(text, "synced\n"));
}

/* As large as a volume key; those of an earlier call are replaced. */
static void fill(long ring, int members)
{
	char name[80], payload[64];
	int i;

	memset(payload, 'p', sizeof(payload));
	for (i = 0; i < members; i++) {
		snprintf(name, sizeof(name),
			 "cryptsetup:00112233-4455-6677-8899-aabbccddeeff-d%d", i);
		demand(syscall(SYS_add_key, "logon", name, payload,
			       sizeof(payload), ring) > 0, "latency: add_key");
	}
}

static int compare(const void *a, const void *b)
{
	long long left = *(const long long *)a, right = *(const long long *)b;

	return (left > right) - (left < right);
}

int main(int argc, char **argv)
{
	const int operations[] = { KEYCTL_LINK, KEYCTL_UNLINK };
	long long *taken, start;
	long ring, key;
	int state, count, i;

	if (argc != 4) {
		fputs("usage: latency RING MEMBERS COUNT\n", stderr);
		return 2;
	}
	ring = strtol(argv[1], NULL, 0);
	fill(ring, atoi(argv[2]));
	count = 2 * atoi(argv[3]);
	taken = calloc(count, sizeof(*taken));
	demand(taken && count, "latency: no memory");
	state = open(STATE, O_RDONLY);
	demand(state >= 0, STATE);
	key = syscall(SYS_add_key, "logon", "latency:key", "payload", 7,
		      KEY_SPEC_PROCESS_KEYRING);
	demand(key > 0, "latency: add_key");

	for (i = 0; i < count; i++) {
		start = now();
		demand(!syscall(SYS_keyctl, operations[i % 2], key, ring),
		       "latency: keyctl");
		wait_until_synced(state);
		taken[i] = now() - start;
	}
	qsort(taken, count, sizeof(*taken), compare);
	printf("%lld %lld\n", taken[count / 2], taken[count - 1]);
	return 0;
}
