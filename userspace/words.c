// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

bool kk_words_have(const struct kk_words *w, const char *word)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (!strcmp(w->word[i], word))
			return true;
	return false;
}

static bool make_room(struct kk_words *w)
{
	const unsigned int room = w->room ? 2 * w->room : 16;
	void *p;

	if (w->n < w->room)
		return true;
	p = realloc(w->word, room * sizeof(*w->word));
	if (!p)
		return false;
	w->word = p;
	w->room = room;
	return true;
}

void kk_words_add(struct kk_words *w, const char *word)
{
	if (!kk_words_have(w, word) && make_room(w))
		snprintf(w->word[w->n++], KK_WORD_MAX, "%s", word);
}

void kk_words_free(struct kk_words *w)
{
	free(w->word);
	*w = (struct kk_words){ 0 };
}
