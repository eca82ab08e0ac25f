"""What does not parse or stands twice in the server's part is told as it is loaded."""

from __future__ import annotations


def test_faults_of_a_server(faults):
    """Listeners, proxies, zones and stores are checked as they are loaded, not when they are opened."""
    found = faults("""
        server:
          zones:
            - {name: dyn.example.com, nameservers: [{name: ns1.x}, {name: NS1.x}]}
            - {name: DYN.example.com.}
          gateway:
            listen: ["8053", "[::1:1", "1.2.3.400:1", "a:99999", "::1:1", "127.0.0.1:1", "127.0.0.1:1", "h:0", "h:0"]
            trusted_proxies: [10.0.0.1/8, x]
            tls: {certificate: c.pem}
          store: {kind: ectd}
    """)
    listen = 'homeport.yaml:6: server.gateway.listen[%d]: expected "address:port" ("[address]:port" for IPv6), found "%s"'
    assert found == [
        "homeport.yaml:3: server.zones[0].nameservers[1].name: ns1.x is written twice",
        "homeport.yaml:4: server.zones[1].name: dyn.example.com is written twice; first in line 3",
        listen % (0, "8053"),
        listen % (1, "[::1:1"),
        'homeport.yaml:6: server.gateway.listen[2]: "1.2.3.400:1" does not begin with an IPv4 address',
        listen % (3, "a:99999"),
        listen % (4, "::1:1"),
        "homeport.yaml:6: server.gateway.listen[6]: 127.0.0.1:1 is written twice",
        (
            "homeport.yaml:7: server.gateway.trusted_proxies[0]: 10.0.0.1/8 has bits after its prefix;"
            " did you mean 10.0.0.0/8?"
        ),
        "homeport.yaml:7: server.gateway.trusted_proxies[1]: expected an address or a network, as in 10.0.0.0/8",
        'homeport.yaml:8: server.gateway.tls: the key "key" is missing',
        'homeport.yaml:9: server.store.kind: expected "sqlite", found "ectd"',
    ]


def test_heartbeats_arrive_at_one_port(faults):
    """Agents are told one port, so one it is at every address."""
    found = faults("""
        server:
          heartbeat: {listen: ["0.0.0.0:8054", "[::]:8055", "8054"]}
    """)
    assert found == [
        "homeport.yaml:2: server.heartbeat.listen: agents are told one port; listen at the same one everywhere",
        (
            'homeport.yaml:2: server.heartbeat.listen[2]: expected "address:port" ("[address]:port" for IPv6),'
            ' found "8054"'
        ),
    ]
