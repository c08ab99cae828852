"""What certbot says and the log does not repeat."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.ca import chatter

ISSUED = """Saving debug log to /var/log/layer-lets-encrypt/web-0/letsencrypt.log
Requesting a certificate for www.example.com

Successfully received certificate.
Certificate is saved at: /etc/letsencrypt/live/www.example.com/fullchain.pem
Key is saved at:         /etc/letsencrypt/live/www.example.com/privkey.pem
This certificate expires on 2027-02-23."""
FAILED = """Certbot failed to authenticate some domains (authenticator: standalone). The CA says:
  Identifier: www.example.com
  Type:   connection
  Detail: no answer

Hint: The Certificate Authority failed to download the challenge files.
Some challenges have failed."""

# As certbot 1.21, 2.1 and 5.8 print it after an issue, and after a failure.
ADVICE = """
These files will be updated when the certificate renews.
Certbot has set up a scheduled task to automatically renew this certificate in the background.

NEXT STEPS:
- The certificate will need to be renewed before it expires. Certbot can automatically renew the \
certificate in the background, but you may need to take steps to enable that functionality. See \
https://certbot.org/renewal-setup for instructions.
- This certificate will not be renewed automatically. Autorenewal of --manual certificates \
requires the use of an authentication hook script (--manual-auth-hook) but one was not provided.
- To non-interactively renew *all* of your certificates, run "certbot renew"
- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
If you like Certbot, please consider supporting our work by:
 * Donating to ISRG / Let's Encrypt:   https://letsencrypt.org/donate
 * Donating to EFF:                    https://eff.org/donate-le
- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile x."""


@pytest.mark.parametrize("said", [ISSUED, FAILED])
def test_advice_that_would_mislead_is_left_out_and_nothing_else(said: str) -> None:
    assert chatter.left_out(said) == said
    assert chatter.left_out(said + ADVICE).strip() == said
