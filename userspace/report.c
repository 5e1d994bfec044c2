// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec-keys.h"
#include "report.h"
#include "state.h"

#define PATIENCE_MS 2000

void kk_report_image(void)
{
	struct kk_state s;
	char sentence[256];
	const char *next;

	if (kk_get_mode() == KK_MODE_BATCH ||
	    kk_state_wait(KK_STATE_DIR, &s, PATIENCE_MS))
		return;
	kk_state_judge(&s, sentence, sizeof(sentence), &next);
	kk_say("%s", sentence);
	if (*next)
		kk_say("Next: %s.", next);
}
