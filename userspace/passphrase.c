// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libcryptsetup.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "passphrase.h"
#include "signals.h"

#define PASSPHRASE_MAX 512

static sigset_t before;		/* what was blocked before there was a secret */
static unsigned int n_secrets;

static void held_signals(sigset_t *set)
{
	sigemptyset(set);
	for (unsigned int i = 0; i < KK_SIGNALS; i++)
		sigaddset(set, kk_signals[i]);
	sigaddset(set, SIGTSTP);
}

static void hold_signals(void)
{
	sigset_t set;

	held_signals(&set);
	if (!n_secrets++)
		sigprocmask(SIG_BLOCK, &set, &before);
}

static void release_signals(void)
{
	if (!--n_secrets)
		sigprocmask(SIG_SETMASK, &before, NULL);
}

void kk_secret_yield(struct kk_secret *s)
{
	sigset_t pending;

	sigpending(&pending);
	for (unsigned int i = 0; i < KK_SIGNALS; i++)
		if (sigismember(&pending, kk_signals[i]))
			kk_secret_free(s);
}

bool kk_can_ask(void)
{
	return kk_get_mode() == KK_MODE_NORMAL && isatty(STDIN_FILENO);
}

/* Signals are let in only while nothing else happens than this. */
static int wait_for_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t waiting = before;
	int n;

	sigaddset(&waiting, SIGTSTP);
	do {
		n = ppoll(&input, 1, NULL, &waiting);
	} while (n < 0 && errno == EINTR && !kk_signals_caught());
	return n < 0 ? -errno : 0;
}

/* Byte by byte, for stdio would keep a copy in its buffer. */
static int read_line(char *out, size_t size, size_t *len)
{
	char c = '\0';
	ssize_t n;
	int r;

	*len = 0;
	while (!(r = wait_for_input())) {
		n = read(STDIN_FILENO, &c, 1);
		if (n != 1 || c == '\n')
			break;
		if (*len == size) {
			r = -EMSGSIZE;
			break;
		}
		out[(*len)++] = c;
	}
	if (!r && c != '\n')
		r = n < 0 ? -errno : *len ? 0 : -ENODATA;
	explicit_bzero(&c, sizeof(c));
	return r;
}

/* Asks when nothing that is typed shows any more. */
static int read_silently(const char *what, const char *label, struct kk_secret *s)
{
	struct termios tty, silent;
	struct kk_signals signals;
	int r;

	if (tcgetattr(STDIN_FILENO, &tty))
		return -errno;
	silent = tty;
	silent.c_lflag &= ~ECHO;
	kk_signals_catch(&signals);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	fprintf(stderr, "%s for %s: ", what, kk_esc(label));
	r = read_line(s->data, PASSPHRASE_MAX, &s->len);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &tty);
	fputc('\n', stderr);
	/* What came waits, too, until what was typed is wiped. */
	kk_signals_release(&signals);
	return r;
}

int kk_ask(const char *what, const char *label, struct kk_secret *s)
{
	int r;

	s->data = crypt_safe_alloc(PASSPHRASE_MAX);
	if (!s->data)
		return kk_fail(KK_MEMORY, "free some", "out of memory");
	hold_signals();
	r = read_silently(what, label, s);
	if (!r)
		return KK_OK;
	kk_secret_free(s);
	return kk_fail(KK_PERMISSION, "use --key-file", "cannot read a passphrase: %s",
		       r == -EMSGSIZE ? "it is too long" : strerror(-r));
}

int kk_read_key_file(struct crypt_device *cd, const char *file, struct kk_secret *s)
{
	/* NULL is standard input. */
	int r = crypt_keyfile_device_read(cd, strcmp(file, "-") ? file : NULL,
					  &s->data, &s->len, 0, 0, 0);

	if (r >= 0) {
		hold_signals();
		return KK_OK;
	}
	return kk_fail(kk_exit_of_errno(r), "check the path and its permissions",
		       "cannot read the key file %s: %s", kk_esc(file), strerror(-r));
}

void kk_secret_free(struct kk_secret *s)
{
	if (!s->data)
		return;
	crypt_safe_free(s->data);
	s->data = NULL;
	s->len = 0;
	release_signals();
}
