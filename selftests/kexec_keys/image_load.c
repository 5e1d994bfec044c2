// SPDX-License-Identifier: GPL-2.0-only
/*
 * image_load - load and unload kexec images that are never executed
 *
 * Exit status: 0 done, 4 (skip) when this machine cannot or must not load such
 * an image, 1 when it failed otherwise.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/kexec.h>

#include "../kselftest.h"

#define SEGMENT		65536

/* Should the machine panic while this is the crash image, let it come back. */
static const char cmdline[] = "kexec_keys_selftest panic=10";

static bool crash;

static long file_load(int fd, const char *args, unsigned long flags)
{
#ifdef __NR_kexec_file_load
	return syscall(__NR_kexec_file_load, fd, -1, args ? strlen(args) + 1 : 0,
		       args, flags);
#else
	errno = EOPNOTSUPP;
	return -1;
#endif
}

/* What says something about the machine and nothing about the kernel's code. */
static bool not_here(int error)
{
	switch (error) {
	case EPERM:		/* lockdown, kexec_load_disabled */
	case EACCES:		/* a security module */
	case EOPNOTSUPP:
	case ENOEXEC:		/* an image that this call does not take */
	case ENOKEY:		/* unsigned, or signed by nobody we know */
	case EKEYREJECTED:
	case ENODATA:
		return true;
	case ENOMEM:		/* the reservation is too small */
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

static int cmd_load(const char *image)
{
	unsigned long flags = KEXEC_FILE_NO_INITRAMFS;
	int fd = open(image, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return report(image);
	if (crash)
		flags |= KEXEC_FILE_ON_CRASH;
	if (file_load(fd, cmdline, flags))
		return report("kexec_file_load");
	return 0;
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

static long legacy_load(unsigned long address)
{
	static const char code[16];
	struct kexec_segment segment = {
		.buf = code,
		.bufsz = sizeof(code),
		.mem = (void *)address,
		.memsz = SEGMENT,
	};

	return syscall(__NR_kexec_load, address, 1UL, &segment,
		       KEXEC_ARCH_DEFAULT | (crash ? KEXEC_ON_CRASH : 0UL));
}

/*
 * One segment of zeroes with kexec_load(2), wherever the kernel takes one. That it
 * takes one is not what is tested.
 */
static int cmd_legacy(const char *image)
{
	const char *wanted = crash ? "Crash kernel" : "System RAM";
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long start, end;
	char name[64];
	char line[256];

	if (!iomem)
		err(1, "/proc/iomem");
	errno = EADDRNOTAVAIL;
	while (fgets(line, sizeof(line), iomem)) {
		if (sscanf(line, "%lx-%lx : %63[^\n]", &start, &end, name) != 3 ||
		    strcmp(name, wanted))
			continue;
		start = (start + SEGMENT - 1) & -(unsigned long)SEGMENT;
		if (start + SEGMENT <= end && !legacy_load(start)) {
			fclose(iomem);
			return 0;
		}
	}
	warn("kexec_load");
	fclose(iomem);
	return KSFT_SKIP;
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

	fprintf(stderr, "usage: image_load crash|reboot load IMAGE|legacy|unload\n");
	return 2;
}
