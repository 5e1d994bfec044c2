// SPDX-License-Identifier: GPL-2.0-only
/*
 * state_poll - does a change wake a poll of a state file?
 *
 * usage: state_poll FILE COMMAND [ARGUMENT]...
 *
 * FILE is one of /sys/kernel/kexec/keys/. Exit status: 0 if a poll of it is woken
 * after COMMAND was started, else 1.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

#define WAIT_MS		5000
/* Notifications of earlier changes are awaited for that long. */
#define QUIET_MS	200
#define CONTENT		128

/* Reading from the start says that all changes up to now are known. */
static void read_state(int fd)
{
	char content[CONTENT];

	if (pread(fd, content, sizeof(content), 0) < 0)
		err(1, "read");
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
	char path[256];
	int fd;

	if (argc < 3)
		errx(2, "usage: state_poll FILE COMMAND [ARGUMENT]...");
	snprintf(path, sizeof(path), KEYS_DIR "/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);

	do {
		read_state(fd);
	} while (woken(fd, QUIET_MS));
	run(argv + 2);
	if (!woken(fd, WAIT_MS))
		errx(1, "%s: nothing wakes the poll", argv[1]);
	return 0;
}
