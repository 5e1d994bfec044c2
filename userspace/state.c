// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reader of /sys/kernel/kexec/keys, and the verdict on what it says.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kexec-keys.h"
#include "state.h"

static int read_file(const char *dir, const char *name, char *out, size_t size)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, out, size - 1);
	close(fd);
	if (n < 0)
		return -errno;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return 0;
}

static unsigned long long read_number(const char *dir, const char *name)
{
	char text[32];

	if (read_file(dir, name, text, sizeof(text)))
		return 0;
	return strtoull(text, NULL, 10);
}

static void read_word(const char *dir, const char *name, char *out, size_t size)
{
	if (read_file(dir, name, out, size))
		out[0] = '\0';
}

int kk_state_read(const char *dir, struct kk_state *s)
{
	char ring[32];
	int r;

	memset(s, 0, sizeof(*s));
	r = read_file(dir, "ring", ring, sizeof(ring));
	if (r)
		return r;
	s->ring = strtol(ring, NULL, 10);
	if (s->ring <= 0)
		return -ENOENT;

	s->generation = read_number(dir, "generation");
	read_word(dir, "crash/state", s->crash.state, sizeof(s->crash.state));
	read_word(dir, "crash/reason", s->crash.reason, sizeof(s->crash.reason));
	read_word(dir, "crash/verify", s->crash.verify, sizeof(s->crash.verify));
	s->crash.carried = read_number(dir, "crash/carried");
	s->crash.not_carried = read_number(dir, "crash/not_carried");
	read_word(dir, "reboot/state", s->reboot.state, sizeof(s->reboot.state));
	read_word(dir, "reboot/reason", s->reboot.reason, sizeof(s->reboot.reason));
	s->reboot.carried = read_number(dir, "reboot/carried");
	s->reboot.not_carried = read_number(dir, "reboot/not_carried");
	read_word(dir, "adopted/source", s->adopted.source, sizeof(s->adopted.source));
	read_word(dir, "adopted/status", s->adopted.status, sizeof(s->adopted.status));
	s->adopted.count = read_number(dir, "adopted/count");
	s->adopted.skipped = read_number(dir, "adopted/skipped");
	return 0;
}

int kk_state_get(struct kk_state *state)
{
	int r = kk_state_read(KK_STATE_DIR, state);

	if (!r)
		return KK_OK;
	if (r == -EACCES || r == -EPERM)
		return kk_fail(KK_PERMISSION, "run it as root",
			       "cannot read " KK_STATE_DIR);
	return kk_fail(KK_NO_FEATURE, "boot a kernel with CONFIG_KEYS_KEXEC=y",
		       "this kernel cannot carry keys over a kexec (no " KK_STATE_DIR ")");
}

static int judge_synced(const struct kk_state *s, char *sentence, size_t size,
			const char **next)
{
	if (!s->crash.carried) {
		snprintf(sentence, size,
			 "The crash image is ready, but no key is designated: a capture kernel would have none.");
		*next = "run kexec-keys tag VOLUME (or --all)";
		return KK_KEY_MISSING;
	}
	if (s->crash.verify[0] && strcmp(s->crash.verify, "ok")) {
		snprintf(sentence, size, "The copy of the keys in the crash image does not verify (%s).",
			 kk_esc(s->crash.verify));
		*next = "load the crash kernel again with kexec -p -s";
		return KK_STALE;
	}
	snprintf(sentence, size, "If this machine panics now, the capture kernel will have %lu %s.",
		 s->crash.carried, s->crash.carried == 1 ? "key" : "keys");
	*next = "";
	return KK_OK;
}

static int judge_stale(const struct kk_state *s, char *sentence, size_t size,
		       const char **next)
{
	if (!strcmp(s->crash.reason, "pending")) {
		snprintf(sentence, size, "The crash image does not hold the latest change of the keys yet.");
		*next = "wait with kexec-keys status --wait";
	} else {
		snprintf(sentence, size,
			 "The crash image holds %lu of %lu designated keys (%s).",
			 s->crash.carried, s->crash.carried + s->crash.not_carried,
			 kk_esc(s->crash.reason));
		*next = "untag what is not needed, see kexec-keys list, or boot with a larger crashkernel=";
	}
	return KK_STALE;
}

static int judge_disabled(const struct kk_state *s, char *sentence, size_t size,
			  const char **next)
{
	if (!strcmp(s->crash.reason, "sme")) {
		snprintf(sentence, size,
			 "Memory encryption (SME) is active: keys are not carried over, for the copy would be in plain text.");
		*next = "boot with mem_encrypt=off, or use a dump target that is not encrypted";
		return KK_MEMORY_ENCRYPTION;
	}
	if (!strcmp(s->crash.reason, "hibernation")) {
		snprintf(sentence, size,
			 "The system hibernates: a capture kernel would have no key until it has resumed.");
		*next = "wait with kexec-keys status --wait";
		return KK_DISABLED;
	}
	if (!strcmp(s->crash.reason, "buffer")) {
		snprintf(sentence, size,
			 "The crash image was loaded without room for keys: a capture kernel would have none.");
		*next = "load the crash kernel again with kexec -p -s; see dmesg for why";
		return KK_DISABLED;
	}
	snprintf(sentence, size, "The carry-over to crash kernels is switched off: a capture kernel would have no key.");
	*next = "switch it on: echo Y > /sys/module/kexec_keys/parameters/crash";
	return KK_DISABLED;
}

int kk_state_judge(const struct kk_state *s, char *sentence, size_t size,
		   const char **next)
{
	if (!strcmp(s->crash.state, "synced"))
		return judge_synced(s, sentence, size, next);
	if (!strcmp(s->crash.state, "stale"))
		return judge_stale(s, sentence, size, next);
	if (!strcmp(s->crash.state, "disabled"))
		return judge_disabled(s, sentence, size, next);
	if (!strcmp(s->crash.state, "unsupported")) {
		snprintf(sentence, size,
			 "The crash kernel was loaded with kexec_load(2), which carries no keys.");
		*next = "load it with kexec -p -s (Debian: KDUMP_KEXEC_ARGS=\"-s\" in /etc/default/kdump-tools; Fedora: KEXEC_ARGS=\"-s\" in /etc/sysconfig/kdump)";
		return KK_NO_CARRY_OVER;
	}
	snprintf(sentence, size, "No crash kernel is loaded: a panic would save no dump at all.");
	*next = "load one with kexec -p -s (Debian: kdump-config load; Fedora: kdumpctl start)";
	return KK_NO_IMAGE;
}

static int judge_armed(const struct kk_state *s, char *sentence, size_t size,
		       const char **next)
{
	if (s->reboot.not_carried) {
		snprintf(sentence, size, "%lu of %lu keys would not be carried over",
			 s->reboot.not_carried, s->reboot.carried + s->reboot.not_carried);
		*next = "untag what is not needed, see kexec-keys list";
		return KK_STALE;
	}
	snprintf(sentence, size, "The next kernel will have %lu %s.", s->reboot.carried,
		 s->reboot.carried == 1 ? "key" : "keys");
	*next = "";
	return KK_OK;
}

int kk_state_judge_reboot(const struct kk_state *s, char *sentence, size_t size,
			  const char **next)
{
	if (!strcmp(s->reboot.state, "armed"))
		return judge_armed(s, sentence, size, next);
	snprintf(sentence, size, "the image that is loaded would carry no keys: %s (%s)",
		 kk_esc(s->reboot.state), kk_esc(s->reboot.reason));
	if (!strcmp(s->reboot.state, "none")) {
		*next = "load one with kexec -l -s";
		return KK_NO_IMAGE;
	}
	if (!strcmp(s->reboot.state, "unsupported")) {
		*next = "load it with kexec -l -s";
		return KK_NO_CARRY_OVER;
	}
	if (!strcmp(s->reboot.reason, "sme")) {
		*next = "boot with mem_encrypt=off";
		return KK_MEMORY_ENCRYPTION;
	}
	*next = strcmp(s->reboot.reason, "parameter") ?
		"reboot without it: see dmesg for why" :
		"turn it on: echo Y > /sys/module/kexec_keys/parameters/reboot";
	return KK_DISABLED;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

static bool settled(const struct kk_state *s)
{
	return strcmp(s->crash.state, "stale") || strcmp(s->crash.reason, "pending");
}

int kk_state_wait(const char *dir, struct kk_state *state, unsigned int ms)
{
	const long end = now_ms() + ms;
	struct pollfd pfd = { .events = POLLPRI | POLLERR };
	char path[256], text[32];
	long left;
	int r;

	snprintf(path, sizeof(path), "%s/crash/state", dir);
	pfd.fd = open(path, O_RDONLY | O_CLOEXEC);
	for (;;) {
		/* What changes after this wakes the poll. */
		if (pfd.fd >= 0 && pread(pfd.fd, text, sizeof(text), 0) < 0)
			kk_debug("crash/state: %s", strerror(errno));
		r = kk_state_read(dir, state);
		left = end - now_ms();
		if (r || settled(state) || left <= 0)
			break;
		poll(&pfd, 1, left);
	}
	if (pfd.fd >= 0)
		close(pfd.fd);
	return r;
}
