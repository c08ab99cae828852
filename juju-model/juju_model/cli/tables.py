"""`juju status` and other reports as tables for people."""

from __future__ import annotations


def table(rows):
    """Columns padded to the widest cell."""
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) for row in rows)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def status(data):
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
    applications = [["App", "Version", "Status", "Scale", "Charm", "Rev", "Exposed", "Message"]]
    units = [["Unit", "Workload", "Agent", "Machine", "Public address", "Ports", "Message"]]
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


def unit_row(unit, report):
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
