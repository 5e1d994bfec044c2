# SPDX-License-Identifier: GPL-2.0-or-later
"""What c_formats.py takes for a way to show a key, and what not."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import c_formats


def findings(source, added=None):
    lines = range(1, source.count("\n") + 2)
    return c_formats.findings(source, set(lines if added is None else added))


class Conversions(unittest.TestCase):
    def test_each_is_taken_as_it_is_written(self):
        self.assertEqual(c_formats.conversions(r"a %d, %#llx%% %64phN: %*pE %.8s %-5pe\n %08x %hhx %"),
                         ["%d", "%#llx", "%%", "%64phN", "%*pE", "%.8s", "%-5pe", "%08x", "%hhx", "%"])

    def test_bad_ones_are_found(self):
        for conversion in ("%64phN %*ph %*phC %64ph %phD %*pE %pE %pUb %pM %pI6 %p %px %pK %pS %x %02x %016llx %llx %hhx "
                           "%c %.*s %32s %.64s %*pb %pV %i %lx %").split():
            with self.subTest(conversion):
                self.assertTrue(findings(f'pr_info("key {conversion}\\n", x);'))

    def test_bad_ones_are_found_in_any_call_and_in_any_macro(self):
        for source in ('dev_info(dev, "%64phN", x);', 'seq_printf(m, "%64phN", x);', 'foo("%64phN", x);',
                       '#define FORMAT "%64phN"', 'static const char format[] = "%64phN";',
                       'return sysfs_emit(buf, "%64phN", x);', 'scnprintf(buf, 3, "%64phN", x);',
                       'pr_info("key %" "64phN\\n", x);', 'pr_info("key %"\n\t"64"\n\t"phN\\n", x);',
                       'TP_printk("%64phN", x)', 'DMWARN("%64phN", x);', "c = '\"'; f(\"%64phN\", x); c = '\"';"):
            with self.subTest(source):
                self.assertTrue(findings(source))

    def test_the_message_that_showed_a_payload_is_found(self):
        source = 'static void f(void)\n{\n\tpr_info("key %s is %64phN\\n",\n\t\tkey->description, payload->data);\n}\n'
        self.assertEqual([line for line, _ in findings(source)], [3, 3, 3])

    def test_good_ones_are_not(self):
        for source in ('pr_err("no ring: %pe\\n", ring);', 'pr_info("%u keys, %u not\\n", a(b, c), d);',
                       'pr_info("100 %%\\n");', 'pr_info(")%u\\n", x);', 'pr_info("%s\\n", \\\n\treason);',
                       'pr_warn("buffer at %pa, size %#llx ignored: %s\\n",\n\t&addr, size, reason);',
                       'seq_puts(m, "text");', '#define pr_fmt(fmt) "kexec-keys: " fmt',
                       'WARN_ON_ONCE(x);', 'WARN_ONCE(x, "text\\n");',
                       '#define KEXEC_KEYS_SHOW(_group, _name, _fmt, _value) \\\n'
                       '\treturn sysfs_emit(buf, _fmt "\\n", _value);',
                       'KEXEC_KEYS_SHOW(crash, state, "%s", kexec_keys_report_crash().state);',
                       'x = "a, b) (%u";', "c = '%'; d = '\"';", 'a = b % c;',
                       '/* "%64phN" */', '// pr_info("%64phN", x)\n'):
            with self.subTest(source):
                self.assertEqual(findings(source), [])


class Calls(unittest.TestCase):
    def test_a_format_that_cannot_be_judged_is_found(self):
        for source in ('pr_info(payload);', 'pr_info(format, x);', 'seq_puts(m, data);', 'sysfs_emit(buf, PRIkey, x);',
                       'panic(text);', 'pr_info("%u" PRIx, x);', 'printk(KERN_INFO "text");', 'WARN(1, words);',
                       'snprintf(buf, size, words);',
                       'seq_printf(m);', 'WARN_ONCE(1, data);', 'kasprintf(GFP_KERNEL, data);', 'dev_warn(dev, data);'):
            with self.subTest(source):
                self.assertTrue(findings(source))

    def test_a_string_must_be_one_that_may_be_shown(self):
        for value in ("data", "payload", "upayload->data", "key->description", "(char *)p", "reason + 8", "x.state.data"):
            with self.subTest(value):
                self.assertTrue(findings(f'pr_info("%s\\n", {value});'))
                self.assertTrue(findings(f'KEXEC_KEYS_SHOW(crash, x, "%s", {value});'))
        for value in "reason", "adopted->release", "kexec_keys_adopted.status", "kexec_keys_verify_crash()":
            with self.subTest(value):
                self.assertEqual(findings(f'pr_info("%s\\n", {value});'), [])

    def test_a_payload_is_not_printed_as_numbers(self):
        for value in "payload->data[i]", "*(u64 *)payload", "rec.payload[0]":
            self.assertTrue(findings(f'pr_info("%u\\n", {value});'))

    def test_values_must_be_as_many_as_conversions(self):
        self.assertTrue(findings('pr_info("%u\\n");'))
        self.assertTrue(findings('pr_info("text\\n", x);'))

    def test_calls_that_show_memory_are_found(self):
        for call in (
                "print_hex_dump(KERN_INFO, a, 0, 16, 1, p, 64, true)", "print_hex_dump_bytes(a, 0, p, 64)",
                "print_hex_dump_debug(a)", "bin2hex(hex, p, 64)", "hex_byte_pack(hex, *p)",
                "hex_byte_pack_upper(hex, *p)", "x = hex_asc_lo(c)", "hex_dump_to_buffer(p, 64)",
                "seq_hex_dump(m, a)", "seq_write(m, p, 64)", "seq_putc(m, *p)", "seq_put_decimal_ull(m, a, *p)",
                "seq_escape_mem(m, p, 64)", "string_escape_mem(p)", "seq_buf_putmem_hex(s, p, 8)",
                "trace_seq_putmem(s, p, 64)", "base64_encode(p, 64, out)", "debugfs_create_blob(a, 0400, d, p)",
                "sysfs_create_bin_file(k, a)", "static BIN_ATTR_RO(key, 64)", "struct bin_attribute x",
                "copy_to_user(u, p, 64)", "put_user(*p, u)", "simple_read_from_buffer(u, n, pos, p, 64)",
                "audit_log_n_hex(ab, p, 64)", "TRACE_EVENT(x)", "__print_hex(p, 64)", "vmcoreinfo_append_str(x)",
                "copy_to_iter(p, 64, i)"):
            with self.subTest(call):
                self.assertTrue(findings(f"{call};"))

    def test_commas_and_parentheses_in_strings_part_no_arguments(self):
        self.assertEqual(findings('pr_info("a, (b) %u\\n", f("x, y", (z)));'), [])
        self.assertTrue(findings('pr_info(");", payload);'))


class Lines(unittest.TestCase):
    SOURCE = 'a();\npr_info("%u\\n",\n\tpayload);\nprint_hex_dump(p);\nb("%x");\n'

    def test_only_what_touches_an_added_line_counts(self):
        for added, lines in (({1}, []), ({2}, [2]), ({3}, [2]), ({4}, [4]), ({5}, [5]), (set(), []),
                             ({1, 2, 3, 4, 5}, [2, 4, 5])):
            with self.subTest(added):
                self.assertEqual(sorted(line for line, _ in findings(self.SOURCE, added)), lines)

    def test_comments_and_continued_lines_are_counted(self):
        self.assertEqual([line for line, _ in findings('/*\n *\n */\n#define A \\\n\tb("%x")\n')], [5])


if __name__ == "__main__":
    unittest.main()
