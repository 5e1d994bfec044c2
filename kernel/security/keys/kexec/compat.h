/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel lacks of the interfaces that the files here are written for.
 * Force-included by the Makefile, before anything else; the newest series has
 * neither.
 */
#ifndef _SECURITY_KEYS_KEXEC_COMPAT_H
#define _SECURITY_KEYS_KEXEC_COMPAT_H

/* 6.13 */
#define hrtimer_setup(_timer, _fn, _clock, _mode) do {	\
	struct hrtimer *__timer = (_timer);		\
							\
	hrtimer_init(__timer, _clock, _mode);		\
	__timer->function = (_fn);			\
} while (0)

#endif /* _SECURITY_KEYS_KEXEC_COMPAT_H */
