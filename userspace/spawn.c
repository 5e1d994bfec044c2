// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "spawn.h"

/* Not PATH: what is run here is run as root. */
static const char *const directories[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };

static bool find_program(const char *root, const char *program, char *out, size_t size)
{
	for (unsigned int i = 0; i < KK_ARRAY_SIZE(directories); i++) {
		snprintf(out, size, "%s%s/%s", root, directories[i], program);
		if (!access(out, X_OK))
			return true;
	}
	return false;
}

bool kk_program_exists(const char *root, const char *program)
{
	char path[256];

	return find_program(root, program, path, sizeof(path));
}

static void become(const char *path, const char *const argv[], int out, bool quiet)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		if (quiet)
			dup2(null, STDERR_FILENO);
	}
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	/* Scripts find their helpers, in no language but ours. */
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("LC_ALL", "C", 1);
	execv(path, (char *const *)argv);
	_exit(127);
}

static pid_t start(const char *const argv[], int out, bool quiet)
{
	char path[256];
	pid_t pid;

	if (!find_program("", argv[0], path, sizeof(path)))
		return -ENOENT;
	kk_debug("running %s", path);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become(path, argv, out, quiet);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int kk_spawn(const char *const argv[])
{
	pid_t pid = start(argv, -1, false);

	return pid < 0 ? pid : wait_for(pid);
}

static void read_lines(int fd, void (*fn)(const char *line, void *arg), void *arg)
{
	FILE *f = fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f) {
		close(fd);
		return;
	}
	while (getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		fn(line, arg);
	}
	free(line);
	fclose(f);
}

int kk_spawn_lines(const char *const argv[], void (*fn)(const char *line, void *arg),
		   void *arg)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = start(argv, fds[1], !kk_get_debug());
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return pid;
	}
	read_lines(fds[0], fn, arg);
	return wait_for(pid);
}
