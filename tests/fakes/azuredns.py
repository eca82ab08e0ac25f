"""Azure's resource manager for DNS zones and Microsoft's token endpoint, from their references."""

import json

from fakes.misbehaviour import Answer, Fault, Refusal
from fakes.zones import ZoneFake

WORDS = {
    Fault.CREDENTIALS: (
        403,
        "AuthorizationFailed",
        "The client does not have authorization to perform action 'Microsoft.Network/dnsZones/A/write'",
    ),
    Fault.ZONE: (
        404,
        "ResourceNotFound",
        "The Resource 'Microsoft.Network/dnsZones/x' was not found.",
    ),
    Fault.EXISTS: (
        412,
        "PreconditionFailed",
        "The Record set exists already and hence cannot be created again.",
    ),
    Fault.GONE: (404, "NotFound", "The resource record was not found."),
    Fault.INVALID: (400, "BadRequest", "The value of the record is not valid:"),
    Fault.QUOTA: None,
    Fault.THROTTLED: (429, "TooManyRequests", "The request is being throttled."),
    Fault.MAINTENANCE: (503, "ServiceUnavailable", "The service is unavailable."),
}
TENANT, CLIENT = "11111111-aaaa-4bbb-8ccc-222222222222", "33333333-dddd-4eee-8fff-444444444444"
SUBSCRIPTION, GROUP = "55555555-aaaa-4bbb-8ccc-666666666666", "home group"
VERSION = "2018-05-01"
FIELDS = {"A": ("ARecords", "ipv4Address"), "AAAA": ("AAAARecords", "ipv6Address")}


class Fake(ZoneFake):
    """The DNS zones of one resource group.

    Attributes:
        origin: how the host is reached, where that is not its own URL.
        private: the names of the zones that are private.
        aliases: the names that are aliases of a resource.
        etags: name and type mapped to how often that record set was written.
        tokens: those that were given out, with the time at which each ends.
    """

    secret = "8Q~s3cret-4f7Xq"
    ttl = (1, 2**31 - 1)

    def __init__(self):
        super().__init__()
        self.origin = ""
        self.private = set()
        self.aliases = set()
        self.etags = {}
        self.tokens = {}
        self.page = 100

    def settings(self, **others):
        return {
            "tenant_id": TENANT,
            "client_id": CLIENT,
            "client_secret": self.secret,
            "subscription_id": SUBSCRIPTION,
            "authority": self.url,
            "base_url": self.url,
            **others,
        }

    def is_write(self, request):
        return request.method in {"PUT", "PATCH", "DELETE"}

    def refusal(self, fault, detail=""):
        if WORDS[fault] is None:
            return None
        status, code, message = WORDS[fault]
        return self._error(status, code, f"{message} {detail}".strip())

    def _error(self, status, code, message):
        return Answer.of({"error": {"code": code, "message": message}}, status)

    def answer(self, request):
        if request.path == f"/{TENANT}/oauth2/v2.0/token":
            return self._grant(request)
        if request.path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            return self._discovered()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) <= self.clock.now():
            return self._error(
                401, "ExpiredAuthenticationToken", f"The access token expiry is in the past. {token}"
            )
        if request.query.get("api-version") != VERSION:
            return self._error(400, "InvalidApiVersionParameter", "The api-version is invalid.")
        return super().answer(request)

    def authenticate(self, request):
        """Leave it to the token, which was looked at before."""

    def _discovered(self):
        above = f"{self.origin or self.url}/{TENANT}"
        words = {"token_endpoint": f"{above}/oauth2/v2.0/token", "issuer": f"{above}/v2.0"}
        return Answer.of({**words, "authorization_endpoint": f"{above}/oauth2/v2.0/authorize"})

    def _grant(self, request):
        form = request.form
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            return self._no("invalid_request", "AADSTS900144: The request body must contain 'grant_type'.")
        if form.get("grant_type") != "client_credentials" or form.get("client_id") != CLIENT:
            return self._no("unauthorized_client", "AADSTS700016: Application was not found in the directory")
        if form.get("client_secret") != self.secret:
            return self._no(
                "invalid_client", f"AADSTS7000215: Invalid client secret {form.get('client_secret')}"
            )
        if form.get("scope") != f"{self.origin or self.url}/.default":
            return self._no(
                "invalid_scope", f"AADSTS70011: The provided scope {form.get('scope')} is not valid."
            )
        token = f"eyJ0.t0ken-{len(self.tokens)}"
        self.tokens[token] = self.clock.now() + 3599
        return Answer.of({"token_type": "Bearer", "expires_in": 3599, "access_token": token})

    def _no(self, error, description):
        return Answer.of({"error": error, "error_description": description, "error_codes": [1]}, 401)

    def route(self, request):
        words = request.path.split("/")[1:]
        if words[:2] != ["subscriptions", SUBSCRIPTION]:
            return self._error(404, "SubscriptionNotFound", "The subscription could not be found.")
        match request.method, [word.lower() for word in words[2:]], words[2:]:
            case "GET", ["providers", "microsoft.network", "dnszones"], _:
                return self._zones(request)
            case method, ["resourcegroups", group, "providers", "microsoft.network", "dnszones", *_], [
                *plain
            ]:
                if group != GROUP.lower():
                    return self._error(
                        404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found."
                    )
                return self._in_group(method, plain[5:], request)
        raise Refusal(Fault.ZONE, request.path)

    def _in_group(self, method, words, request):
        match method, words:
            case "GET", []:
                return self._zones(request)
            case "GET", [zone, "recordsets" | "all"]:
                return self._listed(self._sets(self.zone_named(zone)), request)
            case "GET", [zone, type_, owner]:
                name = self.whole(owner, self.zone_named(zone))
                self._held(name, type_)
                return Answer.of(self._shown(name, type_))
            case "PUT", [zone, type_, owner]:
                return self._put(self.whole(owner, self.zone_named(zone)), type_, request)
            case "DELETE", [zone, type_, owner]:
                return self._delete(self.whole(owner, self.zone_named(zone)), type_, request)
        raise Refusal(Fault.ZONE, request.path)

    def _zones(self, request):
        shown = [
            {
                "id": _id(name),
                "name": name,
                "type": "Microsoft.Network/dnszones",
                "etag": "1",
                "location": "global",
                "properties": {"zoneType": "Private" if name in self.private else "Public"},
            }
            for name in self.zones.values()
        ]
        return self._listed(shown, request)

    def _listed(self, found, request):
        start = int(request.query.get("$skipToken", 0))
        end = start + min(int(request.query.get("$top", self.page)), self.page)
        body = {"value": found[start:end]}
        if end < len(found):
            body["nextLink"] = (
                f"{self.origin or self.url}{request.target.split('?')[0]}?api-version={VERSION}"
            )
            body["nextLink"] += f"&$skipToken={end}"
        return Answer.of(body)

    def _sets(self, zone):
        keys = dict.fromkeys((row.name, row.type) for row in self.find(zone=zone))
        return [self._shown(*key) for key in keys]

    def _shown(self, name, type_):
        rows = self.find(name=name, type=type_)
        list_, field = FIELDS.get(type_, (f"{type_}Records", "value"))
        values = [] if name in self.aliases else [{field: row.content} for row in rows]
        target = {"id": "/subscriptions/s/publicIPAddresses/ip"} if name in self.aliases else {}
        return {
            "id": f"{_id(rows[0].zone)}/{type_}/{rows[0].owner or '@'}",
            "name": rows[0].owner or "@",
            "type": f"Microsoft.Network/dnszones/{type_}",
            "etag": self._etag(name, type_),
            "properties": {
                "fqdn": f"{name}.",
                "TTL": rows[0].ttl,
                list_: values,
                "metadata": rows[0].extra.get("metadata", {}),
                "targetResource": target,
                "provisioningState": "Succeeded",
            },
        }

    def _etag(self, name, type_):
        return f"e7a1-{self.etags.get((name, type_), 0)}"

    def _held(self, name, type_):
        if not (rows := self.find(name=name, type=type_)):
            raise Refusal(Fault.GONE)
        return rows

    def _put(self, name, type_, request):
        was = bool(self.find(name=name, type=type_))
        if was and request.headers.get("if-none-match") == "*":
            raise Refusal(Fault.EXISTS)
        self._match(name, type_, request)
        properties = request.json["properties"]
        list_, field = FIELDS[type_]
        contents = [each[field] for each in properties.get(list_, [])]
        if not contents or name in self.aliases:
            raise Refusal(Fault.INVALID, json.dumps(properties))
        self.replace(name, type_, contents, properties["TTL"], metadata=properties.get("metadata", {}))
        self._written(name, type_)
        return Answer.of(self._shown(name, type_), 200 if was else 201)

    def _delete(self, name, type_, request):
        if not self.find(name=name, type=type_):
            return Answer(204)
        self._match(name, type_, request)
        self.replace(name, type_, [])
        self._written(name, type_)
        return Answer(200)

    def _match(self, name, type_, request):
        wanted = request.headers.get("if-match")
        if wanted and not (self.find(name=name, type=type_) and wanted == self._etag(name, type_)):
            raise Refusal(Fault.EXISTS, f"etag {wanted}")

    def _written(self, name, type_):
        self.etags[(name, type_)] = self.etags.get((name, type_), 0) + 1


def _id(zone):
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network/dnszones/{zone}"
