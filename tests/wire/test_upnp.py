"""UPnP's documents: descriptions, answers, events, and what pretends to be one."""

import contextlib
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.attempt import attempt
from fakes.router import BOMB, IP, PPP, Router, Service, document, propertyset, soap_answer, soap_fault
from homeport.wire import upnp, xml

URL = "http://192.168.7.1:5000/desc/igd.xml"


def described(*services, base="", url=URL):
    router = Router("192.168.7.1", services=list(services), base=base)
    return upnp.description(router.described(), url)


@pytest.mark.parametrize(
    ("control", "leads_to"),
    [
        ("/ctl", "http://192.168.7.1:5000/ctl"),
        ("ctl", "http://192.168.7.1:5000/desc/ctl"),
        ("http://192.168.7.1:6000/ctl", "http://192.168.7.1:6000/ctl"),
    ],
)
def test_a_control_url_may_be_relative_or_absolute(control, leads_to):
    """Both are met; another port of the same host is fine."""
    [service] = described(Service(control=control)).services
    assert service == upnp.Service(IP, leads_to, "http://192.168.7.1:5000/evt")


def test_a_url_base_counts_when_it_is_the_routers():
    """Version 1 descriptions have one."""
    [service] = described(Service(control="ctl"), base="http://192.168.7.1:7000/x/").services
    assert service.control == "http://192.168.7.1:7000/x/ctl"


@pytest.mark.parametrize(
    "base", ["http://10.9.9.9/", "http://0.0.0.0:80/", "nonsense", "http://[", "file:///etc/"]
)
def test_a_url_base_that_leads_elsewhere_is_ignored(base):
    """Routers get it wrong, and forgers choose it."""
    [service] = described(Service(), base=base).services
    assert service.control == "http://192.168.7.1:5000/ctl"


@pytest.mark.parametrize(
    "control",
    ["http://10.9.9.9/ctl", "//10.9.9.9/ctl", "file:///etc/passwd", "http://[", "http://192.168.7.1:x/"],
)
def test_a_control_url_that_leads_elsewhere_is_no_service(control):
    """Whoever forges a description does not choose whom we ask."""
    assert described(Service(control=control)).services == ()


def test_events_that_lead_elsewhere_are_left_out():
    """The service is asked all the same."""
    [service] = described(Service(events="http://10.9.9.9/evt")).services
    assert service.events == ""


def test_a_service_of_ip_is_asked_before_one_of_ppp():
    """And those that know nothing of the connection not at all."""
    other = "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1"
    two = "urn:schemas-upnp-org:service:WANIPConnection:2"
    found = described(Service(PPP, "/ppp"), Service(other), Service(two, "/ip")).services
    assert [service.kind for service in found] == [two, PPP]


def test_a_question_names_its_service():
    """As the router calls it: a version 2 device with a version 1 service is asked by version 1."""
    headers, body = upnp.question(upnp.Service(IP, URL, ""), "GetExternalIPAddress")
    assert headers["SOAPAction"] == f'"{IP}#GetExternalIPAddress"'
    assert f'<u:GetExternalIPAddress xmlns:u="{IP}">'.encode() in body
    xml.parse(body)


def test_an_answer_is_read_whatever_its_prefixes():
    """Half of the routers get namespaces wrong, and some end their documents with a NUL."""
    body = soap_answer(IP, "GetExternalIPAddress", "NewExternalIPAddress", " 9.1.2.3 ")
    for data in (body, body.replace(b"u:", b"m:").replace(b"xmlns:s=", b"xmlns:t="), body + b"\0\r\n"):
        assert upnp.answered(data, "GetExternalIPAddress") == {"NewExternalIPAddress": "9.1.2.3"}


def test_a_fault_is_told_with_its_code():
    """The router's own words, as far as they are short."""
    with pytest.raises(upnp.Fault, match="501 Action Failed") as caught:
        upnp.answered(soap_fault(501, "Action Failed"), "GetExternalIPAddress")
    assert caught.value.code == 501
    with pytest.raises(upnp.Fault) as caught:
        upnp.answered(soap_fault("none", "x" * 1000), "GetExternalIPAddress")
    assert len(str(caught.value)) < 100


def test_an_event_tells_its_variables():
    """Each property holds one or more."""
    told = upnp.changed(propertyset({"ExternalIPAddress": "9.1.2.3", "ConnectionStatus": "Connected"}))
    assert told == {"ExternalIPAddress": "9.1.2.3", "ConnectionStatus": "Connected"}
    with pytest.raises(ValueError, match="no event"):
        upnp.changed(b"<propertysets/>")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (BOMB, "document type"),
        (b'<!DOCTYPE root SYSTEM "http://10.9.9.9/x.dtd"><root/>', "document type"),
        (b"<html><body>Welcome<br></body></html>", "no XML"),
        (b"", "no XML"),
        (b"<a>" * 1000, "levels"),
        (document(b" " * xml.LARGEST), "bytes"),
        (b"<html></html>", "where a description was expected"),
        (b'<?xml version="1.0" encoding="nonsense"?><root/>', "no XML"),
    ],
)
def test_what_is_no_description(data, why):
    """An entity bomb, a page, an empty answer, a huge one: refused in a sentence, never expanded or fetched."""
    with pytest.raises(ValueError, match=why):
        upnp.description(data, URL)


def test_a_document_of_another_answer_is_refused():
    """What answers another question is no answer."""
    with pytest.raises(ValueError, match="GetExternalIPAddressResponse was expected"):
        upnp.answered(soap_answer(IP, "GetStatusInfo", "NewUptime", "5"), "GetExternalIPAddress")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("Second-1800", 1800), ("second-60", 60), ("infinite", 300), ("", 300), ("Second-0", 300)],
)
def test_how_long_a_subscription_holds(text, seconds):
    """What cannot be read, and what never ends, is renewed as if it were what was asked for."""
    assert upnp.granted(text, 300) == seconds


@given(st.binary(max_size=200) | st.text(alphabet="<>/ab&;:='\" ", max_size=60).map(str.encode))
def test_any_document_is_read_or_refused(data):
    """Nothing that arrives ends in another error than ValueError, which says what the router did."""
    service = document(b"<service><controlURL>" + data + b"</controlURL></service>")
    for read in (
        lambda: xml.parse(data),
        lambda: upnp.changed(data),
        lambda: upnp.answered(data, "X"),
        lambda: upnp.description(service, URL),
    ):
        found, why = attempt(read)
        assert why.startswith(("sends ", "refuses: ")) if why else found is not None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_url_of_a_description_leads_elsewhere(control, base):
    """Whatever a description says, we ask nobody but its sender."""
    service = f"<service><serviceType>{IP}</serviceType><controlURL>{{}}</controlURL></service>"
    escaped = control.encode("ascii", "xmlcharrefreplace").decode().replace("<", "").replace("&", "")
    data = f"<URLBase>{base.encode('ascii', 'ignore').decode().replace('<', '').replace('&', '')}</URLBase>"
    with contextlib.suppress(ValueError):
        for found in upnp.description(document((data + service.format(escaped)).encode()), URL).services:
            assert urlsplit(found.control).hostname == "192.168.7.1"
