"""The configuration of nginx before one or several web processes, made from what the product needs of it."""

from collections.abc import Sequence

COOKIE = "county_process"
"""Keeps a browser with its process: a session's state, its media and its websocket live there."""


def nginx_configuration(
    ports: Sequence[int], *, name: str = "_", listen: str = "80", certificate: str = "", key: str = "", address: str = "127.0.0.1"
) -> str:
    """Return a file for ``/etc/nginx/conf.d``: sticky by a cookie of nginx's own, websockets passed on, a process that died left out.

    Args:
        ports: the ports of the web processes on ``address``.
        name: the host name that browsers use.
        listen: what nginx listens on; with a certificate add ``443`` here.
        certificate: file of the certificate chain; empty for no TLS.
        key: file of the certificate's key.
        address: where the web processes listen.
    """
    secure = bool(certificate)
    servers = "\n".join(f"    server {address}:{port} max_fails=1 fail_timeout=5s;" for port in ports)
    tls = f"\n    ssl_certificate {certificate};\n    ssl_certificate_key {key};\n    ssl_protocols TLSv1.2 TLSv1.3;" if secure else ""
    flags = "; Secure" if secure else ""
    return f"""# Made by `python -m dashboard proxy-config`; make it again after an upgrade. Needs nginx 1.18 or newer.
# A browser without the cookie gets one with its first answer and stays with the process that the cookie leads to.
map $http_upgrade $county_connection {{
    default upgrade;
    ''      '';
}}
map $cookie_{COOKIE} $county_sticky {{
    default $cookie_{COOKIE};
    ''      $request_id;
}}
map $cookie_{COOKIE} $county_set_cookie {{
    default '';
    ''      '{COOKIE}=$request_id; Path=/; HttpOnly; SameSite=Lax{flags}';
}}
upstream county_dashboard {{
    hash $county_sticky consistent;
{servers}
    keepalive 32;
}}
server {{
    listen {listen}{" ssl" if secure else ""};
    server_name {name};{tls}
    client_max_body_size 1m;
    server_tokens off;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $county_connection;
    proxy_buffering on;
    gzip on;
    gzip_types text/css application/javascript application/json image/svg+xml;
    add_header Set-Cookie $county_set_cookie;

    # These tell about the machine, and are for it alone.
    location = /metrics {{ return 403; }}
    location /_stcore/metrics {{ return 403; }}

    # A page that moved to another process asks here for pictures that live there.
    location /media/ {{
        proxy_pass http://county_dashboard;
        proxy_next_upstream error timeout http_403 http_404;
    }}
    location / {{
        proxy_pass http://county_dashboard;
        proxy_read_timeout 1h;
        proxy_send_timeout 1h;
        proxy_connect_timeout 3s;
        proxy_next_upstream error timeout;
    }}
}}
"""
