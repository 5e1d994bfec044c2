// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "findings.h"

static const struct { const char *word; int status; } kinds[KK_N_FINDINGS] = {
	[KK_FINDING_NO_FEATURE]		= { "no-feature", KK_NO_FEATURE },
	[KK_FINDING_NO_IMAGE]		= { "no-image", KK_NO_IMAGE },
	[KK_FINDING_KEXEC_LOAD]		= { "kexec-load", KK_NO_CARRY_OVER },
	[KK_FINDING_MEMORY_ENCRYPTION]	= { "memory-encryption", KK_MEMORY_ENCRYPTION },
	[KK_FINDING_SWITCHED_OFF]	= { "switched-off", KK_DISABLED },
	[KK_FINDING_STALE]		= { "stale", KK_STALE },
	[KK_FINDING_NO_KEY]		= { "no-key", KK_KEY_MISSING },
	[KK_FINDING_KIND]		= { "unsupported-volume", KK_UNSUPPORTED },
	[KK_FINDING_KEY_MISMATCH]	= { "key-mismatch", KK_KEY_MISMATCH },
	[KK_FINDING_VOLUME_WITHOUT_KEY]	= { "volume-without-key", KK_KEY_MISSING },
	[KK_FINDING_WOULD_PROMPT]	= { "would-prompt", KK_KEY_MISSING },
	[KK_FINDING_UNVERIFIED]		= { "unverified", KK_UNSUPPORTED },
	[KK_FINDING_DEVICE]		= { "device", KK_DEVICE },
	[KK_FINDING_INITRAMFS]		= { "initramfs", KK_INITRAMFS },
	[KK_FINDING_NO_SHIM]		= { "no-shim", KK_INITRAMFS },
	[KK_FINDING_NO_MODULE]		= { "no-module", KK_INITRAMFS },
	[KK_FINDING_CRASH_MEMORY]	= { "crash-memory", KK_CRASH_MEMORY },
	[KK_FINDING_SUSPENDED]		= { "suspended", KK_SUSPENDED },
	[KK_FINDING_WOULD_WAIT]		= { "would-wait", KK_OK },
};

const char *kk_finding_word(enum kk_finding_id id)
{
	return kinds[id].word;
}

int kk_finding_status(const struct kk_finding *f)
{
	return f ? kinds[f->id].status : KK_OK;
}

void kk_finding(struct kk_findings *f, enum kk_finding_id id, const char *command,
		const char *fmt, ...)
{
	struct kk_finding *new = &f->finding[f->n];
	va_list ap;

	if (f->n == KK_FINDINGS_MAX)
		return;
	f->n++;
	new->id = id;
	snprintf(new->command, sizeof(new->command), "%s", command);
	va_start(ap, fmt);
	vsnprintf(new->sentence, sizeof(new->sentence), fmt, ap);
	va_end(ap);
}

void kk_finding_note(struct kk_findings *f, const char *fmt, ...)
{
	va_list ap;

	if (f->n_notes == KK_ARRAY_SIZE(f->note))
		return;
	va_start(ap, fmt);
	vsnprintf(f->note[f->n_notes++], sizeof(f->note[0]), fmt, ap);
	va_end(ap);
}

unsigned int kk_findings_count(const struct kk_findings *f)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n; i++)
		n += kk_finding_status(&f->finding[i]) != KK_OK;
	return n;
}

const struct kk_finding *kk_finding_first(const struct kk_findings *f)
{
	const struct kk_finding *first = NULL;

	for (unsigned int i = 0; i < f->n; i++)
		if (!first || f->finding[i].id < first->id)
			first = &f->finding[i];
	return first;
}

void kk_findings_say(const struct kk_findings *f)
{
	for (unsigned int i = 0; i < f->n; i++)
		kk_say("- %s; next: %s", f->finding[i].sentence, f->finding[i].command);
	for (unsigned int i = 0; i < f->n_notes; i++)
		kk_say("Note: %s.", f->note[i]);
}
