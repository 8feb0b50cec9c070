from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from solomuse.cli import main
from solomuse.model.folder import Model


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_the_page_is_served_until_it_is_interrupted(random_model: Model) -> None:
    pytest.importorskip("uvicorn", reason="the extra 'serve' is not installed")
    words = [sys.executable, "-m", "solomuse", "serve", "--model", random_model.path, "--port", "0", "--json"]
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    try:
        address = json.loads(process.stdout.readline())["address"]
        with urllib.request.urlopen(address) as answer:
            assert "SoloMuse" in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, ("", ""))


def test_a_second_interrupt_waits_for_no_solo(random_model: Model) -> None:
    pytest.importorskip("uvicorn", reason="the extra 'serve' is not installed")
    words = [sys.executable, "-m", "solomuse", "serve", "--model", random_model.path, "--port", "0", "--json"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port = int(json.loads(process.stdout.readline())["address"].strip("/").rpartition(":")[2])
        long = json.dumps({"chart": "C | F", "choruses": 1000, "takes": 256}).encode()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(
                b"POST /api/solos HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(long)
            )
            assert b"100 Continue" in client.recv(1000)
            client.sendall(long)
            process.send_signal(signal.SIGINT)
            while is_listening(port):
                pass
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        rest = process.communicate()
    assert rest == ("", "")


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str], random_model: Model) -> None:
    pytest.importorskip("uvicorn", reason="the extra 'serve' is not installed")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--model", str(random_model.path), "--port", str(port)]) == 2
    assert f"127.0.0.1 port {port}: cannot be listened at" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--port", "70000"], ["--model", "nowhere"], ["--host", "no.such.host.invalid"]])
def test_what_cannot_be_served_is_told_in_a_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("uvicorn", reason="the extra 'serve' is not installed")
    assert main(["serve", "--port", "0", *words]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_without_a_server_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 2
    assert 'pip install "solomuse[serve]"' in capsys.readouterr().err
