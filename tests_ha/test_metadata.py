"""What Home Assistant's own checks (hassfest, HACS) would look at; they can't be run without the network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.util import yaml as yaml_util

from custom_components.proxbalance import binary_sensor, button, event, issues, sensor, services
from custom_components.proxbalance.config_flow import ProxBalanceConfigFlow

ROOT = Path(__file__).parents[1]
HERE = ROOT / "custom_components" / "proxbalance"
LANGUAGES = ("en", "de")
NOT_TRANSLATED = {"state", "unit_of_measurement"}


def read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def translation(language: str) -> Any:
    return read(f"translations/{language}.json")


def flat(tree: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every text by its path."""
    if isinstance(tree, str):
        return {path: tree}
    return {key: text for name, part in tree.items() for key, text in flat(part, (*path, name)).items()}


def test_the_manifest() -> None:
    told = read("manifest.json")
    keys = list(told)
    assert keys[:2] == ["domain", "name"] and keys[2:] == sorted(keys[2:])
    assert told["domain"] == "proxbalance" != "proxmoxve"
    assert told["requirements"] == [] and told["config_flow"] is True
    assert (told["integration_type"], told["iot_class"]) == ("hub", "local_polling")
    assert all(owner.startswith("@") for owner in told["codeowners"]) and told["codeowners"]
    assert told["documentation"].startswith("https://") and told["issue_tracker"].startswith("https://")
    core = (ROOT / "proxbalance_core" / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{told["version"]}"' in core


def test_hacs() -> None:
    told = json.loads((ROOT / "hacs.json").read_text(encoding="utf-8"))
    assert told["homeassistant"] == "2025.4.0" and told["name"] == read("manifest.json")["name"]


def test_every_language_says_the_same_things() -> None:
    english = flat(translation("en"))
    for language in LANGUAGES[1:]:
        other = flat(translation(language))
        assert other.keys() == english.keys()
        for path, text in english.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", other[path])), path
            assert other[path].strip() == other[path] != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entity_has_a_name_and_an_icon(language: str) -> None:
    named, drawn = translation(language)["entity"], read("icons.json")["entity"]
    kinds: dict[str, list[Any]] = {
        "sensor": [*sensor.CLUSTER, *sensor.NODE],
        "binary_sensor": [*binary_sensor.CLUSTER, *binary_sensor.NODE],
        "button": list(button.BUTTONS),
        "event": [event.ADVICE],
    }
    for kind, descriptions in kinds.items():
        keys = {one.translation_key for one in descriptions}
        assert keys == named[kind].keys()
        assert len({told["name"] for told in named[kind].values()}) >= len(named[kind]) - 1
        without = {one.translation_key for one in descriptions if one.device_class is None} - drawn[kind].keys()
        assert without == set(), "no icon, and no device class that has one"
        assert drawn[kind].keys() <= keys
        for one in descriptions:
            unit = named[kind][one.translation_key].get("unit_of_measurement")
            assert unit is None or getattr(one, "native_unit_of_measurement", None) is None
    assert named["sensor"]["urgency"]["state"].keys() == set(sensor.URGENCIES)
    told = named["event"]["advice"]["state_attributes"]["event_type"]["state"]
    assert told.keys() == set(event.ADVICE.event_types)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_action_is_described(language: str) -> None:
    fields = yaml_util.load_yaml_dict(HERE / "services.yaml")
    named, drawn = translation(language)["services"], read("icons.json")["services"]
    assert fields.keys() == named.keys() == drawn.keys() == services.ACTIONS.keys()
    for action, (_, schema, _) in services.ACTIONS.items():
        keys = {str(key): key for key in schema}
        assert keys.keys() == fields[action]["fields"].keys() == named[action]["fields"].keys()
        for name, field in fields[action]["fields"].items():
            assert field.get("required", False) == (type(keys[name]).__name__ == "Required"), (action, name)
            default = keys[name].default() if callable(getattr(keys[name], "default", None)) else None
            assert field.get("default") == default, (action, name)
    selectors = translation(language)["selector"]
    assert selectors["risk"]["options"].keys() == {"low", "moderate", "high", "very_high"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_and_issue_is_translated(language: str) -> None:
    told = translation(language)
    source = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("*.py"))
    keys = set(re.findall(r'translation_key="(\w+)"', source)) & told["exceptions"].keys()
    keyed = {"cannot_connect", "scope_missing", "token_refused", "refused"}
    assert told["exceptions"].keys() == keys | keyed
    assert told["issues"].keys() == {
        issues.API_TOO_OLD, issues.SCOPE_MISSING, issues.COLLECTOR_STOPPED, issues.NODE_GONE,
    }  # fmt: skip
    flow = (HERE / "config_flow.py").read_text(encoding="utf-8")
    errors = set(re.findall(r'(?:CONF_URL|CONF_TOKEN|"base"): "(\w+)"', flow)) | {"wrong_host", "no_proxbalance"}
    assert told["config"]["error"].keys() == errors
    steps = {name.removeprefix("async_step_") for name in vars(ProxBalanceConfigFlow) if name.startswith("async_step_")}
    assert told["config"]["step"].keys() == steps - {"reauth"}


def test_the_quality_scale_is_one_of_home_assistants() -> None:
    rules = yaml.safe_load((HERE / "quality_scale.yaml").read_text(encoding="utf-8"))["rules"]
    assert len(rules) == 52
    for name, told in rules.items():
        assert told == "done" or (told["status"] in ("todo", "exempt") and told["comment"]), name
    # What is said to be done has its proof here.
    for name, file in (
        ("diagnostics", "diagnostics.py"),
        ("repair-issues", "issues.py"),
        ("action-setup", "services.py"),
    ):
        assert rules[name] == "done" and (HERE / file).exists()
    for module in (sensor, binary_sensor, button, event):
        assert isinstance(module.PARALLEL_UPDATES, int)


@pytest.mark.parametrize("path", sorted((ROOT / "blueprints").rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_blueprint_is_one(path: Path) -> None:
    told = BLUEPRINT_SCHEMA(yaml_util.load_yaml_dict(path))
    assert told["blueprint"]["homeassistant"]["min_version"] == "2025.4.0"


def test_the_icon_is_square() -> None:
    head = (HERE / "brand" / "icon.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20]) == int.from_bytes(head[20:24]) == 256
