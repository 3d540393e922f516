"""The description that a service serves of itself, read as data.

Owns references, examples, and whether an example fits its schema. Owns no points and no opinion on
what has to be described: that is the lab's. A document is the candidate's: any part of it may be
missing or of another type, and nothing here raises because of that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from referencing import Registry


def resolve(document: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """The schema that a reference within the document stands for; empty if there is none."""
    for _ in range(20):
        if not isinstance(schema, dict):
            return {}
        to = schema.get("$ref")
        if not isinstance(to, str):
            return schema
        schema = document
        for step in to.removeprefix("#/").split("/"):
            schema = schema.get(step.replace("~1", "/")) if isinstance(schema, dict) else None
    return {}


def examples(document: Mapping[str, Any], media: Any) -> Iterator[Any]:
    """The examples of a body: those of its media type, and those of its schema."""
    if not isinstance(media, dict):
        return
    named = media.get("examples")
    if isinstance(named, dict):
        for each in named.values():
            found = resolve(document, each)
            if "value" in found:
                yield found["value"]
    schema = resolve(document, media.get("schema"))
    listed = schema.get("examples")
    yield from listed if isinstance(listed, list) else []
    for holder in (media, schema):
        if "example" in holder:
            yield holder["example"]
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties:
        each_one = {
            name: list(_own_examples(resolve(document, p))) for name, p in properties.items()
        }
        if all(each_one.values()):
            yield {name: values[0] for name, values in each_one.items()}


def _own_examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    listed = schema.get("examples")
    yield from listed if isinstance(listed, list) else []
    if "example" in schema:
        yield schema["example"]


def fits(document: Mapping[str, Any], schema: Any, value: Any) -> bool:
    """Whether a value is valid by a schema of the document; a schema that is none fits nothing."""
    whole = {"allOf": [schema], "components": document.get("components", {})}
    try:
        # With a registry of its own it fetches nothing that a reference names.
        jsonschema.Draft202012Validator(whole, registry=Registry()).validate(value)
    except Exception:  # a schema is the candidate's: it may be anything, and refer to anything
        return False
    return True
