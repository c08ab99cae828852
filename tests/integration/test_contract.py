"""The promises of docs/contract.md that two charms show (tests/charms).

``chat`` clears the layer's flag itself and keeps its ports closed until it has a database;
``review`` has handlers in every hook and never imports the module. What charms with requests of
their own rely on is in test_contract_tenants.py.
"""

from __future__ import annotations

import yaml
from charmbuild import PROJECT, build
from consumers import CHARMS, clear_flags, set_flags
from world.clock import Clock
from world.site import CRON_FILE, UNIT, Site

pytest_plugins = ["shared_sites"]

LIVE = "/etc/letsencrypt/live"
KEYS = {"privkey", "cert", "chain", "fullchain", "dhparam"}
REGISTERED = "lets-encrypt.registered"
RECORDED = PROJECT / "tests" / "data" / "old-layer"


def built_yaml(charm: str, name: str) -> dict:
    return yaml.safe_load((build(CHARMS / charm) / name).read_text())


# 1, 11, 14: what charm-build makes of it


def test_promise_01_includes_basic_alone_and_all_options_have_defaults() -> None:
    layer = yaml.safe_load((PROJECT / "layer.yaml").read_text())
    assert layer["includes"] == ["layer:basic"]
    defined = layer["defines"]
    assert (defined["service-name"]["type"], defined["service-name"]["default"]) == ("string", "")
    misspelt = {"not": {}}  # what charm-build refuses
    taken = [option for option in defined.values() if not misspelt.items() <= option.items()]
    assert all("default" in option for option in taken)
    assert built_yaml("chat", "layer.yaml")["options"]["lets-encrypt"]["service-name"] == "nginx"
    assert built_yaml("mail", "layer.yaml")["options"]["lets-encrypt"]["service-name"] == ""
    names = {entry["url"] for entry in built_yaml("chat", ".build.manifest")["layers"]}
    assert "layer:lets-encrypt" in names
    assert "layer:apt" not in names


def test_promise_11_the_options_names_are_kept_and_the_charm_may_redefine_them() -> None:
    ours = yaml.safe_load((PROJECT / "config.yaml").read_text())["options"]
    for name in ("fqdn", "contact-email"):
        assert ours[name]["type"] == "string"
        assert ours[name]["default"] is None
    assert built_yaml("chat", "config.yaml")["options"]["fqdn"]["default"] == ""
    assert built_yaml("review", "config.yaml")["options"]["contact-email"]["default"] is None
    taken = {"port", "host", "credentials", "extra_packages", "package_status"}
    assert not taken & set(ours)
    assert not [name for name in ours if name.startswith("install_")]


def test_promise_14_no_series_is_claimed_and_the_terms_are() -> None:
    for charm in ("chat", "review", "gateway"):
        metadata = built_yaml(charm, "metadata.yaml")
        assert "series" not in metadata
        assert metadata["terms"] == ["isrg-lets-encrypt"]
        built = build(CHARMS / charm)
        assert (built / "LICENSE.layer-lets-encrypt").is_file()
        for unwanted in ("tests", "tox.ini", "Makefile", "lib/charm", "LICENSE"):
            assert not (built / unwanted).exists()


# chat


def test_promise_08_nothing_is_attempted_until_the_charm_has_opened_its_ports(chat: Site) -> None:
    """At install the layer opens them; the charm closes them again in every hook."""
    name = "chat.example.com"
    chat.config(fqdn=name)
    for _ in range(2):
        assert chat.status()[0] == "waiting"
        assert (chat.counts().orders, "lets-encrypt.registered" in chat.flags()) == (0, False)
        chat.hook()
    pid = chat.nginx_pid()
    chat.config(database="here")  # this hook opens the ports; Juju does it when the hook ends
    assert (chat.counts().orders, chat.nginx_pid()) == (0, pid)
    assert "port 80 is not open yet" in chat.status()[1]
    chat.hook()
    assert chat.served(name).names == (name,)
    assert chat.status() == ("active", "chatting")
    chat.juju("config", "web", "--reset", "database")
    chat.hook()
    assert "error" not in chat.juju("status")
    assert (chat.counts().orders, REGISTERED in chat.flags()) == (1, True)
    chat.config(database="here")
    chat.hook()


def test_promise_03_live_is_none_without_a_name_and_str_paths_with_one(
    chat: Site, review: Site
) -> None:
    review.config("fqdn=nowhere.example.com", "acme-server=https://127.0.0.1:1/dir")
    chat.config("fqdn=soon.example.com", "acme-server=https://127.0.0.1:1/dir")
    for site, name in ((chat, "soon.example.com"), (review, "nowhere.example.com")):
        live = site.live()
        assert set(live) == KEYS
        assert live["dhparam"] == "/etc/letsencrypt/dhparam.pem"
        for part in KEYS - {"dhparam"}:
            assert live[part] == f"{LIVE}/{name}/{part}.pem"
        assert not site.exists(live["fullchain"]), "the path follows from configuration alone"
        kinds = site.ask("sorted({type(path).__name__ for path in lets_encrypt.live().values()})")
        assert kinds == ["str"]
        site.config("fqdn=", f"acme-server={site.acme.directory}")
        assert site.live() is None, "set to the empty string"
        site.juju("config", "web", "--reset", "fqdn")
        assert site.live() is None, "back at the charm's own default"


def test_promise_06_a_charm_that_clears_the_flag_itself_gets_it_back_without_an_order(
    chat: Site,
) -> None:
    chat.config(fqdn="chat.example.com")  # an old name: its certificate is still there
    chat.hook()
    before = chat.counts()
    for _ in range(2):
        clear_flags(chat, REGISTERED)
        chat.hook()
        assert REGISTERED in chat.flags()
    assert (chat.counts() - before).orders == 0


# review


def test_promise_02_the_module_is_there_in_every_hook_and_its_import_touches_nothing(
    review: Site,
) -> None:
    pyvenv = review.juju("exec", "--unit", UNIT, "--", "cat ../.venv/pyvenv.cfg")
    assert "include-system-site-packages = false" in pyvenv
    said = review.in_charm(
        "import sys; seen = [];"
        "watched = ('subprocess.Popen', 'os.system', 'os.mkdir', 'os.rename', 'os.remove');"
        "note = lambda event, args: seen.append((event, args)) if event in watched"
        " or event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wax+') else None;"
        "sys.dont_write_bytecode = True; sys.addaudithook(note);"
        "import charms.layer.lets_encrypt; print('seen', seen)"
    )
    assert said.splitlines()[-1] == "seen []"
    for hook in ("update-status", "start"):
        review.hook(hook)  # each of its handlers says layer.lets_encrypt, and would fail
    assert review.unit()["juju-status"]["current"] == "idle"


def test_promise_06_a_changed_name_is_noticed_before_any_handler_acts(review: Site) -> None:
    review.want("one.example.com")
    review.world.run(["rm", "-f", "/var/tmp/review-journal"])
    review.config(fqdn="two.example.com")
    review.acme.dns.point("three.example.com", "192.0.2.1")
    review.config(fqdn="three.example.com")
    assert REGISTERED not in review.flags()
    review.hook()
    journal = review.read("/var/tmp/review-journal").splitlines()
    assert journal == [f"later {LIVE}/two.example.com/fullchain.pem True"]


def test_promise_12_a_failure_is_told_in_every_hook_while_it_lasts(review: Site) -> None:
    """The charm itself says active in each of them."""
    for _ in range(4):
        state, text = review.status()
        assert (state, "three.example.com" in text) == ("blocked", True)
        review.hook()
    review.config(fqdn="two.example.com")
    review.hook()
    assert review.status() == ("active", "ready over https")


def test_promise_10_the_flags_keep_their_meaning(review: Site) -> None:
    before = review.counts()
    set_flags(review, "lets-encrypt.disable")
    review.config(fqdn="four.example.com")
    assert (review.counts() - before).orders == 0, "disable blocks issuing"
    clear_flags(review, "lets-encrypt.disable")
    review.hook()
    assert (review.counts() - before).orders == 1
    clock = Clock(review.world)
    clock.shift(days=70)
    for blocking in ("lets-encrypt.disable", "lets-encrypt.renew.disable"):
        set_flags(review, blocking, "lets-encrypt.renew.requested")
        review.hook()
        assert (review.counts() - before).orders == 1, blocking
        clear_flags(review, blocking)
    review.hook()
    assert (review.counts() - before).orders == 2
    assert "lets-encrypt.renewed" in review.flags()
    clock.back()  # the CA's clock has not moved: what it has just issued is due as well until now
    review.hook()
    assert "lets-encrypt.renew.requested" not in review.flags(), "it is consumed"
    assert (review.counts() - before).orders == 2


def test_promise_13_an_older_layers_job_goes_and_its_lineages_stay(review: Site) -> None:
    job = (RECORDED / "crontab").read_text().strip()
    other = job.replace("unit-web-0", "unit-web-1")
    review.world.run(["crontab", "-"], input=f"{other}\n{job}\n@daily true # the operator's\n")
    assert "authenticator = standalone" in review.read(
        "/etc/letsencrypt/renewal/four.example.com.conf"
    )
    before = review.counts()
    review.hook("start")  # installs again, as an upgrade does
    left = review.world.run(["crontab", "-l"]).stdout.splitlines()
    assert left == [other, "@daily true # the operator's"]
    assert (review.counts() - before).orders == 0
    assert review.exists(CRON_FILE)
