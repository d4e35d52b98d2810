"""As much of JSON Schema as metrics/openapi.json uses; anything else in a schema is an error."""

TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "object": dict,
         "array": list, "null": type(None)}
KNOWN = {"type", "enum", "properties", "required", "additionalProperties", "items", "minimum",
         "maximum", "default", "description", "$ref"}


def resolve(thing, document):
    """What a `$ref` of the document refers to; anything else as it is."""
    if "$ref" not in thing:
        return thing
    target = document
    for step in thing["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return target


def check(value, schema, document, path="$"):
    """Raises AssertionError that names the place where the value does not fit."""
    unknown = set(schema) - KNOWN
    assert not unknown, f"{path}: the schema uses {unknown}"
    if "$ref" in schema:
        return check(value, resolve(schema, document), document, path)
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    fits = any(isinstance(value, TYPES[t]) and (t == "boolean" or not isinstance(value, bool))
               for t in types)
    assert fits, f"{path}: {value!r} is not {types}"
    if value is None:
        return None
    assert "enum" not in schema or value in schema["enum"], f"{path}: {value!r} is not allowed"
    assert "minimum" not in schema or value >= schema["minimum"], f"{path}: {value!r} is too small"
    assert "maximum" not in schema or value <= schema["maximum"], f"{path}: {value!r} is too large"
    if isinstance(value, dict):
        check_object(value, schema, document, path)
    if isinstance(value, list):
        for index, item in enumerate(value):
            check(item, schema["items"], document, f"{path}[{index}]")
    return None


def check_object(value, schema, document, path):
    properties = schema.get("properties", {})
    missing = set(schema.get("required", [])) - set(value)
    assert not missing, f"{path}: {missing} missing"
    for key, item in value.items():
        inner = properties.get(key, schema.get("additionalProperties", True))
        assert inner is not False, f"{path}: {key} is not described"
        if inner is not True:
            check(item, inner, document, f"{path}.{key}")
