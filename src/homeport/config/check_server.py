"""What no single value of the server's part can tell: things written twice, and things that do not parse."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import msgspec

from homeport.config.convert import BROKEN
from homeport.config.findings import Findings, sound
from homeport.config.models import Server
from homeport.model.name import Fqdn


def check_server(findings: Findings, served: Server) -> None:
    if isinstance(served.gateway, msgspec.Struct):
        findings.endpoints("server.gateway.listen", served.gateway.listen)
        _proxies(findings, served.gateway.trusted_proxies)
    if isinstance(served.dns, msgspec.Struct):
        findings.endpoints("server.dns.listen", served.dns.listen)
    if isinstance(served.heartbeat, msgspec.Struct):
        _heartbeat(findings, served.heartbeat.listen)
    zones: dict[Fqdn, int] = {}
    for i, zone in sound(served.zones):
        path = f"server.zones[{i}]"
        if zone.name is not BROKEN and zones.setdefault(zone.name, i) != i:
            findings.fault(
                f"{path}.name",
                f"{zone.name} is written twice; first in line {findings.line(f'server.zones[{zones[zone.name]}]')}",
            )
        names: set[Fqdn] = set()
        for j, nameserver in sound(zone.nameservers):
            if nameserver.name in names:
                findings.fault(f"{path}.nameservers[{j}].name", f"{nameserver.name} is written twice")
            if nameserver.name is not BROKEN:
                names.add(nameserver.name)


def _heartbeat(findings: Findings, listens: Any) -> None:
    findings.endpoints("server.heartbeat.listen", listens)
    ports = {str(text).rpartition(":")[2] for _, text in sound(listens)}
    if len(ports) > 1:
        findings.fault(
            "server.heartbeat.listen", "agents are told one port; listen at the same one everywhere"
        )


def _proxies(findings: Findings, texts: Any) -> None:
    for i, text in sound(texts):
        path = f"server.gateway.trusted_proxies[{i}]"
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            findings.fault(path, "expected an address or a network, as in 10.0.0.0/8")
            continue
        if "/" in text and str(network.network_address) != text.split("/")[0].lower():
            findings.fault(path, f"{text} has bits after its prefix; did you mean {network}?")
