/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that end a program, while there is something to be put back first.
 */
#ifndef KK_SIGNALS_H
#define KK_SIGNALS_H

#include <signal.h>

/* SIGINT, SIGTERM, SIGHUP and SIGQUIT. */
#define KK_SIGNALS 4
extern const int kk_signals[KK_SIGNALS];

struct kk_signals {
	struct sigaction before[KK_SIGNALS];
};

/* Until it is released, none of them ends the program; system calls return. */
void kk_signals_catch(struct kk_signals *s);

/* As before, and one that came meanwhile takes effect. */
void kk_signals_release(const struct kk_signals *s);

/* One of them has come since the last catch: its number, or 0. */
int kk_signals_caught(void);

#endif
