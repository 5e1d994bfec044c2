# SPDX-License-Identifier: GPL-2.0-only
"""guest/lib.sh's search for a payload that it knows, run here as in a guest."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import keyforms

# Forms that a list of patterns has no end for; a host's scan of a console knows them.
NOT_SEARCHED = {"C string", "repr", "hex in lines of 12", "od", "od -b", "signed decimal", "decimal u32", "decimal s64",
                "hex u32", "hex u64", "xxd -c 4", "hex in UTF-16", "base64 in lines of 8"}


def section():
    text = (HERE.parent / "guest/lib.sh").read_text()
    return re.search(r"(?s)# --- a key whose payload is known -+\n(.*?)\n# --- ", text)[1]


class KnownKey(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.payload = re.search(r"(?m)^KNOWN='(\S+)'$", section())[1].encode()

    def setUp(self):
        self.top = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_script(self, command, **files):
        """Output of a command of the section; its places are below a directory of ours."""
        script = re.sub(r"(?<!\w)/(sys|proc|tmp|dev/kmsg)\b", rf"{self.top}\g<0>", section())
        shutil.rmtree(self.top / "bin", ignore_errors=True)
        for directory in "sys/devices/virtual/net/lo", "proc/sys/kernel", "tmp", "bin", "dev":
            (self.top / directory).mkdir(parents=True, exist_ok=True)
        for name, content in {"dmesg": "#!/bin/sh\necho log\n", **files}.items():
            program = self.top / "bin" / name
            program.write_text(content)
            program.chmod(0o755)
        return subprocess.run(["dash", "-c", f"PATH={self.top}/bin:$PATH\n{script}\n{command}"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.replace(str(self.top), "")

    def places(self, **files):
        return self.run_script("files_to_search | places_with_known_key planted-for-this", **files).split("\n")[:-1]

    def plant(self, content, place="sys/devices/virtual/net/lo/ifalias"):
        (self.top / place).parent.mkdir(parents=True, exist_ok=True)
        (self.top / place).write_bytes(content)

    def test_each_form_is_found(self):
        for name, text in keyforms.forms(self.payload).items():
            self.plant(b"content\n" + text + b"\n", f"sys/{name.replace(' ', '-')}")
        found = {place.removeprefix("/sys/").replace("-", " ") for place in self.places()}
        wanted = {name.replace("-", " ") for name in keyforms.forms(self.payload) if name not in NOT_SEARCHED}
        self.assertEqual(wanted - found, set())

    def test_every_eight_bytes_are_found_in_each_form_that_is_one_line(self):
        for start in range(len(self.payload) - 7):
            window = self.payload[start:start + 8]
            for name, text in keyforms.forms(b"." * 8 + window).items():
                if name not in NOT_SEARCHED:
                    self.plant(text, f"sys/{start}-{name.replace(' ', '-')}")
        planted = {f"/sys/{path.name}" for path in (self.top / "sys").iterdir() if path.is_file()}
        self.assertEqual(planted - set(self.places()), set())

    def test_nothing_is_found_where_nothing_is(self):
        for name, text in keyforms.forms(b"another payload of 32 characters").items():
            self.plant(text, f"sys/{name.replace(' ', '-')}")
        self.plant(bytes(range(256)) * 16, "proc/binary")
        self.plant(b"", "sys/empty")
        self.assertEqual(self.places(), [])

    def test_procfs_is_searched_but_memory_and_processes_are_not(self):
        for place in ("proc/sys/kernel/hostname", "proc/keys", "proc/driver/x y", "proc/kcore", "proc/vmcore", "proc/kmsg",
                      "proc/1/environ"):
            self.plant(self.payload, place)
        self.assertEqual(set(self.places()), {"/proc/sys/kernel/hostname", "/proc/keys", "/proc/driver/x y"})

    def test_the_log_is_searched_but_for_what_was_planted(self):
        shown = self.payload.hex(" ")
        self.assertEqual(self.places(dmesg=f"#!/bin/sh\necho '[1.2] key {shown}'\n"), ["dmesg"])
        self.assertEqual(self.places(dmesg=f"#!/bin/sh\necho 'planted-for-this {shown}'\n"), [])

    def test_a_search_that_does_not_end_is_no_clean_search(self):
        for status in 124, 137, 143, 3:
            self.plant(b"content", "sys/file")
            said = self.places(timeout=f"#!/bin/sh\nexit {status}\n")
            self.assertEqual(said, [f"grep ended with status {status}"])

    def test_a_search_that_cannot_begin_is_no_clean_search(self):
        self.plant(b"content", "sys/file")
        self.assertEqual(self.places(awk="#!/bin/sh\nexit 1\n")[0], "no patterns to search for")

    def test_a_list_that_cannot_be_gone_through_is_no_clean_search(self):
        self.assertEqual(self.places(xargs="#!/bin/sh\nexit 127\n"), ["xargs ended with status 127"])

    def test_a_log_that_cannot_be_read_is_no_clean_search(self):
        self.assertEqual(self.places(dmesg="#!/bin/sh\nexit 1\n"), ["dmesg ended with status 1", "the log is empty"])

    def test_files_that_cannot_be_read_are_passed_over(self):
        self.plant(self.payload, "sys/file")
        (self.top / "sys/gone").symlink_to("nowhere")
        self.assertEqual(self.places(), ["/sys/file"])

    def check(self, said="log", **programs):
        """What check_known_key_is_hidden says, where the log has a line, and programs that
        stand in for real ones."""
        for name in "hostname", "domainname", "poweroff_cmd":
            self.plant(b"old\n", f"proc/sys/kernel/{name}")
        programs["dmesg"] = f"#!/bin/sh\necho '{said}'; cat {self.top}/dev/kmsg\n"
        return self.run_script('equal() { [ "$2" = "$3" ] && echo ok || echo "not ok"; }; check_known_key_is_hidden',
                               **programs).split("\n")[:-1]

    def test_what_is_planted_is_found_and_then_gone(self):
        self.assertEqual(self.check(), ["ok", "ok"])
        for name in "hostname", "domainname", "poweroff_cmd":
            self.assertEqual((self.top / "proc/sys/kernel" / name).read_text(), "old\n")

    def test_a_payload_in_a_file_is_an_error(self):
        self.plant(self.payload, "sys/kernel/x")
        self.assertEqual(self.check(), ["not ok", "ok"])

    def test_a_payload_in_the_log_is_an_error(self):
        self.assertEqual(self.check(said=f"key {self.payload.hex()}"), ["ok", "not ok"])

    def test_a_search_that_finds_nothing_is_an_error(self):
        self.assertEqual(self.check(grep="#!/bin/sh\nexit 1\n"), ["not ok", "ok"])

    def test_a_search_that_does_not_end_is_an_error_in_both(self):
        self.assertEqual(self.check(timeout="#!/bin/sh\nexit 124\n"), ["not ok", "not ok"])


if __name__ == "__main__":
    unittest.main()
