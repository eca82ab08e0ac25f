"""An UPDATE says what it expects and what shall be; only a response that is signed right is believed."""

import dns.message
import dns.rcode
import dns.tsig
import dns.update
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.errors import CredentialsRefused, Unavailable, Unconfirmed
from homeport.model.name import Fqdn
from homeport.model.plan import Change
from homeport.model.rrset import RRset, RRsetKey
from homeport.wire import update

ZONE = Fqdn.parse("example.com")
HOME = RRsetKey.parse("home.example.com A")
SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQ="
SERVER = "192.0.2.53:53"
OLD, NEW = (RRset.of(HOME, f"192.0.2.{host}", ttl=90) for host in (1, 2))


@pytest.mark.parametrize(
    ("before", "after", "prerequisites", "updates"),
    [
        (None, NEW, ["home NONE A", "home NONE CNAME"], ["home ANY A", "home 90 A 192.0.2.2"]),
        (OLD, NEW, ["home A 192.0.2.1", "home NONE CNAME"], ["home ANY A", "home 90 A 192.0.2.2"]),
        (OLD, None, ["home A 192.0.2.1"], ["home ANY A"]),
    ],
)
def test_what_is_asked(before, after, prerequisites, updates):
    """What is there now is a condition, beside a CNAME nothing is added, and an RRset is replaced whole."""
    message = update.update(ZONE, [Change(HOME, before, after)])
    read = dns.message.from_wire(message.to_wire())
    assert [said(each) for each in read.prerequisite] == prerequisites
    assert [said(each, ttl=True) for each in read.update] == updates


def said(rrset, *, ttl=False):
    class_ = {dns.rdataclass.ANY: "ANY", dns.rdataclass.NONE: "NONE"}.get(rrset.deleting)
    seconds = str(rrset.ttl) if ttl and class_ is None else None
    words = [
        "home",
        class_,
        seconds,
        dns.rdatatype.to_text(rrset.rdtype),
        *(rdata.to_text() for rdata in rrset),
    ]
    return " ".join(filter(None, words))


def asked(key):
    request = update.update(ZONE, [Change(HOME, None, NEW)])
    request.use_tsig(key)
    request.to_wire()
    return request


def answered(request, key=None, rcode=dns.rcode.NOERROR):
    response = dns.message.make_response(dns.message.from_wire(request.to_wire(), keyring=False))
    response.set_rcode(rcode)
    if key:
        response.use_tsig(key)
        response.request_mac = request.mac
    return response.to_wire()


def test_who_is_believed():
    """A response signed with the key is; one signed with another, not signed, or no message at all is not."""
    right, other = update.key("k", SECRET, "hmac-sha256"), update.key("k", "b3RoZXI=", "hmac-sha256")
    request = asked(right)
    assert update.verified(answered(request, right), request, right, SERVER, changes=True).rcode() == 0
    for wire in (answered(request, other), answered(request), b"\x00" * 7):
        for changes, error in ((True, Unconfirmed), (False, Unavailable)):
            with pytest.raises(error, match=SERVER):
                update.verified(wire, request, right, SERVER, changes=changes)


def test_an_error_may_come_unsigned():
    """A server that refuses before it looks at keys is heard."""
    key = update.key("k", SECRET, "hmac-sha256")
    request = asked(key)
    wire = answered(request, rcode=dns.rcode.REFUSED)
    assert update.verified(wire, request, key, SERVER, changes=True).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize(
    ("code", "words"), [(dns.rcode.BADKEY, "no key k"), (dns.rcode.BADSIG, "another one")]
)
def test_a_refused_key_is_named(code, words):
    """The reason names the key and never its secret."""
    key = update.key("k", SECRET, "hmac-sha512")
    request = asked(key)
    response = dns.message.make_response(dns.message.from_wire(request.to_wire(), keyring=False))
    response.set_rcode(dns.rcode.NOTAUTH)
    response.use_tsig(key, tsig_error=code)
    with pytest.raises(CredentialsRefused, match=words) as caught:
        update.verified(response.to_wire(), request, key, SERVER, changes=True)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("name", "secret"), [("k", "abc"), ("a..b", SECRET)])
def test_a_key_that_is_none(name, secret):
    """What cannot be a key is one kind of error, whatever is wrong with it."""
    with pytest.raises(ValueError):  # noqa: PT011 -- two libraries word it
        update.key(name, secret, "hmac-sha256")


@given(st.binary(max_size=80))
def test_anything_may_come(wire):
    """No bytes that come back do more than fail."""
    key = update.key("k", SECRET, "hmac-sha256")
    with pytest.raises((Unconfirmed, CredentialsRefused, Unavailable)):
        update.verified(wire, asked(key), key, SERVER, changes=True)
