"""What is done with a certificate once it is on disk, as the operator's options say. Pure.

Most units have none of these options: what reads them is imported where one is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, TypeVar

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.request import InvalidRequest

if TYPE_CHECKING:
    from layer_lets_encrypt.rules.file_access import FileAccess

T = TypeVar("T")

ACCESS = "acme-files-access"
FORMATS = "acme-formats"
PASSPHRASE = "acme-pfx-passphrase"  # noqa: S105 (the option's name)
DEPLOY = "acme-deploy-command"
FAILURE = "acme-failure-command"
METRICS = "acme-metrics-directory"
OPTIONS = (ACCESS, FORMATS, PASSPHRASE, DEPLOY, FAILURE, METRICS)


class Delivery(NamedTuple):
    """The options' values; what cannot be used is in ``unusable`` by the option's name.

    What an unusable option is about stays as it is, so that no typo takes a service's files away.
    """

    access: FileAccess | None = None
    formats: tuple[str, ...] = ()
    deploy: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    metrics: str = ""
    unusable: frozenset[str] = frozenset()

    @property
    def wants_files(self) -> bool:
        """Whether files are to be given away or made."""
        return bool(self.access or self.formats)

    @property
    def deploys(self) -> bool:
        """Whether changed certificates are handed to a command, be it one that cannot be used."""
        return bool(self.deploy) or DEPLOY in self.unusable


NOTHING = Delivery()


def read(config: Mapping[str, Any]) -> tuple[Delivery, list[InvalidRequest]]:
    """Return what the options say, and what is wrong with them."""
    if options.is_unset(config, *OPTIONS):
        return NOTHING, []
    from layer_lets_encrypt.rules import command, file_access, formats, metrics

    wrong: dict[str, InvalidRequest] = {}

    def take(option: str, parse: Callable[[Any], T], instead: T) -> T:
        try:
            return parse(config.get(option))
        except InvalidRequest as error:
            wrong[option] = error
            return instead

    none: tuple[str, ...] = ()
    access = take(ACCESS, file_access.parse_access, None)
    forms = take(FORMATS, formats.parse_formats, none)
    take(PASSPHRASE, formats.parse_passphrase, "")
    deploy = take(DEPLOY, lambda value: command.parse_command(DEPLOY, value), none)
    failure = take(FAILURE, lambda value: command.parse_command(FAILURE, value), none)
    folder = take(METRICS, metrics.parse_directory, "")
    found = Delivery(access, forms, deploy, failure, folder, frozenset(wrong))
    return found, list(wrong.values())
