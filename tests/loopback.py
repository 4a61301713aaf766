"""This machine as tests and benchmarks reach it: ports that nobody listens on, and requests that go through no proxy."""

import socket
import urllib.request

# Also not through a proxy that a test names to see who would go through it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nobody listens on now."""
    for first in range(18500, 60000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


def answers(address: str, *, seconds: float = 10) -> bool:
    """Return whether ``address`` answers with 200 within ``seconds``."""
    try:
        with DIRECT.open(address, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except OSError:  # urllib's own errors are such
        return False


def is_listening(port: int) -> bool:
    """Return whether somebody takes connections on ``port``."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
