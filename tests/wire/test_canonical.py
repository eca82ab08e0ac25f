"""The pieces are right when they make the signatures that the vendors print in their documentation."""

from hypothesis import given
from hypothesis import strategies as st

from homeport.wire import canonical

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_aws_example():
    """AWS prints a request to IAM and its signature, with the key derived for a day, a region and a service."""
    request = canonical.request(
        "GET",
        "/",
        canonical.query([("Version", "2010-05-08"), ("Action", "ListUsers")]),
        {
            "X-Amz-Date": "20150830T123600Z",
            "Host": "iam.amazonaws.com",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        },
        b"",
    )
    assert canonical.digest(request) == "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59"
    scope = ("20150830", "us-east-1", "iam", "aws4_request")
    key = canonical.derived("AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", *scope)
    made = canonical.signature(key, "AWS4-HMAC-SHA256", request, "20150830T123600Z", "/".join(scope))
    assert made == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"


def test_alibaba_example():
    """Alibaba prints a request to ECS and its signature, made with the secret itself and nothing in between."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"
    query = canonical.query([("RegionId", "cn-shanghai"), ("ImageId", image)])
    request = canonical.request("POST", "/", query, headers, b"")
    made = canonical.signature("YourAccessKeySecret", "ACS3-HMAC-SHA256", request)
    assert made == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    assert canonical.signed_headers(headers) == ";".join(headers)


def test_a_query_is_sorted_as_it_is_encoded():
    """Names and values are encoded first, all but RFC 3986's unreserved characters, and sorted afterwards."""
    pairs = [("b", "x y~*"), ("a", "2"), ("a", "1"), ("a-b", ""), ("中", "/")]
    assert canonical.query(pairs) == "%E4%B8%AD=%2F&a=1&a=2&a-b=&b=x%20y~%2A"
    assert canonical.query([]) == ""


@given(st.dictionaries(st.text("AaXx-", min_size=1, max_size=4), st.text("!:~", min_size=1, max_size=3)))
def test_headers_are_signed_in_the_order_in_which_they_are_named(headers):
    """The order and the case in which headers were given is nobody's business."""
    unique = {name.lower(): value for name, value in headers.items()}
    turned = {name.title(): value for name, value in reversed(unique.items())}
    lines = canonical.request("GET", "/", "", turned, b"").split("\n")
    assert lines[3:-3] == [f"{name}:{unique[name]}" for name in sorted(unique)]
    assert lines[-3:] == ["", ";".join(sorted(unique)), EMPTY]
