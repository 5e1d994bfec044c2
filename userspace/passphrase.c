// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libcryptsetup.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "passphrase.h"

#define PASSPHRASE_MAX 512

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

bool kk_can_ask(void)
{
	return kk_get_mode() == KK_MODE_NORMAL && isatty(STDIN_FILENO);
}

/* Byte by byte, for stdio would keep a copy in its buffer. */
static int read_line(char *out, size_t size, size_t *len)
{
	char c;
	ssize_t n;

	*len = 0;
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (*len < size)
			out[(*len)++] = c;
	explicit_bzero(&c, sizeof(c));
	return n < 0 ? -errno : 0;
}

static int read_silently(char *out, size_t size, size_t *len)
{
	struct sigaction sa = { .sa_handler = on_signal }, old_int, old_term;
	struct termios tty, silent;
	int r;

	if (tcgetattr(STDIN_FILENO, &tty))
		return -errno;
	silent = tty;
	silent.c_lflag &= ~ECHO;
	/* No SA_RESTART: a signal ends the read, and the echo comes back. */
	interrupted = 0;
	sigaction(SIGINT, &sa, &old_int);
	sigaction(SIGTERM, &sa, &old_term);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	r = read_line(out, size, len);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &tty);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGTERM, &old_term, NULL);
	fputc('\n', stderr);
	if (interrupted)
		raise(interrupted);
	return r;
}

int kk_ask(const char *what, const char *label, struct kk_secret *s)
{
	int r;

	s->data = crypt_safe_alloc(PASSPHRASE_MAX);
	if (!s->data)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	fprintf(stderr, "%s for %s: ", what, kk_esc(label));
	r = read_silently(s->data, PASSPHRASE_MAX, &s->len);
	if (!r)
		return KK_OK;
	kk_secret_free(s);
	return kk_fail(KK_PERMISSION, "use --key-file", "cannot read a passphrase: %s",
		       strerror(-r));
}

int kk_read_key_file(struct crypt_device *cd, const char *file, struct kk_secret *s)
{
	/* NULL is standard input. */
	int r = crypt_keyfile_device_read(cd, strcmp(file, "-") ? file : NULL,
					  &s->data, &s->len, 0, 0, 0);

	if (r >= 0)
		return KK_OK;
	return kk_fail(kk_exit_of_errno(r), "check the path and its permissions",
		       "cannot read the key file %s: %s", kk_esc(file), strerror(-r));
}

void kk_secret_free(struct kk_secret *s)
{
	crypt_safe_free(s->data);
	s->data = NULL;
	s->len = 0;
}
