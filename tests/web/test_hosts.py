"""The hosts, as people look for them."""

import re

from homeport.web import hosts


def test_hosts_are_found_by_what_people_call_them():
    """In any language's words; those most people use stand first, and credentials are told of in the language."""
    assert [one.kind for one in hosts.hosts("zh-CN", "阿里云")] == ["alidns"]
    assert [one.kind for one in hosts.hosts("en", "DUCK")] == ["duckdns"]
    assert hosts.hosts("en", "no such host") == []
    assert hosts.hosts("zh-CN")[0].kind == "alidns"
    assert hosts.hosts("en")[0].kind == "cloudflare"
    assert {one.kind for one in hosts.hosts("zh-CN")[-3:]} == set(hosts.ANY)
    assert hosts.host("alidns", "zh-CN").title == "阿里云 · Alibaba Cloud DNS"
    assert hosts.host("homeport", "en").title == "Homeport (a server of your own)"
    assert hosts.host("homeport", "zh-CN").title == "Homeport（自建服务器）"
    assert hosts.host("alidns", "en").title == "Alibaba Cloud DNS"
    assert "RAM 控制台" in hosts.host("alidns", "zh-CN").access
    assert len(hosts.hosts("en")) > 40
    for one in hosts.hosts("en"):
        assert re.match(r"https://[a-z.]+/|$", one.made_at)
