"""Values that options cannot have, on a unit that serves a certificate: told, and nothing else."""

from __future__ import annotations

from pathlib import Path

from world.lineages import lay_out
from world.site import CRON_FILE, STATE, Site

NAME = "www.example.com"
LETSENCRYPT = Path("/etc/letsencrypt")
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"
HUSH = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3M"

BAD = [
    ("acme-certificates", "reload=nginx", "acme-certificates line 1 has no names"),
    ("acme-certificates", "a.example.org relaod=x", "acme-certificates line 1 has the unknown"),
    ("acme-certificates", "*.example.org", "acme-certificates line 1: '*.example.org' is a wild"),
    ("acme-certificates", "# mine\nwww.example.com reload=x", "want it with different services"),
    ("acme-key-type", "dsa", "'acme-key-type' is 'dsa', which is not known; set it to one of rsa"),
    ("acme-profile", "../x", "'acme-profile' is '../x', which cannot be a profile; set it to"),
    ("acme-preferred-chain", "-x", "'acme-preferred-chain' is '-x', which cannot be a root's"),
    ("acme-eab", HUSH, "'acme-eab' is only half of a pair; set it to KID:HMAC"),
    ("acme-eab", f"kid:{HUSH}!", "'acme-eab' has a key that is cut off or not base64; set it to"),
    ("acme-eab", "secret:a b", "'acme-eab' is not the id of a secret; set it to"),
    ("acme-renew-schedule", "twice a day", "'acme-renew-schedule' is 'twice a day', which is not"),
    ("acme-renew-schedule", "0 0 30 2 *", "'acme-renew-schedule' is '0 0 30 2 *'"),
    ("acme-renew-schedule", "yearly", "'@yearly' lets 366 days pass between two runs, too long"),
]


def test_each_is_told_with_its_remedy_and_leaves_the_unit_as_it_is(site: Site) -> None:
    lay_out(site.world.path(LETSENCRYPT), (NAME,), LETSENCRYPT, server=PRODUCTION)
    site.config(fqdn=NAME)
    assert site.status() == ("active", "serving https")
    pid, cron = site.nginx_pid(), site.read(CRON_FILE)
    for option, value, words in BAD:
        site.config(f"{option}={value}")
        severity, line = site.status()
        assert (severity, words in line) == ("blocked", True), (option, value, line)
        assert HUSH not in line
        assert "lets-encrypt.registered" in site.flags(), (option, value)
        site.config("--reset", option)
        assert site.status() == ("active", "serving https"), (option, value)
    assert site.nginx_pid() == pid
    assert site.lineages() == [NAME]
    assert not site.exists(f"{STATE}/eab.ini")
    assert HUSH not in site.read(f"{STATE}/history.json")
    assert cron.count("root") == site.read(CRON_FILE).count("root")


def test_the_schedule_follows_the_option_and_an_edited_file_stays_without_it(site: Site) -> None:
    site.config(acme_renew_schedule="5 4 * * mon")
    assert site.read(CRON_FILE).splitlines()[-1].startswith("5 4 * * mon root ")
    edited = site.read(CRON_FILE).replace("5 4 * * mon", "6 4 * * *")
    site.world.write(CRON_FILE, edited)
    site.hook()
    assert site.read(CRON_FILE).splitlines()[-1].startswith("5 4 * * mon root ")
    site.config("--reset", "acme-renew-schedule")
    line = site.read(CRON_FILE).splitlines()[-1]
    assert line.split()[2:6] == ["*", "*", "*", "root"] and "," in line.split()[1], "twice a day"
    site.world.write(CRON_FILE, site.read(CRON_FILE).replace(" ".join(line.split()[:5]), "@weekly"))
    site.hook()
    assert site.read(CRON_FILE).splitlines()[-1].startswith("@weekly root "), "it is kept"
