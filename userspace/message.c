// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages, and the escaping of what others wrote.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kexec-keys.h"

static enum kk_mode mode = KK_MODE_NORMAL;
static bool debug;

/* What a boot-time run keeps back: its first error, else what it did. */
static struct {
	char error[640];
	char said[512];
	unsigned int n_said;
} boot;

static struct kk_kept *kept;

void kk_keep_errors(struct kk_kept *to)
{
	kept = to;
	if (to)
		memset(to, 0, sizeof(*to));
}

void kk_set_mode(enum kk_mode m)
{
	mode = m;
	memset(&boot, 0, sizeof(boot));
}

enum kk_mode kk_get_mode(void)
{
	return mode;
}

void kk_set_debug(bool on)
{
	debug = on;
}

bool kk_get_debug(void)
{
	return debug;
}

static void keep_error(const char *next, const char *fmt, va_list ap)
{
	size_t n;

	if (boot.error[0])
		return;
	vsnprintf(boot.error, sizeof(boot.error), fmt, ap);
	n = strlen(boot.error);
	snprintf(boot.error + n, sizeof(boot.error) - n, "; %s", next);
}

int kk_fail(int status, const char *next, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (kept) {
		if (!kept->sentence[0]) {
			vsnprintf(kept->sentence, sizeof(kept->sentence), fmt, ap);
			snprintf(kept->next, sizeof(kept->next), "%s", next);
		}
	} else if (mode == KK_MODE_BOOT) {
		keep_error(next, fmt, ap);
	} else {
		fputs("kexec-keys: ", stderr);
		vfprintf(stderr, fmt, ap);
		fprintf(stderr, "; %s\n", next);
	}
	va_end(ap);
	return status;
}

void kk_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (mode == KK_MODE_BOOT) {
		if (!boot.n_said++)
			vsnprintf(boot.said, sizeof(boot.said), fmt, ap);
	} else {
		vprintf(fmt, ap);
		putchar('\n');
		fflush(stdout);
	}
	va_end(ap);
}

void kk_progress(const char *fmt, ...)
{
	va_list ap;

	if (mode != KK_MODE_NORMAL)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* All of it is escaped: much of it is what libraries say of what others wrote. */
void kk_debug(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!debug)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "# %s\n", kk_esc(text));
}

void kk_boot_line(void)
{
	if (boot.error[0])
		fprintf(stderr, "kexec-keys: %s\n", boot.error);
	else if (boot.n_said > 1)
		fprintf(stderr, "kexec-keys: %s And %u more.\n", boot.said, boot.n_said - 1);
	else if (boot.n_said)
		fprintf(stderr, "kexec-keys: %s\n", boot.said);
	memset(&boot, 0, sizeof(boot));
}

int kk_exit_of_errno(int err)
{
	switch (err < 0 ? -err : err) {
	case 0:
		return KK_OK;
	case EPERM:
	case EACCES:
		return KK_PERMISSION;
	case ENOMEM:
		return KK_MEMORY;
	case ENOTBLK:
	case ENODEV:
	case ENXIO:
	case ENOENT:
		return KK_DEVICE;
	case EEXIST:
	case EBUSY:
		return KK_BUSY;
	default:
		return KK_USAGE;
	}
}

void kk_escape(const char *untrusted, char *out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	for (; *untrusted && n + 5 <= size; untrusted++) {
		unsigned char c = *untrusted;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			out[n++] = c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
}

const char *kk_esc(const char *untrusted)
{
	static char buf[6][1100];
	static unsigned int next;
	char *out = buf[next++ % KK_ARRAY_SIZE(buf)];

	kk_escape(untrusted ? untrusted : "", out, sizeof(buf[0]));
	return out;
}
