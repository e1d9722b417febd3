"""A KMS client that a policy stands before: each call is judged by the keys as they are at that moment.

AWS decides by the aliases and tags of a key, and so does this, by the evaluator of `tests.kms.iam`. AWS may take five
minutes until a change of them counts; `Guard.freeze` lets none count from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.kms.iam import Context, allows

_WITHOUT_RESOURCE = {"CreateKey", "ListKeys", "ListAliases"}
#: What a request tells of itself, by the parameter that has it.
_TOLD = {
    "SigningAlgorithm": "kms:SigningAlgorithm",
    "MessageType": "kms:MessageType",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
}
Question = tuple[str, str, Context]


class Guard:
    """Refuses what a policy does not allow; a principal that has this policy alone is behind the client.

    Attributes:
        allowed: The actions that were asked for and allowed.
        denied: Those that were asked for and denied.
    """

    def __init__(self, client: Any, document: Any, root: Any) -> None:
        """Stand before a client.

        Args:
            client: Of the embedded KMS.
            document: The whole IAM policy, as it is.
            root: Another client of the same keys, that nothing stands before.
        """
        self.allowed: set[str] = set()
        self.denied: set[str] = set()
        self._document = document
        self._root = root
        self._frozen: dict[str, Context] | None = None
        client.meta.events.register("before-parameter-build.kms", self._judge)

    def freeze(self) -> None:
        """Judge by the aliases and tags that keys have now; by those of its making, if a key is made from now on."""
        self._frozen = {str(key["KeyArn"]): self._key(str(key["KeyArn"])) for key in self._all_keys()}

    def _judge(self, params: dict[str, Any], model: Any, **_told: object) -> None:
        for action, resource, context in self._questions(model.name, params):
            if not allows(self._document, f"kms:{action}", resource, context):
                self.denied.add(action)
                answer = {"Error": {"Code": "AccessDeniedException", "Message": f"{action} on {resource}, {context}"}}
                raise ClientError(answer, model.name)
            self.allowed.add(action)

    def _questions(self, operation: str, params: dict[str, Any]) -> Iterator[Question]:
        request = _of_request(params)
        if operation in _WITHOUT_RESOURCE:
            kind = {f"kms:{name}": params[name] for name in ("KeySpec", "KeyUsage") if name in params}
            yield operation, "*", {**request, **kind}
            if params.get("Tags"):
                yield "TagResource", self._place("key/that-is-being-made"), request
            return
        if "AliasName" in params:
            yield operation, self._place(params["AliasName"]), {}
        named = {params.get(name) for name in ("KeyId", "TargetKeyId")} - {None}
        if operation in ("UpdateAlias", "DeleteAlias"):
            named.add(params["AliasName"])  # The key that has the name asks too.
        for name in named:
            arn = self._arn(name)
            if arn is not None:
                yield operation, arn, {**self._known(arn), **request}

    def _known(self, arn: str) -> Context:
        if self._frozen is None:
            return self._key(arn)
        # What is made while nothing counts has the tags that it was made with.
        return self._frozen.setdefault(arn, self._key(arn))

    def _key(self, arn: str) -> Context:
        metadata = self._root.describe_key(KeyId=arn)["KeyMetadata"]
        context: dict[str, str | list[str]] = {"kms:KeySpec": metadata["KeySpec"], "kms:KeyUsage": metadata["KeyUsage"]}
        for tag in self._root.list_resource_tags(KeyId=arn)["Tags"]:
            context[f"aws:ResourceTag/{tag['TagKey']}"] = tag["TagValue"]
        aliases = [alias["AliasName"] for alias in self._root.list_aliases(KeyId=arn)["Aliases"]]
        return {**context, "kms:ResourceAliases": aliases} if aliases else context

    def _arn(self, name: str) -> str | None:
        """The ARN of the key that a name stands for; where there is none, AWS says that before it judges."""
        try:
            return str(self._root.describe_key(KeyId=name)["KeyMetadata"]["Arn"])
        except self._root.exceptions.NotFoundException:
            return None

    def _place(self, resource: str) -> str:
        return f"arn:aws:kms:{self._root.meta.region_name}:111122223333:{resource}"

    def _all_keys(self) -> Iterator[dict[str, Any]]:
        for page in self._root.get_paginator("list_keys").paginate():
            yield from page["Keys"]


def _of_request(params: dict[str, Any]) -> dict[str, str | list[str]]:
    told: dict[str, str | list[str]] = {key: str(params[name]) for name, key in _TOLD.items() if name in params}
    tags = {tag["TagKey"]: tag["TagValue"] for tag in params.get("Tags", ())}
    told |= {f"aws:RequestTag/{name}": value for name, value in tags.items()}
    names = [*tags, *params.get("TagKeys", ())]
    return {**told, "aws:TagKeys": names} if names else told
