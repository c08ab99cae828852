"""How certificates are obtained, renewed and looked after: values in, values out.

Nothing in this package knows Juju. ``layer_lets_encrypt.juju.hook`` feeds it the
unit's configuration and turns what comes back into flags and statuses.
"""
