"""One tenant's contact that the CA refuses costs nobody the account."""

from __future__ import annotations

from consumers import open_consumer, tenants

REFUSED = "a..b@firm.example"  # well-formed for us, not for the CA


def test_the_next_contact_is_taken_and_the_mistake_is_a_status_of_its_own() -> None:
    with open_consumer("gateway") as site:
        first = {"fqdn": ["one.example.com"], "contact-email": REFUSED}
        second = {"fqdn": ["two.example.com"], "contact-email": "admin@firm.example"}
        site.config(tenants(first, second))
        assert sorted(site.lineages()) == ["one.example.com", "two.example.com"]
        site.hook()
        state, text = site.status()
        assert state == "waiting"
        assert REFUSED in text and "certificates do not depend on it" in text
        site.config(tenants({**first, "contact-email": "ok@firm.example"}, second))
        assert site.status()[0] == "active"
