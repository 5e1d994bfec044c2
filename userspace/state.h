/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/kexec/keys: what the kernel says about the carry-over.
 */
#ifndef KK_STATE_H
#define KK_STATE_H

#include <stdbool.h>
#include <stddef.h>

#ifndef KK_STATE_DIR
#define KK_STATE_DIR "/sys/kernel/kexec/keys"
#endif

struct kk_state {
	long ring;
	unsigned long long generation;
	struct {
		char state[16];
		char reason[32];
		/* Empty where only root may look. */
		char verify[32];
		unsigned long carried;
		unsigned long not_carried;
	} crash;
	struct {
		char state[16];
		char reason[32];
		unsigned long carried;
		unsigned long not_carried;
	} reboot;
	struct {
		char source[16];
		char status[32];
		unsigned long count;
		unsigned long skipped;
	} adopted;
};

/* -ENOENT where the kernel lacks the feature. */
int kk_state_read(const char *dir, struct kk_state *state);

/* As above, with the message and the exit status for the user. */
int kk_state_get(struct kk_state *state);

/*
 * The exit status that answers "would a panic now find the keys?", the
 * sentence for it, and what to do next ("" when nothing is to be done).
 */
int kk_state_judge(const struct kk_state *state, char *sentence, size_t size,
		   const char **next);

/* Likewise, of the reboot image: "would an ordinary kexec now carry all keys?" */
int kk_state_judge_reboot(const struct kk_state *state, char *sentence, size_t size,
			  const char **next);

/* Polls until the crash image holds the ring, or for @ms milliseconds. */
int kk_state_wait(const char *dir, struct kk_state *state, unsigned int ms);

#endif
