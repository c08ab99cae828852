"""Stand-ins for the APIs of five DNS providers, after Lexicon's code and what is known of them.

They listen at the providers' own host names inside a world, and publish through its PowerDNS. The
real services were not called.
"""
