"""DNS-01 for certbot: Lexicon's providers and httpreq, aborting before the CA is asked.

certbot loads ``authenticator`` alone; it runs ``worker`` with the system's Python, which has
Lexicon and dnspython. ``config`` says what the one configuration file holds.

Pure: config, failure, names, propagation. Gates: dnsgate, lexicongate, httpreq, journal, pipe.
"""
