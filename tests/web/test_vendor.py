"""The front-end files that we ship are the ones that vendor.json names."""

import hashlib
import json
import re
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[2] / "web" / "static" / "web" / "vendor"
LISTED = json.loads((VENDOR / "vendor.json").read_text())


def test_every_vendored_file_has_the_hash_that_vendor_json_names() -> None:
    for entry in LISTED:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"], entry[
            "file"
        ]
        assert entry["version"]
        assert entry["licence"]


def test_no_vendored_file_is_unlisted() -> None:
    found = {path.name for path in VENDOR.iterdir() if path.is_file()} - {"vendor.json"}
    assert found == {entry["file"] for entry in LISTED}


def test_every_icon_that_a_page_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "icons.svg").read_text()))
    web = VENDOR.parents[2]
    named = set()
    for template in (web / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([^"]+)"', template.read_text()))
        named |= set(re.findall(r'icon="([^"]+)"', template.read_text()))
    assert named - drawn == set()


def test_no_page_has_an_inline_script_style_or_handler() -> None:
    web = VENDOR.parents[2]
    for template in (web / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text), template
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), template
