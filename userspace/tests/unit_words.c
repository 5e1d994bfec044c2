// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of words.c.
 */
#include <stdlib.h>

#include "kexec-keys.h"
#include "unit.h"
#include "words.h"

static bool no_memory;

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_realloc(void *p, size_t size)
{
	return no_memory ? NULL : __real_realloc(p, size);
}

static void test_add(void)
{
	struct kk_words w = { 0 };

	OK(!kk_words_have(&w, "a") && !kk_words_have(&w, ""));
	kk_words_add(&w, "a");
	OK(kk_words_have(&w, "a") && w.n == 1);
	OK(!kk_words_have(&w, "ab") && !kk_words_have(&w, "") && !kk_words_have(&w, "A"));
	/* Each once. */
	kk_words_add(&w, "b");
	kk_words_add(&w, "a");
	kk_words_add(&w, "b");
	OK(w.n == 2 && kk_words_have(&w, "a") && kk_words_have(&w, "b"));
	STR(w.word[0], "a");
	STR(w.word[1], "b");
	kk_words_free(&w);
	OK(!w.n && !w.room && !w.word && !kk_words_have(&w, "a"));
}

/* More than there is room for, more than once. */
static void test_many(void)
{
	struct kk_words w = { 0 };
	char word[16];

	for (unsigned int i = 0; i < 100; i++) {
		name_row("word %u", i);
		snprintf(word, sizeof(word), "word%u", i);
		OK(!kk_words_have(&w, word));
		kk_words_add(&w, word);
		OK(kk_words_have(&w, word) && w.n == i + 1 && w.room >= w.n);
		/* 16, then twice as many, when they are needed. */
		OK(w.room == (i < 16 ? 16 : i < 32 ? 32 : i < 64 ? 64 : 128));
	}
	for (unsigned int i = 0; i < 100; i++) {
		snprintf(word, sizeof(word), "word%u", i);
		OK(kk_words_have(&w, word) && !strcmp(w.word[i], word));
	}
	kk_words_free(&w);
}

static void test_long(void)
{
	struct kk_words w = { 0 };
	char word[KK_WORD_MAX + 2];

	memset(word, 'w', sizeof(word));
	word[KK_WORD_MAX - 1] = '\0';
	kk_words_add(&w, word);
	OK(kk_words_have(&w, word) && strlen(w.word[0]) == KK_WORD_MAX - 1);
	/* One that is too long is cut. */
	word[0] = 'x';
	word[KK_WORD_MAX - 1] = 'w';
	word[KK_WORD_MAX] = '\0';
	kk_words_add(&w, word);
	OK(w.n == 2 && strlen(w.word[1]) == KK_WORD_MAX - 1 && w.word[1][0] == 'x');
	OK(w.word[0][0] == 'w');
	kk_words_free(&w);
}

/* A word for which there is no memory is left out, and the others stay. */
static void test_no_memory(void)
{
	struct kk_words w = { 0 };
	char word[16];

	no_memory = true;
	kk_words_add(&w, "a");
	OK(!w.n && !w.room && !w.word);
	no_memory = false;
	for (unsigned int i = 0; i < 16; i++) {
		snprintf(word, sizeof(word), "word%u", i);
		kk_words_add(&w, word);
	}
	no_memory = true;
	kk_words_add(&w, "word16");
	OK(w.n == 16 && w.room == 16 && !kk_words_have(&w, "word16") && kk_words_have(&w, "word15"));
	no_memory = false;
	kk_words_add(&w, "word16");
	OK(w.n == 17 && kk_words_have(&w, "word16"));
	kk_words_free(&w);
}

UNIT_MODULE(words,
	{ "words, each once", test_add },
	{ "many words", test_many },
	{ "words without memory", test_no_memory },
	{ "the longest word, and one that is cut", test_long }
);
