// SPDX-License-Identifier: GPL-2.0-or-later
#include "signals.h"

const int kk_signals[KK_SIGNALS] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
	caught = sig;
}

void kk_signals_catch(struct kk_signals *s)
{
	const struct sigaction action = { .sa_handler = on_signal };

	caught = 0;
	for (unsigned int i = 0; i < KK_SIGNALS; i++)
		sigaction(kk_signals[i], &action, &s->before[i]);
}

void kk_signals_release(const struct kk_signals *s)
{
	for (unsigned int i = 0; i < KK_SIGNALS; i++)
		sigaction(kk_signals[i], &s->before[i], NULL);
	if (caught)
		raise(caught);
}

int kk_signals_caught(void)
{
	return caught;
}
