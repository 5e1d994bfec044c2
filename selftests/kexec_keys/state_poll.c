// SPDX-License-Identifier: GPL-2.0-only
/*
 * state_poll - does a change wake a poll of a state file?
 *
 * usage: state_poll FILE COMMAND [ARGUMENT]...
 *
 * FILE is one of /sys/kernel/kexec/keys/, and its content differs after COMMAND has
 * run. Exit status: 0 if that has woken the poll, else 1.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

#define WAIT_MS		5000
/* Notifications of earlier changes are awaited for that long. */
#define QUIET_MS	200
#define CONTENT		128

/* Reading from the start also says that all changes up to now are known. */
static void read_state(int fd, char *content)
{
	ssize_t len = pread(fd, content, CONTENT - 1, 0);

	if (len < 0)
		err(1, "read");
	content[len] = '\0';
}

/* Whether a change was announced within @ms. */
static bool woken(int fd, int ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLPRI };
	int ret = poll(&poller, 1, ms);

	if (ret < 0)
		err(1, "poll");
	return ret && poller.revents & POLLPRI;
}

static void run(char **command)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "%s has failed", command[0]);
}

int main(int argc, char **argv)
{
	char path[256], before[CONTENT], after[CONTENT];
	int fd;

	if (argc < 3)
		errx(2, "usage: state_poll FILE COMMAND [ARGUMENT]...");
	snprintf(path, sizeof(path), KEYS_DIR "/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);

	do {
		read_state(fd, before);
	} while (woken(fd, QUIET_MS));
	run(argv + 2);

	/* The first wakeup may be for another file's change. */
	do {
		if (!woken(fd, WAIT_MS))
			errx(1, "%s: nothing wakes the poll", argv[1]);
		read_state(fd, after);
	} while (!strcmp(before, after));
	return 0;
}
