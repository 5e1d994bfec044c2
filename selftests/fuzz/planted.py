# SPDX-License-Identifier: GPL-2.0-or-later
"""Faults of one place each, which the fuzz targets must find."""

from typing import NamedTuple

CODEC = "kernel/security/keys/kexec/codec.c"


class Fault(NamedTuple):
    """In a copy of the source, this text, which is in it once, is replaced."""

    target: str
    name: str
    source: str
    old: str
    new: str


FAULTS = [
    Fault("decoder", "record-end", CODEC, "if (len > room || len % RECORD_ALIGN ||", "if (len % RECORD_ALIGN ||"),
    Fault("decoder", "slot-end", CODEC, "if (total_len > size - KEXEC_KEYS_DIGEST_LEN || total_len < header_len)",
          "if (total_len < header_len)"),
    Fault("decoder", "header-end", CODEC, "need - sizeof(*hdr) + header_len > len", "need > len"),
    Fault("encoder", "digest", CODEC, "len > enc->size - KEXEC_KEYS_DIGEST_LEN - enc->used", "len > enc->size - enc->used"),
    Fault("encoder", "one-more", CODEC, "len > enc->size - KEXEC_KEYS_DIGEST_LEN - enc->used",
          "len > enc->size - KEXEC_KEYS_DIGEST_LEN - enc->used + 1"),
    Fault("encoder", "padding", CODEC, "memset(to + len, 0, padded(len) - len);", ""),
    Fault("luks1", "cut", "userspace/luks1.c", "if (len < KK_LUKS1_SIZE)", "if (len < 200)"),
    Fault("luks1", "word", "userspace/luks1.c", "!kk_is_word(l.mode) ||", ""),
    Fault("luks2", "sector", "userspace/luks2.c", "(h->sector_size & (h->sector_size - 1)) ||", ""),
    Fault("luks2", "leak", "userspace/luks2.c", "json_object_put(root);", ""),
    Fault("luks2", "null", "userspace/luks2.c", "if (!all || !json_object_is_type(first, json_type_string))", "if (!all)"),
    Fault("crypttab", "second", "userspace/crypttab.c", "&first) > max)", "&first) > max + 1)"),
    Fault("crypttab", "comma", "userspace/crypttab.c", "if (from > f[3].at)\n\t\tfrom--;", "if (from > f[3].at)\n\t\tto++;"),
    Fault("cmdline", "equals", "userspace/volumes.c", "&& value[n] == '=' ? value + n + 1", "&& value[n] ? value + n + 1"),
    Fault("cmdline", "word-end", "userspace/volumes.c", "else if (n + 1 < size)", "else if (n < size)"),
    Fault("options", "range", "userspace/options.c", "*end || v > max)", "*end || v > max + 1UL)"),
    Fault("keys", "digits", "userspace/keydesc.c", "|| !isdigit((unsigned char)s[1]) || s[2])", "|| !isdigit((unsigned char)s[1]))"),
    Fault("keys", "escape", "userspace/message.c", "n + 5 <= size", "n + 4 <= size"),
    Fault("initramfs", "fields", "userspace/initramfs.c", "while (n < (int)KK_ARRAY_SIZE(field) &&", "while (n < 20 &&"),
    Fault("initramfs", "twice", "userspace/words.c", "if (!kk_words_have(w, word) && make_room(w))", "if (make_room(w))"),
    Fault("vmcore", "page-size", "userspace/vmcore.c", "if (d->size > v->block || (!d->flags && d->size != v->block))",
          "if (!d->flags && d->size != v->block)"),
    Fault("vmcore", "last-byte", "userspace/scrub.c", "explicit_bzero(p + at, end - at);", "explicit_bzero(p + at, end - at - 1);"),
]
