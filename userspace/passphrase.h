/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a passphrase comes from: a key file, or a person at a terminal.
 */
#ifndef KK_PASSPHRASE_H
#define KK_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

struct crypt_device;

/*
 * In memory of crypt_safe_alloc(): locked, and wiped by kk_secret_free(). Signals
 * that would end or stop the program wait until it is wiped.
 */
struct kk_secret {
	char *data;
	size_t len;
};

/* True when a person can be asked. */
bool kk_can_ask(void);

/* Exit statuses, after a message. */
int kk_ask(const char *what, const char *label, struct kk_secret *s);
int kk_read_key_file(struct crypt_device *cd, const char *file, struct kk_secret *s);
void kk_secret_free(struct kk_secret *s);

/* Frees it, and thereby ends the program, if such a signal has come. */
void kk_secret_yield(struct kk_secret *s);

#endif
