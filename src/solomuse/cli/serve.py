"""The command that serves the page."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from solomuse.cli.options import AddCommand, add_model, add_soundfont, chosen_soundfont
from solomuse.errors import ConfigError

if TYPE_CHECKING:
    import socket
    from types import FrameType

HOST, PORT = "127.0.0.1", 8765
ITSELF = ("127.0.0.1", "localhost", "[::1]", "::1")
"""Names under which only this machine reaches a server."""


def add_commands(add: AddCommand) -> None:
    """Add it to the command line."""
    serve = add("serve", _serve, "type charts and hear solos in a browser", "solomuse serve --open")
    add_model(serve)
    add_soundfont(serve)
    serve.add_argument("--host", default=HOST, help=f"where it listens; {HOST}: this machine alone")
    serve.add_argument("--port", type=int, default=PORT, help=f"{PORT}; 0 for any that is free")
    serve.add_argument("--open", action="store_true", help="open the page in a browser")


def _serve(arguments: argparse.Namespace) -> int:
    try:
        import uvicorn

        from solomuse.web.app import application
    except ImportError:
        raise ConfigError(
            'the page needs starlette and uvicorn; install them with: pip install "solomuse[serve]"'
        ) from None
    from solomuse.model.folder import load_model
    from solomuse.web.studio import Studio

    class Server(uvicorn.Server):
        """Finishes what is played when told to end, and ends at once when told again."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.should_exit:
                os._exit(0)  # threads cannot be stopped otherwise
            super().handle_exit(sig, frame)

    with _listening(arguments.host, arguments.port) as listener:
        studio = Studio(load_model(arguments.model, precision=arguments.precision), chosen_soundfont(arguments))
        is_own = arguments.host in ITSELF
        app = application(studio, ITSELF if is_own else ["*"])
        shown = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        address = f"http://{shown}:{listener.getsockname()[1]}/"
        print(json.dumps({"address": address}) if arguments.json else f"{address}  (Ctrl-C ends it)", flush=True)
        if not is_own:
            print("solomuse: whoever reaches this machine can use the page; it asks for no password", file=sys.stderr)
        if arguments.open:
            import webbrowser

            webbrowser.open(address)
        with suppress(KeyboardInterrupt):  # the way to end it
            Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    import socket

    if not 0 <= port <= 65_535:
        raise ConfigError(f"port is {port}: expected 1 to 65535, or 0 for any that is free")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            f"{host} port {port}: cannot be listened at ({error.strerror}); choose another --port"
        ) from None
