// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

static unsigned long n_reached;

void reached(void)
{
	n_reached++;
}

__attribute__((destructor)) static void say_reached(void)
{
	fprintf(stderr, "reached: %lu\n", n_reached);
}

uint64_t take(struct input *in, unsigned int bytes)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < bytes && in->left; i++, in->left--)
		number |= (uint64_t)*in->at++ << 8 * i;
	return number;
}

void read_bytes(const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)((const volatile uint8_t *)bytes)[i];
}

void *copy_bytes(const void *bytes, size_t len)
{
	void *copy = malloc(len ? len : 1);

	MUST(copy);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

char *copy_text(const uint8_t *bytes, size_t len)
{
	char *copy = strndup(len ? (const char *)bytes : "", len);

	MUST(copy);
	return copy;
}

const char *file_with(const void *bytes, size_t len)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	MUST(fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, bytes, len, 0) == (ssize_t)len);
	return path;
}
