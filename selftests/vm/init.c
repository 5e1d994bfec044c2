// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's init, the same for the first kernel, the capture kernel and the
 * boot that reads the disk afterwards.  It finds the port on which results
 * leave the guest, runs the scenario's phase with the port as file descriptor
 * 3, reports how that ended, and reboots (which ends QEMU).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME	"org.kexec-keys.result"
#define PORT_DIR	"/sys/class/virtio-ports"
#define PORT_FD		3
/* lib.sh's: a byte for each result of the phase. */
#define RESULTS		"/run/scenario-results"
#define PORT_WAIT_MS	60000

static void mount_all(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "tmpfs", "/tmp" },
		{ "tmpfs", "/run" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "configfs", "/sys/kernel/config" },
	};
	size_t i;

	/* A kernel without debugfs or configfs is no reason to stop here. */
	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].dir, 0755);
		mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0, NULL);
	}
}

static int port_has_our_name(const char *port)
{
	char path[300], name[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), PORT_DIR "/%s/name", port);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(name, sizeof(name), f))
		name[0] = '\0';
	fclose(f);
	name[strcspn(name, "\n")] = '\0';
	return !strcmp(name, PORT_NAME);
}

static int open_port_once(void)
{
	struct dirent *entry;
	char path[300];
	int fd = -1;
	DIR *dir;

	dir = opendir(PORT_DIR);
	if (!dir)
		return -1;
	while (fd < 0 && (entry = readdir(dir))) {
		if (!port_has_our_name(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(dir);
	return fd;
}

static int open_port(void)
{
	const struct timespec step = { .tv_nsec = 20 * 1000 * 1000 };
	int waited, fd;

	for (waited = 0; waited < PORT_WAIT_MS; waited += 20) {
		fd = open_port_once();
		if (fd >= 0)
			return fd;
		nanosleep(&step, NULL);
	}
	return -1;
}

/* The phase is the host's to say; only a capture kernel cannot be told. */
static const char *find_phase(void)
{
	const char *phase;

	if (!access("/proc/vmcore", F_OK))
		return "capture";
	phase = getenv("phase");
	return phase ? phase : "first";
}

static void run_phase(const char *phase, int port)
{
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/", 1);
	/* Without a session keyring every command would get one of its own. */
	syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (port == PORT_FD)
		fcntl(port, F_SETFD, 0);
	else
		dup2(port, PORT_FD);
	execl("/bin/sh", "sh", "/guest/lib.sh", phase, NULL);
	_exit(127);
}

static long count_results(void)
{
	struct stat st;

	return stat(RESULTS, &st) ? 0 : (long)st.st_size;
}

static int wait_for(pid_t pid)
{
	int status;
	pid_t got;

	for (;;) {
		got = wait(&status);
		if (got == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		if (got < 0 && errno != EINTR)
			return 126;
	}
}

int main(void)
{
	struct utsname uts;
	const char *phase;
	int port, status;
	char answer;
	pid_t pid;

	/* Else systemd is the first process, and has mounted them. */
	if (getpid() == 1)
		mount_all();
	phase = find_phase();
	port = open_port();
	if (port < 0) {
		fprintf(stderr, "init: no virtio port " PORT_NAME "\n");
		reboot(RB_AUTOBOOT);
	}
	uname(&uts);
	dprintf(port, "@phase %s %s\n", phase, uts.release);

	pid = fork();
	if (pid == 0)
		run_phase(phase, port);
	status = wait_for(pid);
	dprintf(port, "@end %s %d %ld\n", phase, status, count_results());

	/* What was written is out once the host has answered it. */
	while (read(port, &answer, 1) == 1 && answer != '\n')
		;
	sync();
	reboot(RB_AUTOBOOT);
	return 1;
}
