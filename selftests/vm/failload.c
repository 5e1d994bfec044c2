// SPDX-License-Identifier: GPL-2.0-only
/*
 * failload crash|reboot KERNEL INITRD COMMAND-LINE NUMBER: load an image, and let the
 * allocation of that number fail, from 1 on.
 *
 * Exit status: 0 the image is loaded all the same, 1 it is not, 2 wrong use, 3 the
 * load makes no such allocation.
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	perror(path);
	exit(2);
}

/* Of the number, what is left; the file says "0\n" when it has come to pass. */
static int has_failed(int fail_nth)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 1) {
		perror("failload: fail-nth");
		exit(2);
	}
	return !atoi(text);
}

int main(int argc, char **argv)
{
	unsigned long flags;
	int fail_nth, kernel, initrd, failed;
	long ret;

	if (argc != 6) {
		fputs("usage: failload crash|reboot KERNEL INITRD COMMAND-LINE NUMBER\n", stderr);
		return 2;
	}
	flags = strcmp(argv[1], "crash") ? 0 : KEXEC_FILE_ON_CRASH;
	kernel = open_or_die(argv[2], O_RDONLY);
	initrd = open_or_die(argv[3], O_RDONLY);
	fail_nth = open_or_die("/proc/thread-self/fail-nth", O_RDWR);

	if (write(fail_nth, argv[5], strlen(argv[5])) < 0) {
		perror("failload: fail-nth");
		return 2;
	}
	ret = syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[4]) + 1, argv[4],
		      flags);
	failed = has_failed(fail_nth);
	if (write(fail_nth, "0", 1) < 0)
		perror("failload: fail-nth");

	if (!failed)
		return 3;
	return ret ? 1 : 0;
}
