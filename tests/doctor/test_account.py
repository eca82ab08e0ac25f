"""The service's account."""

import os
import pwd

import pytest

from fakes.patient import FakeWay, agent, findings, ids, patient
from homeport.doctor import account, service
from homeport.doctor.mend import mend
from homeport.system.method import Standing

pytestmark = pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
NOBODY = "nobody"


async def looked(folder, name, **others):
    case = patient(folder, agent(folder))
    case.methods = [FakeWay(Standing(is_installed=True, is_enabled=True, account=name), **others)]
    await findings(service.check, case)
    return case, await findings(account.check, case)


async def test_an_account_that_may_read_it(tmp_path):
    """Root may always."""
    _, found = await looked(tmp_path, "root")
    assert ids(found) == ["account.ok"]


async def test_the_files_of_its_secrets(tmp_path):
    """A file that a secret lies in, and the encrypted store, are read at the start as well."""
    (tmp_path / "token").touch()
    (tmp_path / "secrets.json").touch()
    text = agent(
        tmp_path,
        "  providers:\n    a: {kind: duckdns, token: 'file:token'}\n    b: {kind: duckdns, token: 'secret:b'}\n"
        "    c: {kind: duckdns, token: 'file:gone'}\n",
    )
    case = patient(tmp_path, text)
    case.methods = [FakeWay(Standing(is_installed=True, account="root"))]
    await findings(service.check, case)
    found = await findings(account.check, case)
    assert [each.fields["path"].name for each in found] == ["homeport.yaml", "token", "secrets.json"]


async def test_a_file_that_systemd_reads_for_it(tmp_path):
    """The account need not be able to; one that the unit does not name it has to read itself."""
    text = agent(tmp_path, "  providers:\n    a: {kind: duckdns, token: 'file:token'}\n")
    (tmp_path / "token").touch()
    for handed, wanted in (((), ["homeport.yaml", "token"]), ((str(tmp_path / "token"),), ["homeport.yaml"])):
        case = patient(tmp_path, text)
        case.methods = [FakeWay(Standing(is_installed=True, account="root", handed=handed))]
        await findings(service.check, case)
        found = await findings(account.check, case)
        assert [each.fields["path"].name for each in found] == wanted


async def test_an_account_that_is_not_there(tmp_path):
    """The account that systemd makes is there while the unit runs."""
    _, found = await looked(tmp_path, "no-such-account")
    assert ids(found) == ["account.unknown"]


async def test_a_folder_on_the_way_is_shut(tmp_path):
    """It is the folder that is named, for the file's own mode would not help."""
    tmp_path.chmod(0o700)
    _, found = await looked(tmp_path, NOBODY)
    assert ids(found) == ["account.folder"]


async def test_a_scope_of_one_s_own_is_not_looked_at(tmp_path):
    """Who starts it for himself reads with his own eyes."""
    _, found = await looked(tmp_path, NOBODY, scope="user")
    assert found == []


async def test_root_s_file_is_given_to_the_service(tmp_path):
    """Nobody loses it, for root reads everything; afterwards the account may."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED, NOT TESTED: only root gives files away")
    case, _ = await looked(tmp_path, NOBODY)
    shut = account.Account(NOBODY, pwd.getpwnam(NOBODY).pw_uid, frozenset())
    case.path.chmod(0o600)
    found = account._obstacle(shut, case.path, {"kind": "k", "account": NOBODY})
    if found.said is account.SHUT_FOLDER:  # the folders above are this test run's own: look at the file alone
        assert not shut.may(case.path, 4)
        found = account.SHUT_FILE.found(account.Fix("give it", lambda: account._give(case.path, shut)))
    assert mend([found])[0].startswith("mended")
    assert case.path.stat().st_uid == shut.uid
    assert shut.may(case.path, 4)


def test_rights_by_owner_group_and_others(tmp_path):
    """The owner's bits count for the owner, although others may have more."""
    path = tmp_path / "x"
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, 4242, 4343)
    uid, gid = path.stat().st_uid, path.stat().st_gid
    for mode, who, groups, may in [
        (0o400, uid, (), True),
        (0o044, uid, (gid,), False),
        (0o040, uid + 1, (gid,), True),
        (0o040, uid + 1, (), False),
        (0o004, uid + 1, (), True),
    ]:
        path.chmod(mode)
        assert account.Account("x", who, frozenset(groups)).may(path, 4) is may, oct(mode)
