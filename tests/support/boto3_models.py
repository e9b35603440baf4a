# SPDX-License-Identifier: MIT
# boto3's models of AWS as the referee between hilum and the fake: boto3_models.py FILE, a line of JSON for each exchange,
# {service, method, path, query, target, body, status, answer, error}. Every field that was sent or came back has to be one that AWS
# knows, of its type and within its bounds, nothing that AWS demands may be missing, and errors must be those of the operation. Prints
# the operations that were seen, and what is wrong, as one line of JSON.
import json
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.session

# By the name that requests are signed for.
SERVICES = {"aoss": ["opensearchserverless"], "bedrock": ["bedrock", "bedrock-runtime"], "iam": ["iam"], "sagemaker": ["sagemaker"],
            "scheduler": ["scheduler"], "servicequotas": ["service-quotas"], "sts": ["sts"]}
# What is newer than some boto3: the generations of collections (May 2026), and that capacity may go down to nothing.
NEWER = {"generation", "minIndexingCapacityInOCU", "minSearchCapacityInOCU"}
# Errors that every operation may end in, whether its model lists them or not.
COMMON = {"AccessDenied", "AccessDeniedException", "InternalFailure", "InternalServerException", "InternalError", "ServiceFailure",
          "ServiceUnavailable", "ServiceUnavailableException", "Throttling", "ThrottlingException", "ValidationError", "ValidationException"}
NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float)}

session = botocore.session.get_session()
models = {name: [session.get_service_model(one) for one in list_of] for name, list_of in SERVICES.items()}


class Judge:
    """What is wrong with one message, by the place in it."""

    def __init__(self, protocol):
        self.problems = []
        self.dates = "iso8601" if protocol == "query" else None

    def note(self, place, what):
        self.problems.append(f"{place} {what}")

    def structure(self, shape, value, place, only=None):
        if not isinstance(value, dict):
            return self.note(place, f"is no object: {value!r}")
        members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
                   if only is None or only(member)}
        value = {name: item for name, item in value.items() if name not in NEWER}
        for name in value:
            if name not in members:
                self.note(place, f"has a field {name} that AWS does not know")
        for wire, (name, member) in members.items():
            if value.get(wire) is not None:
                self.check(member, value[wire], f"{place}.{wire}")
            elif name in shape.required_members:
                self.note(place, f"lacks {wire}")

    def bounds(self, shape, size, place):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and size < low or high is not None and size > high:
            self.note(place, f"is out of bounds: {size} in {low}..{high}")

    def string(self, shape, value, place):
        if not isinstance(value, str):
            return self.note(place, f"is no text: {value!r}")
        self.bounds(shape, len(value), place)
        if getattr(shape, "enum", None) and value not in shape.enum:
            self.note(place, f"is none of {shape.enum}: {value}")
        pattern = shape.metadata.get("pattern")
        if pattern and not matches(pattern, value):
            self.note(place, f"does not match {pattern}: {value}")

    def timestamp(self, shape, value, place):
        style = shape.serialization.get("timestampFormat", self.dates)
        if style == "iso8601" and not (isinstance(value, str) and re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", value)):
            self.note(place, f"is no date: {value!r}")
        if style is None and not isinstance(value, (int, float)):
            self.note(place, f"is no number of seconds: {value!r}")

    def check(self, shape, value, place):
        kind = shape.type_name
        if kind == "structure":
            if not getattr(shape, "is_document_type", False):
                self.structure(shape, value, place)
        elif kind == "list":
            if not isinstance(value, list):
                return self.note(place, f"is no list: {value!r}")
            self.bounds(shape, len(value), place)
            for i, item in enumerate(value):
                self.check(shape.member, item, f"{place}[{i}]")
        elif kind == "map":
            for key, item in value.items():
                self.check(shape.key, key, f"{place}.key")
                self.check(shape.value, item, f"{place}.{key}")
        elif kind == "string":
            self.string(shape, value, place)
        elif kind == "boolean":
            if not isinstance(value, bool):
                self.note(place, f"is neither true nor false: {value!r}")
        elif kind == "timestamp":
            self.timestamp(shape, value, place)
        elif kind in NUMBERS:
            if isinstance(value, bool) or not isinstance(value, NUMBERS[kind]):
                return self.note(place, f"is no {kind}: {value!r}")
            self.bounds(shape, value, place)


def matches(pattern, value):
    try:
        return re.search(pattern, value) is not None
    except re.error:  # one of another dialect
        return True


def in_body(member):
    return not member.serialization.get("location")


# Which operation an exchange is.

def template(uri):
    path = uri.split("?")[0].rstrip("/") or "/"
    return re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "/?$")


def operation_of(exchange):
    for model in models[exchange["service"]]:
        protocol = model.metadata["protocol"]
        if protocol == "json":
            return model.operation_model(exchange["target"].split(".")[-1])
        if protocol == "query":
            return model.operation_model(dict(urllib.parse.parse_qsl(exchange["body"]))["Action"])
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.http["method"] == exchange["method"] and template(operation.http["requestUri"]).match(exchange["path"]):
                return operation
    raise LookupError(f"{exchange['service']}: no operation for {exchange['method']} {exchange['path']}")


# Requests.

def unflatten(form):
    """Tags.member.1.Key=a to {"Tags": [{"Key": "a"}]}."""
    tree = {}
    for name, value in urllib.parse.parse_qsl(form, keep_blank_values=True):
        at, steps = tree, name.split(".")
        for step in steps[:-1]:
            at = at.setdefault(step, {})
        at[steps[-1]] = value

    def lists(node):
        if not isinstance(node, dict):
            return node
        if set(node) == {"member"}:
            return [lists(node["member"][key]) for key in sorted(node["member"], key=int)]
        return {key: lists(value) for key, value in node.items()}
    return lists(tree)


def typed(shape, value):
    """The texts of a form or of XML as what they stand for."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        return {k: typed(members[k], v) if k in members else v for k, v in value.items()}
    if kind == "list" and isinstance(value, list):
        return [typed(shape.member, item) for item in value]
    if kind in ("integer", "long"):
        return int(value)
    if kind == "boolean":
        return value == "true"
    return value


def judge_request(judge, operation, exchange):
    shape, protocol = operation.input_shape, operation.service_model.metadata["protocol"]
    if shape is None:
        return
    if protocol == "query":
        sent = {k: v for k, v in unflatten(exchange["body"]).items() if k not in ("Action", "Version")}
        return judge.structure(shape, typed(shape, sent), "request")
    if shape.serialization.get("payload"):
        return
    judge.structure(shape, json.loads(exchange["body"] or "{}"), "request", in_body)
    query = {m.serialization.get("name", n): m for n, m in shape.members.items() if m.serialization.get("location") == "querystring"}
    for name, value in urllib.parse.parse_qsl(exchange["query"]):
        if name not in query:
            judge.note("query", f"has a field {name} that AWS does not know")
        else:
            judge.check(query[name], typed(query[name], value), f"query.{name}")


# Answers.

def of_xml(shape, element):
    kind = shape.type_name
    if kind == "structure":
        members = {m.serialization.get("name", n): m for n, m in shape.members.items()}
        return {tag(child): of_xml(members[tag(child)], child) if tag(child) in members else child.text for child in element}
    if kind == "list":
        return [of_xml(shape.member, child) for child in element]
    return typed(shape, element.text or "")


def tag(element):
    return element.tag.split("}")[-1]


def judge_answer(judge, operation, exchange):
    shape, protocol = operation.output_shape, operation.service_model.metadata["protocol"]
    if shape is None or shape.serialization.get("payload"):
        return
    if protocol == "query":
        result = ElementTree.fromstring(exchange["answer"]).find(".//{*}" + operation.output_shape.serialization["resultWrapper"])
        value = of_xml(shape, result if result is not None else ElementTree.Element("none"))
    else:
        value = json.loads(exchange["answer"] or "{}")
    judge.structure(shape, value, "answer", in_body)


def judge_error(judge, operation, exchange):
    known = {shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes} | {
        shape.name for shape in operation.error_shapes} | COMMON
    answer = exchange["answer"]
    if operation.service_model.metadata["protocol"] == "query":
        code = ElementTree.fromstring(answer).findtext(".//{*}Code")
    else:
        code = (exchange.get("error") or json.loads(answer).get("__type", "")).split("#")[-1].split(":")[0]
    if code not in known:
        judge.note("error", f"{code} is none of this operation")


seen, wrong = {}, {}
for line in open(sys.argv[1], encoding="utf-8"):
    exchange = json.loads(line)
    operation = operation_of(exchange)
    judge = Judge(operation.service_model.metadata["protocol"])
    judge_request(judge, operation, exchange)
    (judge_answer if exchange["status"] < 300 else judge_error)(judge, operation, exchange)
    seen[operation.name] = seen.get(operation.name, 0) + 1
    for problem in judge.problems:
        wrong[f"{exchange['service']} {operation.name}: {problem}"[:300]] = True
print(json.dumps({"seen": seen, "wrong": sorted(wrong)}))
