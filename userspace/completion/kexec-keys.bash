# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# bash completion for kexec-keys(8). Verbs and options are what --help says.

_kexec_keys()
{
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]} words word
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		words="--help"$'\n'"$("${COMP_WORDS[0]}" --help 2> /dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')"
	elif [[ $previous == --@(for|header|key-file|initramfs|kernel|initrd) ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	elif [[ $previous == --@(name|key-slot|token-id|timeout|append) ]]; then
		return
	elif [[ $cur == -* ]]; then
		words=$("${COMP_WORDS[0]}" "$verb" --help 2> /dev/null | sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	elif [[ $verb == scrub || $cur == /* ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	elif [[ $verb == @(tag|untag|open) ]]; then
		words=$(dmsetup ls --target crypt 2> /dev/null | sed -n 's/^\([^ \t]*\)\t.*/\1/p')
	fi
	# Not by compgen -W, which expands the words, and a mapping may have any name.
	while IFS= read -r word; do
		[[ -z $word || $word != "$cur"* ]] || COMPREPLY+=("$(printf %q "$word")")
	done <<< "$words"
} && complete -F _kexec_keys kexec-keys
