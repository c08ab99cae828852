"""The main job in short, on one release of Juju and with one certbot.

    story.py --profile 2.9 --certbot newest      exit code 0: all as told
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from world.clock import Clock  # noqa: E402
from world.site import open_site  # noqa: E402

NAME = "www.example.com"
PROFILES = ("2.9", "3.6", "4.0")
CERTBOTS = ("apt", "newest")


def tell(profile: str, certbot: str) -> None:
    """Deploy, name, https, a hook that does nothing, renewal by cron. AssertionError, WorldError,
    OSError if anything goes otherwise."""
    with open_site(certbot=certbot, profile=profile) as site:
        assert site.status() == ("active", "serving http"), site.status()
        site.want(NAME)
        first = site.served(NAME)
        assert first.names == (NAME,), first
        assert site.status() == ("active", "serving https"), site.status()
        site.hook()
        site.renew_by_cron()
        assert site.counts().orders == 1, site.counts()
        Clock(site.world).shift(days=61)
        site.renew_by_cron()
        second = site.served(NAME)
        assert second.serial != first.serial, "cron has renewed nothing"
        counts = site.counts()
        assert (counts.orders, counts.failed_validations) == (2, 0), counts


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--profile", choices=PROFILES, required=True)
    parser.add_argument("--certbot", choices=CERTBOTS, required=True)
    args = parser.parse_args()
    tell(args.profile, args.certbot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
