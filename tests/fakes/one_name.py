"""An agent with one name: a fixed address, published at a DuckDNS for which nobody answers."""

from homeport.agent import Loaded
from homeport.config import models
from homeport.detectors.static import Settings as Static
from homeport.model.name import Fqdn
from homeport.model.rrset import RRType
from homeport.model.secret import Secret
from homeport.providers.duckdns import Settings as Duck

NAME = Fqdn.parse("home.duckdns.org")


def settings(address="8.8.8.8", **more):
    return models.Agent(
        addresses={"fixed": models.AddressSource(detect=(Static(address=(address,)),))},
        records=(models.Record(name=NAME, types=(RRType.A,), address="fixed", provider="duck"),),
        providers={"duck": Duck(token=Secret.literal("t"), base_url="http://127.0.0.1:1")},
        **more,
    )


def loaded(tmp_path, again=None, **more):
    return Loaded(settings(**more), tmp_path / "state", None, again or settings)
