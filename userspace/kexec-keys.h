/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every file of kexec-keys(8) shares: exit statuses, command line,
 * messages.
 */
#ifndef KEXEC_KEYS_H
#define KEXEC_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KK_VERSION "0.1"

#define KK_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* 0 to 5 mean what they mean in cryptsetup(8); the rest is ours. */
enum kk_exit {
	KK_OK			= 0,
	KK_USAGE		= 1,
	KK_PERMISSION		= 2,
	KK_MEMORY		= 3,
	KK_DEVICE		= 4,
	KK_BUSY			= 5,
	KK_NO_FEATURE		= 10,
	KK_DISABLED		= 11,
	KK_NO_IMAGE		= 12,
	KK_NO_CARRY_OVER	= 13,
	KK_STALE		= 14,
	KK_KEY_MISSING		= 15,
	KK_KEY_MISMATCH		= 16,
	KK_UNSUPPORTED		= 17,
	KK_MEMORY_ENCRYPTION	= 18,
	KK_INITRAMFS		= 19,
	KK_CRASH_MEMORY		= 20,
	KK_SUSPENDED		= 21,
	KK_NOBODY		= 22,
	KK_KEYS_REMAIN		= 23,
};

/* The command line, options.c. */
struct kk_args {
	bool all;
	bool crypttab;
	bool boot;
	bool readonly;
	bool test;
	bool json;
	bool quiet;
	bool wait;
	bool timeout_set;
	unsigned int wait_seconds;
	unsigned int timeout;
	int key_slot;
	int token_id;
	const char *name;
	const char *for_path;
	const char *key_file;
	const char *header;
	const char *initramfs;
	const char *kernel;
	const char *initrd;
	const char *append;
	int n_volumes;
	char **volumes;
};

struct kk_verb {
	const char *name;
	int (*func)(const struct kk_args *args);
	const char *brief;
	const char *usage;
};

/* Bit of a verb in kk_option.verbs; the order of kk_verbs[]. */
enum {
	KK_VERB_TAG	= 1 << 0,
	KK_VERB_UNTAG	= 1 << 1,
	KK_VERB_LIST	= 1 << 2,
	KK_VERB_STATUS	= 1 << 3,
	KK_VERB_OPEN	= 1 << 4,
	KK_VERB_CHECK	= 1 << 5,
	KK_VERB_REBOOT	= 1 << 6,
	KK_VERB_SCRUB	= 1 << 7,
	KK_VERB_ANY	= (1 << 8) - 1,
};

extern const struct kk_verb kk_verbs[];
extern const unsigned int kk_n_verbs;

int kk_cmd_tag(const struct kk_args *args);
int kk_cmd_untag(const struct kk_args *args);
int kk_cmd_list(const struct kk_args *args);
int kk_cmd_status(const struct kk_args *args);
int kk_cmd_open(const struct kk_args *args);
int kk_cmd_check(const struct kk_args *args);
int kk_cmd_reboot(const struct kk_args *args);
int kk_cmd_scrub(const struct kk_args *args);

/* kexec-keys.c without main(), which the unit tests replace. */
int kk_main(int argc, char **argv);

/* options.c; a negative return means "go on", else it is the exit status. */
int kk_options_parse(const struct kk_verb *verb, int argc, char **argv,
		     struct kk_args *args);
void kk_help(void);
void kk_help_verb(const struct kk_verb *verb);

/* message.c */
enum kk_mode {
	KK_MODE_NORMAL,
	KK_MODE_BATCH,	/* no prompt, no progress */
	KK_MODE_BOOT,	/* as batch, and one line at most for everything */
};

void kk_set_mode(enum kk_mode mode);
enum kk_mode kk_get_mode(void);
void kk_set_debug(bool on);
bool kk_get_debug(void);

/*
 * Report an error, with what to do next, and return @status, so that callers
 * can write return kk_fail(...).
 */
int kk_fail(int status, const char *next, const char *fmt, ...) KK_PRINTF(3, 4);
void kk_say(const char *fmt, ...) KK_PRINTF(1, 2);
void kk_progress(const char *fmt, ...) KK_PRINTF(1, 2);
void kk_debug(const char *fmt, ...) KK_PRINTF(1, 2);

/*
 * Instead of being printed, the first error from now on goes to @kept, the others
 * go nowhere; NULL ends that.
 */
struct kk_kept {
	char sentence[640];
	char next[400];
};

void kk_keep_errors(struct kk_kept *kept);

/* Prints what KK_MODE_BOOT has kept back. */
void kk_boot_line(void);

/* cryptsetup's translation of -errno to 1..5. */
int kk_exit_of_errno(int err);

/*
 * An untrusted string in printable form. The result stays valid for the next
 * few calls, enough for one message.
 */
const char *kk_esc(const char *untrusted);
void kk_escape(const char *untrusted, char *out, size_t size);

#endif
