"""`juju status` and other reports as tables for people."""

from __future__ import annotations

from typing import Any

from ..values import Entry, Model


def table(rows: list[list[Any]]) -> str:
    """Columns padded to the widest cell."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def status(data: Model) -> str:
    """The report for people."""
    head = data["model"]
    parts = [
        table(
            [
                ["Model", "Controller", "Version"],
                [head["name"], head["controller"], head["version"]],
            ]
        )
    ]
    applications: list[list[Any]] = [
        ["App", "Version", "Status", "Scale", "Charm", "Rev", "Exposed", "Message"]
    ]
    units: list[list[Any]] = [
        ["Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"]
    ]
    for name, app in data["applications"].items():
        state = app["application-status"]
        applications.append(
            [
                name,
                app["version"],
                state["current"],
                len(app["units"]),
                app["charm"],
                app["charm-rev"],
                "yes" if app["exposed"] else "no",
                state["message"],
            ]
        )
        units += [unit_row(unit, report) for unit, report in app["units"].items()]
    parts += [table(rows) for rows in (applications, units) if len(rows) > 1]
    return "\n".join(parts)


def unit_row(unit: str, report: Entry) -> list[Any]:
    """One line."""
    workload = report["workload-status"]
    running = report["juju-status"]
    message = workload["message"]
    if running["current"] == "executing":
        message = f"({running['message'].replace('running ', '').replace(' hook', '')}) {message}"
    return [
        unit + ("*" if report["leader"] else ""),
        workload["current"],
        running["current"],
        report["machine"],
        report["public-address"],
        ",".join(report["open-ports"]),
        message,
    ]
