# SPDX-License-Identifier: GPL-2.0-or-later
"""When selftests/vm/root and debian-root make a root anew, with stand-ins for
mmdebstrap and for a mirror."""

import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
COPIED = ("scripts/lib.sh", "scripts/roots.sh", "selftests/vm/root", "selftests/vm/debian-root")

STAND_INS = {
    "apt-get": 'echo "Debian|Debian|http://mirror.example/debian/"',
    # apt-helper OPTION… download-file URL FILE
    "apt-helper": """
for last; do url=$file file=$last; done
case $url in
http://mirror.example/debian/dists/*) cp "$PLACE/mirror/${url#*/debian/}" "$file" ;;
*) exit 1 ;;
esac""",
    "apt-config": "echo false",
    "sudo": 'exec "$@"',
    # Makes a root with a number of its own, in an archive: the last argument but one is it.
    "mmdebstrap": r"""
echo "$*" | tr '\n' ' ' | sed 's/$/\n/' >> "$PLACE/calls"
sleep 0.1
new=$(mktemp -d -p "$PLACE")
mkdir -p "$new/usr/lib" "$new/etc" "$new/var/lib/dpkg"
wc -l < "$PLACE/calls" > "$new/number"
ln -s /usr/lib "$new/inside"
printf 'Package: dash\nStatus: install ok installed\nVersion: 0.5-1\nArchitecture: all\nMaintainer: m\nDescription: d\n' \
	> "$new/var/lib/dpkg/status"
echo "busybox-static 1.37-1" > "$new/packages.list"
if [ -e "$PLACE/unlisted" ]; then
	: > "$new/packages.list"
	: > "$new/var/lib/dpkg/status"
fi
if [ -e "$PLACE/hangup" ]; then
	trap '' HUP
	kill -HUP 0
	exit 25
fi
for last; do before=$archive archive=$last; done
[ "$before" != - ] || before=/dev/stdout
tar -c -C "$new" . > "$before"
[ ! -e "$PLACE/broken" ]""",
}
HOURS = 3600


class Roots(unittest.TestCase):
    def setUp(self):
        self.place = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.guests = self.place / "build/guest"
        for name in COPIED:
            (self.place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, self.place / name)
        for name, text in STAND_INS.items():
            path = self.place / "bin" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
        self.set_date("Sat, 21 Nov 2026 09:15:44 UTC")

    def set_date(self, date, suite="trixie"):
        release = self.place / "mirror/dists" / suite / "Release"
        release.parent.mkdir(parents=True, exist_ok=True)
        release.write_text(f"Origin: Debian\nDate: {date}\nSHA256:\n")

    def hours_later(self, hours=7):
        for path in self.guests.glob("*.date"):
            then = time.time() - hours * HOURS
            os.utime(path, (then, then))

    def start(self, *command):
        env = {"PATH": f"{self.place}/bin:{os.environ['PATH']}", "PLACE": str(self.place)}
        return subprocess.Popen([self.place / "selftests/vm" / command[0], *command[1:]], env=env,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def root(self, *command, succeeds=True):
        process = self.start(*(command or ("root", "trixie", "amd64")))
        said = process.communicate()[0]
        self.assertEqual(process.returncode == 0, succeeds, said)
        return said

    def calls(self):
        path = self.place / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def number(self, name="trixie-amd64"):
        """Which call of mmdebstrap made the root."""
        return int((self.guests / name / "number").read_text())

    def change_packages(self):
        script = self.place / "selftests/vm/root"
        script.write_text(script.read_text().replace("=busybox-static,", "=busybox-static,more,"))

    def test_made_once(self):
        self.assertEqual(self.root(), "  UNPACK  the guest's userspace: Debian trixie, amd64\n")
        self.assertEqual(self.root(), "")
        self.assertEqual(self.number(), 1)
        self.assertEqual(len(self.calls()), 1)
        self.assertRegex(self.calls()[0], r"--architectures=amd64 --include=busybox-static,.* trixie - http://mirror.example/debian/ *$")

    def test_packages_are_listed(self):
        self.root()
        self.root("debian-root", "dracut")
        self.assertEqual((self.guests / "trixie-amd64.packages").read_text(), "busybox-static 1.37-1\n")
        self.assertEqual((self.guests / "debian13-dracut.packages").read_text(), "dash 0.5-1\n")
        self.assertFalse((self.guests / "trixie-amd64/packages.list").exists())

    def test_root_without_a_list_is_refused(self):
        (self.place / "unlisted").touch()
        for command in (("root", "trixie", "amd64"), ("debian-root", "dracut")):
            self.assertIn("no list of its packages", self.root(*command, succeeds=False))
        self.assertEqual([path.name for path in self.guests.iterdir() if path.is_symlink()], [])

    def test_links_stay_inside(self):
        self.root()
        self.assertEqual(os.readlink(self.guests / "trixie-amd64/inside"), "usr/lib")
        self.assertEqual(os.readlink(self.guests / "trixie-amd64/lib"), "usr/lib")

    def test_another_release(self):
        self.root()
        self.set_date("Sat, 09 Jan 2027 10:00:00 UTC")
        self.hours_later()
        self.root()
        self.assertEqual(self.number(), 2)
        self.root()
        self.assertEqual(len(self.calls()), 2)

    def test_release_of_another_suite(self):
        self.root()
        self.set_date("Sat, 09 Jan 2027 10:00:00 UTC", "forky")
        self.hours_later()
        self.root()
        self.assertEqual(self.number(), 1)

    def test_mirror_is_not_asked_by_each_scenario(self):
        self.root()
        self.set_date("Sat, 09 Jan 2027 10:00:00 UTC")
        self.hours_later(5)
        self.root()
        self.assertEqual(self.number(), 1)

    def test_without_a_mirror_it_stays(self):
        self.root()
        shutil.rmtree(self.place / "mirror")
        self.hours_later()
        self.assertIn("no Release of trixie", self.root())
        self.assertEqual(self.root(), "")
        self.assertEqual(self.number(), 1)
        self.set_date("Sat, 09 Jan 2027 10:00:00 UTC")
        self.hours_later()
        self.root()
        self.assertEqual(self.number(), 2)

    def test_without_any_date_it_stays(self):
        self.root()
        shutil.rmtree(self.place / "mirror")
        for path in self.guests.glob("*.date"):
            path.unlink()
        self.root()
        self.assertEqual(self.number(), 1)

    def test_other_packages(self):
        self.root()
        self.change_packages()
        self.root()
        self.assertEqual(self.number(), 2)

    def test_architectures_have_their_own(self):
        self.root()
        self.root("root", "trixie", "arm64")
        self.assertEqual((self.number(), self.number("trixie-arm64")), (1, 2))

    def test_reader_keeps_the_one_before(self):
        self.root()
        first = (self.guests / "trixie-amd64").resolve()
        self.change_packages()
        self.root()
        second = (self.guests / "trixie-amd64").resolve()
        self.assertTrue((first / "number").exists())
        self.change_packages()
        self.root()
        self.assertEqual((first.exists(), second.exists(), self.number()), (False, True, 3))

    def test_failure_leaves_the_one_before(self):
        self.root()
        self.change_packages()
        (self.place / "broken").touch()
        self.root(succeeds=False)
        self.assertEqual(self.number(), 1)
        (self.place / "broken").unlink()
        self.root()
        self.assertEqual(self.number(), 3)

    def test_failure_without_one(self):
        (self.place / "broken").touch()
        self.root(succeeds=False)
        self.assertFalse((self.guests / "trixie-amd64").exists())

    def test_failure_that_hangs_up_a_process_group(self):
        (self.place / "hangup").touch()
        for command in (("root", "trixie", "amd64"), ("debian-root", "dracut")):
            process = self.start(*command)
            process.communicate()
            self.assertGreater(process.returncode, 0)

    def test_one_of_many_at_a_time_makes_it(self):
        processes = [self.start("root", "trixie", "amd64") for _ in range(4)]
        for process in processes:
            self.assertEqual((process.communicate()[0] is None, process.returncode), (False, 0))
        self.assertEqual(len(self.calls()), 1)

    def test_directory_in_its_place(self):
        (self.guests / "trixie-amd64/etc").mkdir(parents=True)
        self.root()
        self.assertEqual(self.number(), 1)

    def test_shared_by_a_link_to_build(self):
        self.root()
        self.guests.rename(self.place / "shared")
        self.guests.symlink_to("../shared")
        self.change_packages()
        first = (self.guests / "trixie-amd64").resolve()
        self.root()
        self.assertEqual((self.number(), first.exists()), (2, True))

    def test_archive_of_a_whole_debian(self):
        self.root("debian-root", "initramfs-tools")
        archive = self.guests / "debian13-initramfs-tools.tar"
        names = subprocess.run(["tar", "-tf", archive], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertTrue(re.search(r"^\./number$", names, re.M))
        self.assertEqual(archive.resolve().parent, (self.guests / "debian13-initramfs-tools").resolve().parent)


if __name__ == "__main__":
    unittest.main()
