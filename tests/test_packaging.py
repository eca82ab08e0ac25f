"""What people download is described truly: every manifest parses, agrees with the version, and names real files."""

import ast
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib.machinery import SourceFileLoader
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import homeport
from fakes.programs import Folder
from homeport.cli import COMMANDS
from homeport.config.paths import ENVIRONMENT

TOP = Path(__file__).resolve().parents[1]
PACKAGING = TOP / "packaging"
REPOSITORY = "https://example.com/someone/homeport"
WXS = "{http://schemas.microsoft.com/wix/2006/wi}"
MANIFESTS = [TOP / "compose.yaml", *sorted((PACKAGING / "kubernetes").glob("*.yaml"))]
WORKFLOW = TOP / ".github" / "workflows" / "release.yml"


def yaml(text):
    """Return the documents of a YAML text."""
    from ruamel.yaml import YAML

    return [each for each in YAML(typ="safe").load_all(text) if each]


def script(path):
    """Return a script of the repository as a module."""
    name = path.stem.replace("-", "_")
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(path)))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def windows_package():
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield script(TOP / "tools" / "windows-package")
    sys.dont_write_bytecode = before


def of_kind(path, kind):
    [found] = [each for each in yaml(path.read_text()) if each["kind"] == kind]
    return found


# The image.


def dockerfile():
    """Return the instructions of the Dockerfile, each with its words, continued lines joined."""
    text = re.sub(r"\\\n", " ", (TOP / "docker" / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_image_runs_as_nobody_in_particular():
    """The last stage drops to a number that is not root, owns its state alone, and says whether it is well."""
    last = dockerfile()[max(i for i, each in enumerate(dockerfile()) if each[0] == "FROM") :]
    kinds = dict(last)
    assert kinds["USER"] == "65532:65532"
    assert kinds["ENTRYPOINT"] == '["homeport"]'
    assert json.loads(kinds["CMD"])[0] in COMMANDS
    assert kinds["VOLUME"] == "/var/lib/homeport"
    assert "homeport-healthcheck" in kinds["HEALTHCHECK"]
    assert "HOME=/var/lib/homeport" in kinds["ENV"]


def test_the_image_takes_only_pinned_packages():
    """Every pip that reaches out checks hashes; every other one is kept from reaching out."""
    commands = [step for kind, words in dockerfile() if kind == "RUN" for step in words.split("&&")]
    pips = [step for step in commands if re.search(r"\bpip\b.* (install|wheel)\b", step)]
    assert len(pips) == 4
    for step in pips:
        assert ("--require-hashes" in step and "--only-binary :all:" in step) or "--no-index" in step, step


def test_the_builder_gets_what_the_dockerfile_copies():
    """What `COPY` names is there, and .dockerignore lets it through."""
    wanted = [
        word
        for kind, words in dockerfile()
        if kind == "COPY" and "--from" not in words
        for word in words.split()[:-1]
    ]
    let_through = (TOP / ".dockerignore").read_text().splitlines()
    for path in wanted:
        assert (TOP / path).exists()
        assert f"!{path}" in let_through


def test_the_health_check_tells_whether_somebody_answers(tmp_path):
    """Status 1 and a sentence while nothing runs, 0 while a server does."""
    check = TOP / "docker" / "healthcheck.py"
    env = dict(ENVIRONMENT) | {"STATE_DIRECTORY": str(tmp_path)}

    def ask():
        return subprocess.run([sys.executable, check], env=env, capture_output=True, text=True, check=False)

    silent = ask()
    assert (silent.returncode, silent.stdout) == (1, f"neither an agent nor a server runs in {tmp_path}\n")
    folder = Folder(tmp_path, env)
    folder.write(
        "homeport.yaml",
        'server: {zones: [], gateway: {listen: "127.0.0.1:0"}, dns: {listen: "127.0.0.1:0"}}',
    )
    with folder.running("serve", log="log"):
        folder.wait_for("log", "server.started")
        heard = ask()
        assert (heard.returncode, heard.stdout) == (0, "well\n")


# Compose and Kubernetes.


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_images_have_this_version(path):
    """No manifest starts another version than the one it lies beside, nor `latest`."""
    images = re.findall(r"image: (\S+)", path.read_text())
    assert images
    assert set(images) == {f"homeport:{homeport.__version__}"}


def test_compose_services_are_shut_in():
    """Each runs a command there is, on a read-only root, without capabilities, and keeps its state."""
    [compose] = yaml((TOP / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert service["command"][0] in COMMANDS, name
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert any(volume.endswith(":/var/lib/homeport") for volume in service["volumes"])


@pytest.mark.parametrize(("name", "kind"), [("server.yaml", "Deployment"), ("once.yaml", "CronJob")])
def test_kubernetes_pods_are_shut_in(name, kind):
    """Neither root nor capabilities nor a writable root, and a command there is."""
    found = of_kind(PACKAGING / "kubernetes" / name, kind)["spec"]
    pod = (found["jobTemplate"]["spec"] if kind == "CronJob" else found)["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsUser"] == 65532
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["args"][0] in COMMANDS
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in pod["volumes"]}


def test_the_store_has_one_owner_in_kubernetes():
    """SQLite is one process's: one replica, and the old one goes first; rounds do not overlap."""
    deployment = of_kind(PACKAGING / "kubernetes" / "server.yaml", "Deployment")["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    assert of_kind(PACKAGING / "kubernetes" / "once.yaml", "CronJob")["spec"]["concurrencyPolicy"] == "Forbid"


@pytest.mark.parametrize("name", ["server.yaml", "once.yaml"])
def test_the_configuration_of_the_manifests_loads(name, tmp_path):
    """The file in each ConfigMap is one that `homeport config check` takes."""
    text = of_kind(PACKAGING / "kubernetes" / name, "ConfigMap")["data"]["homeport.yaml"]
    path = tmp_path / "homeport.yaml"
    path.write_text(text)
    done = Folder(tmp_path, dict(ENVIRONMENT) | {"CF_TOKEN": "x"}).run("config", "check", check=False)
    assert done.returncode == 0, done.stderr


# Windows.


def test_the_msi_describes_every_file(windows_package, tmp_path):
    """One component a file, in its folder, with an identity that stays the same when others come and go."""
    folder = tmp_path / "homeport"
    (folder / "_internal" / "dns").mkdir(parents=True)
    for name in ("homeport.exe", "homeportw.exe", "_internal/python311.dll", "_internal/dns/x.pyd"):
        (folder / name).touch()
    template = (PACKAGING / "windows" / "homeport.wxs").read_text()
    before = ET.fromstring(windows_package.description(folder, template, None))
    (folder / "_internal" / "a.dll").touch()
    after = ET.fromstring(windows_package.description(folder, template, "https://example.net/homeport"))
    assert guids(before).items() < guids(after).items()
    assert set(guids(after)) - set(guids(before)) == {str(Path("homeport/_internal/a.dll"))}
    referred = {each.get("Id") for each in after.iter(f"{WXS}ComponentRef")}
    assert referred == {each.get("Id") for each in after.iter(f"{WXS}Component")}
    links = [
        [each.get("Value") for each in tree.iter(f"{WXS}Property") if each.get("Id") == "ARPHELPLINK"]
        for tree in (before, after)
    ]
    assert links == [[], ["https://example.net/homeport"]]
    actions = {each.get("FileKey") for each in after.iter(f"{WXS}CustomAction")}
    assert actions == {
        each.get("Id") for each in after.iter(f"{WXS}File") if each.get("Name") == "homeport.exe"
    }


def guids(tree):
    components = [(each, each.find(f"{WXS}File")) for each in tree.iter(f"{WXS}Component")]
    return {file.get("Source"): component.get("Guid") for component, file in components if file is not None}


def test_the_start_menu_opens_the_program():
    """Without words, so that it asks; with the icon, which holds a picture of every size Windows wants."""
    tree = ET.parse(PACKAGING / "windows" / "homeport.wxs")
    [entry] = tree.iter(f"{WXS}Shortcut")
    assert (entry.get("Target"), entry.get("Arguments")) == ("[INSTALLDIR]homeport.exe", None)
    assert entry.get("Directory") in {each.get("Id") for each in tree.iter(f"{WXS}Directory")}
    assert entry.get("Icon") in {each.get("Id") for each in tree.iter(f"{WXS}Icon")}
    icon = (PACKAGING / "windows" / "homeport.ico").read_bytes()
    assert icon[:4] == b"\0\0\1\0"
    sizes = [icon[6 + 16 * number] or 256 for number in range(icon[4])]
    assert sizes == [16, 20, 24, 32, 48, 64, 256]


def test_the_msi_calls_commands_there_are():
    """`service start` and `service uninstall`, with options they have."""
    from click.testing import CliRunner

    from homeport.cli import main

    tree = ET.parse(PACKAGING / "windows" / "homeport.wxs")
    calls = [each.get("ExeCommand").split() for each in tree.iter(f"{WXS}CustomAction")]
    assert {tuple(call[:2]) for call in calls} == {("service", "start"), ("service", "uninstall")}
    for call in calls:
        assert CliRunner().invoke(main, [*call, "--help"]).exit_code == 0


def test_the_msi_knows_both_services():
    """A server whose files are replaced under it, or removed, would not come up after the next start of the machine."""
    from homeport.system.windows import name_of

    tree = ET.parse(PACKAGING / "windows" / "homeport.wxs")
    names = {name_of("run"), name_of("serve")}
    assert {each.get("Name") for each in tree.iter(f"{WXS}ServiceControl")} == names
    found = {each.get("Id"): each.find(f"{WXS}RegistrySearch") for each in tree.iter(f"{WXS}Property")}
    searches = {key: each.get("Key").rpartition("\\")[2] for key, each in found.items() if each is not None}
    assert set(searches.values()) == names
    secure = (PACKAGING / "windows" / "homeport.sql").read_text()
    for known in searches:
        assert all(known in each.text for each in tree.iter(f"{WXS}Custom"))
        assert known in secure


def test_windows_gets_its_own_pins(windows_package):
    """What only Windows needs is pinned without a condition, what only macOS needs is left out; hashes stay."""
    pins = windows_package.for_windows((TOP / "requirements-freeze.txt").read_text())
    assert re.search(r"^pefile==\S+ \\\n    --hash=sha256:", pins, re.MULTILINE)
    assert "macholib==" not in pins
    assert "sys_platform" not in pins


def test_the_version_is_read_without_an_import(windows_package):
    """The tools and the package agree on what it is."""
    assert windows_package.current_version() == homeport.__version__
    assert script(PACKAGING / "fill.py").version() == homeport.__version__


def test_the_spec_is_python():
    """PyInstaller could read it, and takes no licence from those who hand it on."""
    text = (PACKAGING / "windows" / "homeport.spec").read_text()
    ast.parse(text)
    assert '"LICENSE"' in text


# Debian, Homebrew, winget, scoop.


def test_the_debian_package_has_this_version():
    """The first entry of its changelog is what is packed."""
    first = (PACKAGING / "debian" / "changelog").read_text().splitlines()[0]
    assert re.fullmatch(rf"homeport \({re.escape(homeport.__version__)}\) \w+; urgency=\w+", first)


@pytest.mark.parametrize("name", ["build", "postinst", "prerm"])
def test_scripts_of_the_debian_package_parse(name):
    """A shell takes them, and they may be run."""
    path = PACKAGING / "debian" / name
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0
    assert path.stat().st_mode & 0o111


@pytest.fixture
def filled(tmp_path):
    """The manifests of a release whose files hold their own names."""
    assets = tmp_path / "assets"
    assets.mkdir()
    for name in ("source.tar.gz", "x64.zip", "x64.msi"):
        path = assets / f"homeport-{homeport.__version__}-{name}"
        path.write_text(path.name)
    command = [sys.executable, PACKAGING / "fill.py", REPOSITORY, assets, tmp_path / "made"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_text() for path in (tmp_path / "made").rglob("*") if path.is_file()}


def asset(name):
    whole = f"homeport-{homeport.__version__}-{name}"
    url = f"{REPOSITORY}/releases/download/v{homeport.__version__}/{whole}"
    return url, hashlib.sha256(whole.encode()).hexdigest()


def test_manifests_name_the_release_and_its_hashes(filled):
    """Each says where its file lies and what its hash is, and no place is left to fill."""
    scoop = json.loads(filled["homeport.json"])
    program = scoop["architecture"]["64bit"]
    assert (program["url"], program["hash"]) == asset("x64.zip")
    assert scoop["version"] == homeport.__version__
    [installer] = yaml(filled["Homeport.Homeport.installer.yaml"])
    [one] = installer["Installers"]
    assert (one["InstallerUrl"], one["InstallerSha256"]) == asset("x64.msi")
    formula = filled["homeport.rb"]
    assert re.findall(r'^  (?:url|sha256) "(.+)"$', formula, re.MULTILINE) == list(asset("source.tar.gz"))
    assert not [name for name, text in filled.items() if re.search(r"@[A-Z]", text)]


def test_winget_finds_what_the_msi_installs(filled):
    """Three files of one package and version, and the upgrade code is the MSI's."""
    manifests = [yaml(text)[0] for name, text in filled.items() if name.startswith("Homeport.")]
    assert {each["ManifestType"] for each in manifests} == {"version", "installer", "defaultLocale"}
    assert {each["PackageVersion"] for each in manifests} == {homeport.__version__}
    assert {each["PackageIdentifier"] for each in manifests} == {"Homeport.Homeport"}
    [installer] = [each for each in manifests if each["ManifestType"] == "installer"]
    product = ET.parse(PACKAGING / "windows" / "homeport.wxs").getroot().find(f"{WXS}Product")
    assert installer["AppsAndFeaturesEntries"][0]["UpgradeCode"] == product.get("UpgradeCode")


def test_no_hash_is_made_up(tmp_path):
    """A release that lacks a file is refused, with its name."""
    command = [sys.executable, PACKAGING / "fill.py", REPOSITORY, tmp_path, tmp_path / "made"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"homeport-{homeport.__version__}-source.tar.gz, which is not there" in done.stderr


def test_manifests_have_no_host_of_their_own():
    """Where a release lies is told to them: none is written down."""
    for path in (*PACKAGING.rglob("*.in"), PACKAGING / "fill.py"):
        assert "://" not in path.read_text(), path


# The workflow.


def test_the_workflow_runs_what_is_there():
    """Every script that it starts lies in the repository, and no job has more rights than it says."""
    text = WORKFLOW.read_text()
    [workflow] = yaml(text)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        assert "permissions" in job, name
        assert set(
            [job.get("needs", [])] if isinstance(job.get("needs"), str) else job.get("needs", [])
        ) <= set(workflow["jobs"])
    scripts = set(re.findall(r"\b((?:tools|packaging)/[\w./-]+)", text))
    assert {"tools/windows-package", "packaging/fill.py", "packaging/debian/build"} <= scripts
    assert all((TOP / each).exists() for each in scripts)
    assert all((TOP / each).exists() for each in re.findall(r"--requirement (\S+)", text))


def test_the_freezer_is_pinned_apart():
    """PyInstaller is no dependency of anybody but of who makes the Windows executable."""
    settings = tomllib.loads((TOP / "pyproject.toml").read_text())
    assert settings["dependency-groups"]["freeze"] == ["pyinstaller"]
    assert "pyinstaller" not in (TOP / "requirements.txt").read_text()
    assert "pyinstaller" not in (TOP / "requirements-dev.txt").read_text()
