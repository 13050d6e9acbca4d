"""A mail server of another maker, for tests: says its port, then each mail that it takes, as lines of JSON.

Arguments: `starttls`, `tls` or `none`; certificate and key, PEM; account and password ("-": none asked for).
An address that begins with three digits is refused with that answer: 550-5.1.1@example.kz.
"""

import json
import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

mode, certificate, key, account, password = sys.argv[1:6]


def say(**facts):
    print(json.dumps(facts), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local[:3].isdigit():
            code, _, enhanced = local.partition("-")
            return f"{code} {enhanced} <{address}> is not known here".replace("  ", " ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say(
            to=envelope.rcpt_tos,
            tls=session.ssl is not None,
            authenticated=session.authenticated,
            content=envelope.content.decode("utf-8", "replace"),
        )
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    right = (
        isinstance(data, LoginPassword)
        and data.login == account.encode()
        and data.password == password.encode()
    )
    return AuthResult(success=right, handled=False)


context = None
if mode != "none":
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

auth = {}
if account != "-":
    auth = {"auth_required": True, "authenticator": authenticate, "auth_require_tls": mode == "starttls"}


class Server(Controller):
    def factory(self):
        tls = {"tls_context": context, "require_starttls": True} if mode == "starttls" else {}
        return SMTP(self.handler, hostname="mail.example.kz", **tls, **auth)


# The controller looks at its own port when it starts, so that a free one is chosen before.
with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
controller = Server(
    Handler(), hostname="127.0.0.1", port=port, ssl_context=context if mode == "tls" else None
)
controller.start()
say(port=port)
# Whoever started it closes its input to end it.
sys.stdin.read()
controller.stop()
