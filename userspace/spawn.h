/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other programs, run without a shell, found in the system's directories only.
 */
#ifndef KK_SPAWN_H
#define KK_SPAWN_H

#include <stdbool.h>

/* In one of the directories of programs below @root. */
bool kk_program_exists(const char *root, const char *program);

/* Its exit status, 128 + the signal that ended it, or -errno. */
int kk_spawn(const char *const argv[]);

/* The same, with each line of its output to @fn; what it complains is dropped. */
int kk_spawn_lines(const char *const argv[], void (*fn)(const char *line, void *arg),
		   void *arg);

#endif
