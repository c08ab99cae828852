"""Stand-ins for the APIs of five DNS providers, which answer as their documentation says.

They listen at the providers' own host names inside a world, and publish through its PowerDNS. The
real services were not called.
"""
