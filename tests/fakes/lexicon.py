"""dns-lexicon is real; behind it stands the fake PowerDNS, which it reaches with its own `powerdns` provider."""

from fakes import powerdns


class Fake(powerdns.Fake):
    """A server with native zones, as dns-lexicon has it configured."""

    def settings(self, **others):
        return {
            "provider": "powerdns",
            "zone": self.zone,
            "token": self.secret,
            "options": {"pdns_server": self.url},
            **others,
        }
