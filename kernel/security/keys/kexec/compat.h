/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this kernel lacks of the interfaces that the files here are written for.
 * Force-included by the Makefile, before anything else; the newest series
 * does without it.
 */
#ifndef _SECURITY_KEYS_KEXEC_COMPAT_H
#define _SECURITY_KEYS_KEXEC_COMPAT_H

/* 6.14 */
#define set_direct_map_valid_noflush(_page, _nr, _valid) ({		\
	struct page *__page = (_page), *__end = __page + (_nr);		\
	int __ret = 0;							\
									\
	for (; __page < __end && !__ret; __page++)			\
		__ret = (_valid) ?					\
			set_direct_map_default_noflush(__page) :	\
			set_direct_map_invalid_noflush(__page);		\
	__ret;								\
})

/* 6.13 */
#define hrtimer_setup(_timer, _fn, _clock, _mode) do {	\
	struct hrtimer *__timer = (_timer);		\
							\
	hrtimer_init(__timer, _clock, _mode);		\
	__timer->function = (_fn);			\
} while (0)

#endif /* _SECURITY_KEYS_KEXEC_COMPAT_H */
