"""Print all TXT records of zones: dns_ask.py SERVER/ZONE... (by the system's Python, in a world)"""

import sys

import dns.query
import dns.rdatatype
import dns.zone

for pair in sys.argv[1:]:
    server, name = pair.split("/")
    transfer = dns.query.xfr(server, name, lifetime=10, relativize=False)
    zone = dns.zone.from_xfr(transfer, relativize=False)
    for owner, rdataset in zone.iterate_rdatasets(dns.rdatatype.TXT):
        for one in rdataset:
            print(owner.to_text().rstrip("."), b"".join(one.strings).decode())
