// SPDX-License-Identifier: GPL-2.0-only
/*
 * looks FILE...: read files of sysfs again and again, until killed; each read asks the
 * kernel anew.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILES_MAX	64

int main(int argc, char **argv)
{
	int fd[FILES_MAX], n = argc - 1, i;
	char text[256];

	if (!n || n > FILES_MAX) {
		fputs("usage: looks FILE...\n", stderr);
		return 2;
	}
	for (i = 0; i < n; i++) {
		fd[i] = open(argv[i + 1], O_RDONLY);
		if (fd[i] < 0) {
			perror(argv[i + 1]);
			return 1;
		}
	}
	for (i = 0;; i = (i + 1) % n) {
		if (pread(fd[i], text, sizeof(text), 0) <= 0) {
			perror(argv[i + 1]);
			return 1;
		}
	}
}
