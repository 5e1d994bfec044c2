// SPDX-License-Identifier: GPL-2.0-only
/*
 * image_load - load and unload kexec images that are never executed
 *
 * Exit status: 0 done, 4 (skip) when this machine cannot or must not load any such
 * image, 3 when it takes others but not this one, 1 when it failed otherwise.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kexec.h>

#include "kselftest.h"
#include "stub_image.h"

/* Where an architecture is without it, the kernel says so. */
#ifndef __NR_kexec_file_load
#define __NR_kexec_file_load	-1
#endif

#define SEGMENT		65536
#define FDT_MAX		(2 * 1024 * 1024)
#define UNSUITABLE	3
/* The name of the image that this program makes itself. */
#define STUB		"stub"

/* Should the machine panic while this is the crash image, let it come back. */
static const char cmdline[] = "kexec_keys_selftest panic=10";

static bool crash;

static long file_load(int fd, const char *args, unsigned long flags)
{
	return syscall(__NR_kexec_file_load, fd, -1, args ? strlen(args) + 1 : 0,
		       args, flags);
}

/* The first line of a file; an empty one if there is none. */
static const char *first_line(const char *path)
{
	static char line[256];
	FILE *f = fopen(path, "r");

	line[0] = '\0';
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = '\0';
		fclose(f);
	}
	return line;
}

/* The administrator has forbidden what is asked for. */
static bool forbidden(void)
{
	const char *limit = crash ? "/proc/sys/kernel/kexec_load_limit_panic" :
				    "/proc/sys/kernel/kexec_load_limit_reboot";
	const char *lockdown;

	if (!strcmp(first_line("/proc/sys/kernel/kexec_load_disabled"), "1\n") ||
	    !strcmp(first_line(limit), "0\n"))
		return true;
	/* The level is in brackets. */
	lockdown = strchr(first_line("/sys/kernel/security/lockdown"), '[');
	return lockdown && strncmp(lockdown, "[none]", 6);
}

/* What says something about the machine and nothing about the kernel's code. */
static bool not_here(int error)
{
	switch (error) {
	case ENOSYS:		/* a kernel without the system call */
	case EACCES:		/* a security module */
	case ENOKEY:		/* unsigned, or signed with an unknown key */
	case EKEYREJECTED:
	case ENODATA:
		return true;
	case EPERM:
		return forbidden();
	}
	return false;
}

/* Errors that an image from elsewhere may be the reason for. */
static bool not_this_one(int error)
{
	switch (error) {
	case ENOEXEC:		/* a format that is not for this call */
		return true;
#ifdef __aarch64__
	case EINVAL:		/* what the last of the formats says here */
		return true;
#endif
	case ENOMEM:		/* too large for the reservation */
	case EADDRNOTAVAIL:
		return crash;
	}
	return false;
}

static int report(const char *what)
{
	int error = errno;

	warn("%s", what);
	return not_here(error) ? KSFT_SKIP : KSFT_FAIL;
}

/* A file descriptor that can only be read: the call takes no file that is written to. */
static int open_stub(void)
{
	static unsigned char image[STUB_IMAGE_SIZE];
	size_t size = stub_image(image);
	char path[64];
	int fd, writer;

	if (!size)
		errx(KSFT_SKIP, "no stub of an image for this architecture");
	writer = memfd_create(STUB, MFD_CLOEXEC);
	if (writer < 0 || write(writer, image, size) != (ssize_t)size)
		err(1, "memfd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", writer);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	close(writer);
	return fd;
}

static int cmd_load(const char *image)
{
	unsigned long flags = KEXEC_FILE_NO_INITRAMFS;
	bool stub = !strcmp(image, STUB);
	int fd = stub ? open_stub() : open(image, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return report(image);
	if (crash)
		flags |= KEXEC_FILE_ON_CRASH;
	if (!file_load(fd, cmdline, flags))
		return 0;
	error = errno;
	warn("kexec_file_load of %s", image);
	if (not_here(error))
		return KSFT_SKIP;
	return not_this_one(error) && !stub ? UNSUITABLE : KSFT_FAIL;
}

static int cmd_unload(const char *image)
{
	unsigned long flags = KEXEC_FILE_UNLOAD;

	if (crash)
		flags |= KEXEC_FILE_ON_CRASH;
	if (file_load(-1, NULL, flags))
		return report("unload");
	return 0;
}

/*
 * The device tree that the machine was started with, where there is one: some
 * architectures take no image without. Its size; 0 where there is none.
 */
static size_t read_device_tree(char *fdt, size_t max)
{
	FILE *f = fopen("/sys/firmware/fdt", "r");
	size_t size;

	if (!f)
		return 0;
	size = fread(fdt, 1, max, f);
	fclose(f);
	return size < max ? size : 0;
}

/* One segment of zeroes, and one with the device tree, which are never entered. */
static long legacy_load(unsigned long address)
{
	static char code[16], fdt[FDT_MAX];
	struct kexec_segment segments[] = {
		{
			.buf = code,
			.bufsz = sizeof(code),
			.mem = (void *)address,
			.memsz = SEGMENT,
		}, {
			.buf = fdt,
			.bufsz = read_device_tree(fdt, sizeof(fdt)),
			.mem = (void *)(address + SEGMENT),
			.memsz = sizeof(fdt),
		},
	};

	return syscall(__NR_kexec_load, address, segments[1].bufsz ? 2UL : 1UL, segments,
		       KEXEC_ARCH_DEFAULT | (crash ? KEXEC_ON_CRASH : 0UL));
}

/* With kexec_load(2), wherever the kernel takes it. */
static int cmd_legacy(const char *image)
{
	const char *wanted = crash ? "Crash kernel" : "System RAM";
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long start, end;
	char name[64];
	char line[256];
	int error = EADDRNOTAVAIL;

	if (!iomem)
		err(1, "/proc/iomem");
	while (fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, "%lx-%lx : %63[^\n]", &start, &end, name) != 3 ||
		    strcmp(name, wanted))
			continue;
		start = (start + SEGMENT - 1) & -(unsigned long)SEGMENT;
		if (start + SEGMENT + FDT_MAX > end)
			continue;
		error = legacy_load(start) ? errno : 0;
		if (!error)
			break;
	}
	fclose(iomem);
	if (!error)
		return 0;
	errno = error;
	return report("kexec_load");
}

static const struct {
	const char *name;
	int args;
	int (*run)(const char *image);
} cmds[] = {
	{ "load",	1, cmd_load },
	{ "legacy",	0, cmd_legacy },
	{ "unload",	0, cmd_unload },
};

int main(int argc, char **argv)
{
	bool known = argc > 2 && (!strcmp(argv[1], "crash") || !strcmp(argv[1], "reboot"));

	crash = known && !strcmp(argv[1], "crash");
	for (size_t i = 0; i < ARRAY_SIZE(cmds) && known; i++)
		if (!strcmp(cmds[i].name, argv[2]) && argc == cmds[i].args + 3)
			return cmds[i].run(argv[3]);

	fprintf(stderr, "usage: image_load crash|reboot load IMAGE|stub, legacy, unload\n");
	return 2;
}
