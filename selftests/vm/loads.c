// SPDX-License-Identifier: GPL-2.0-only
/*
 * loads KERNEL INITRD COMMAND-LINE SECONDS: load, replace and unload crash and
 * reboot images for so long, from two processes at once. Some loads fail for want of
 * memory, where the kernel can be told to refuse it, else for a command line that is
 * too long.
 *
 * Each process prints what came of its attempts. One that ends in another way than
 * it may is an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES	2
#define FAIL_NTH	"/proc/thread-self/fail-nth"
/* So long at the most does a process leave the other one and the images alone. */
#define PAUSE_MAX_US	1000000
/* About as many as a load makes; some of them fail it. */
#define ALLOCATIONS	140
#define TOO_LONG	4096

static const char *kernel, *initrd, *command_line;
/* Of this process; -1 where the kernel has no such file. */
static int fail_nth;

struct counts {
	unsigned int loads, unloads, refused, failed;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

/* The allocation of that number from now on fails; 0 calls it off. */
static void fail_allocation(unsigned int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	if (write(fail_nth, text, len) != len)
		die(FAIL_NTH);
}

/* Where FAILING is not 0, the allocation of that number fails. */
static int load(unsigned long flags, const char *words, unsigned int failing)
{
	int kernel_fd = open_or_die(kernel), initrd_fd = open_or_die(initrd);
	int ret, error;

	if (failing)
		fail_allocation(failing);
	ret = syscall(SYS_kexec_file_load, kernel_fd, initrd_fd, strlen(words) + 1,
		      words, flags);
	error = errno;
	if (failing)
		fail_allocation(0);
	close(kernel_fd);
	close(initrd_fd);
	return ret ? error : 0;
}

static int unload(unsigned long flags)
{
	if (!syscall(SYS_kexec_file_load, -1, -1, 0, NULL,
		     flags | KEXEC_FILE_UNLOAD))
		return 0;
	return errno;
}

static int failing_load(unsigned long flags)
{
	static char too_long[TOO_LONG];
	int error;

	if (fail_nth >= 0)
		return load(flags, command_line, 1 + rand() % ALLOCATIONS);
	memset(too_long, 'x', sizeof(too_long) - 1);
	error = load(flags, too_long, 0);
	if (!error) {
		fputs("loads: a command line that is too long was loaded\n", stderr);
		exit(1);
	}
	return error;
}

static void attempt(struct counts *counts)
{
	unsigned long flags = rand() % 4 ? KEXEC_FILE_ON_CRASH : 0;
	int may_fail = 0, is_load = 1, kind = rand() % 8, error;

	if (!kind) {
		is_load = 0;
		error = unload(flags);
	} else if (kind < 4) {
		may_fail = 1;
		error = failing_load(flags);
	} else {
		error = load(flags, command_line, 0);
	}

	if (error == EBUSY) {
		counts->refused++;
	} else if (error && may_fail) {
		counts->failed++;
	} else if (error) {
		errno = error;
		die(is_load ? "loads: a load that should succeed" : "loads: unload");
	} else if (is_load) {
		counts->loads++;
	} else {
		counts->unloads++;
	}
}

static void attempt_for(int seconds)
{
	time_t end = time(NULL) + seconds;
	struct counts counts = {};

	srand(getpid());
	fail_nth = open(FAIL_NTH, O_WRONLY | O_CLOEXEC);
	while (time(NULL) < end) {
		attempt(&counts);
		/* What is loaded is to meet changes of the ring. */
		usleep(rand() % PAUSE_MAX_US);
	}
	printf("loads %u unloads %u refused %u failed %u\n", counts.loads,
	       counts.unloads, counts.refused, counts.failed);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int i, status, failed = 0;

	if (argc != 5) {
		fputs("usage: loads KERNEL INITRD COMMAND-LINE SECONDS\n", stderr);
		return 2;
	}
	kernel = argv[1];
	initrd = argv[2];
	command_line = argv[3];
	for (i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		attempt_for(atoi(argv[4]));
		_exit(0);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed ? 1 : 0;
}
