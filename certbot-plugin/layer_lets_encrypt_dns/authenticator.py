"""The plugin as certbot sees it. It raises before the CA is asked if a record is not served."""

from __future__ import annotations

import logging
from typing import Any, Callable, Iterable

from acme import challenges
from certbot import errors, interfaces
from certbot.plugins import common

from layer_lets_encrypt_dns import pipe
from layer_lets_encrypt_dns.failure import Failure, configuration

logger = logging.getLogger(__name__)


class Authenticator(common.Plugin, interfaces.Authenticator):
    """DNS-01 by Lexicon's providers or httpreq."""

    description = "layer:lets-encrypt: DNS-01 by Lexicon's providers or httpreq"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._begun = False

    @classmethod
    def add_parser_arguments(cls, add: Callable[..., None]) -> None:
        add("config", default=None, help="absolute path of the JSON file with everything")

    def more_info(self) -> str:
        return self.description

    def prepare(self) -> None:
        """Nothing: certbot would only say that the plugin is not there."""

    def get_chall_pref(self, domain: str) -> Iterable[type[challenges.Challenge]]:
        return [challenges.DNS01]

    def perform(self, achalls: list[Any]) -> list[challenges.ChallengeResponse]:
        """Publish the values of all challenges and see them served. Raises PluginError."""
        wanted = [describe(achall) for achall in achalls]
        try:
            pipe.own_entries(self._path())  # raises for a bad file, of which cleanup then is silent
            self._begun = True
            pipe.run("publish", self._path(), wanted, logger.info)
        except Failure as failure:
            raise errors.PluginError(str(failure.about(wanted[0]["name"]))) from None
        return [achall.response(achall.account_key) for achall in achalls]

    def cleanup(self, achalls: list[Any]) -> None:
        """Remove these values; what cannot be removed now stays in the journal.

        certbot calls this after a failed ``perform``, too; that has mostly cleaned up by itself.
        """
        try:
            if self._begun and pipe.own_entries(self._path()):
                pipe.run("remove", self._path(), [describe(a) for a in achalls], logger.info)
        except Failure as failure:
            logger.warning("TXT records may be left, and are tried again later: %s", failure.text)

    def auth_hint(self, failed_achalls: list[Any]) -> str:
        return (
            "All name servers of the zone had the TXT record, but the CA did not accept it: "
            "it may ask other servers, or the name may be delegated elsewhere."
        )

    def _path(self) -> str:
        path = self.conf("config")
        if not path:
            raise configuration("--layer-lets-encrypt-dns-config is missing")
        return str(path)


def describe(achall: Any) -> dict[str, str]:
    """Return what the worker must know of a challenge."""
    identifier = getattr(achall, "identifier", None)  # certbot 5.3 and newer
    return {
        "name": identifier.value if identifier is not None else achall.domain,
        "value": achall.validation(achall.account_key),
        "token": achall.chall.encode("token"),
        "key_authorization": achall.chall.key_authorization(achall.account_key),
    }
