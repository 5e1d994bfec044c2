/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few short words, each once.
 */
#ifndef KK_WORDS_H
#define KK_WORDS_H

#include <stdbool.h>

#define KK_WORD_MAX 64

struct kk_words {
	unsigned int n;
	unsigned int room;
	char (*word)[KK_WORD_MAX];
};

/* Without memory the word is left out; one that is too long is cut. */
void kk_words_add(struct kk_words *w, const char *word);
bool kk_words_have(const struct kk_words *w, const char *word);
void kk_words_free(struct kk_words *w);

#endif
