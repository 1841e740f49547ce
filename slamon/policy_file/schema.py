"""Writes the shipped JSON Schema: `python -m slamon.policy_file.schema`, after any change to the forms."""

from pathlib import Path

from slamon.policy_file.editors import text

SHIPPED = Path(__file__).with_name("schema.json")


if __name__ == "__main__":
    SHIPPED.write_text(text(), encoding="utf-8")
