// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm RING: change what a keyring holds, all the time, until killed.
 *
 * One process links and unlinks a key, one updates a key, one adds keys and revokes
 * them. All keys are called storm:…
 */
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Large enough for an update to take a while. */
#define PAYLOAD_MAX	16000
#define PAYLOAD_STEP	1000

static long ring;

static void demand(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(1);
}

static long add_key(const char *name, size_t payload_len)
{
	char payload[PAYLOAD_MAX];
	long key;

	memset(payload, 'a' + payload_len % 26, payload_len);
	key = syscall(SYS_add_key, "logon", name, payload, payload_len,
		      KEY_SPEC_PROCESS_KEYRING);
	demand(key, "storm: add_key");
	return key;
}

/*
 * The update is made by a kernel thread. A machine that has been put back may have
 * lost the timer interrupt that would take the processor away for it.
 */
static void change_key(int operation, long key, const char *what)
{
	demand(syscall(SYS_keyctl, operation, key, ring), what);
	sched_yield();
}

static void link_and_unlink(void)
{
	long key = add_key("storm:link", 32);

	for (;;) {
		change_key(KEYCTL_LINK, key, "storm: link");
		change_key(KEYCTL_UNLINK, key, "storm: unlink");
	}
}

static void update(void)
{
	size_t len;

	change_key(KEYCTL_LINK, add_key("storm:update", 1), "storm: link");
	for (;;)
		for (len = PAYLOAD_STEP; len <= PAYLOAD_MAX; len += PAYLOAD_STEP) {
			add_key("storm:update", len);
			/* Old payloads are freed later: not to run out of memory. */
			usleep(1000);
		}
}

static void add_and_revoke(void)
{
	long key;

	for (;;) {
		key = add_key("storm:revoke", 64);
		change_key(KEYCTL_LINK, key, "storm: link");
		change_key(KEYCTL_REVOKE, key, "storm: revoke");
	}
}

int main(int argc, char **argv)
{
	void (* const storms[])(void) = { link_and_unlink, update, add_and_revoke };
	pid_t parent = getpid();
	size_t i;

	if (argc != 2) {
		fputs("usage: storm RING\n", stderr);
		return 2;
	}
	ring = strtol(argv[1], NULL, 0);
	for (i = 0; i < sizeof(storms) / sizeof(storms[0]); i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			storms[i]();
		_exit(1);
	}
	/* One that has ended has failed. */
	wait(NULL);
	return 1;
}
