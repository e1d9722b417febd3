"""Events as CloudTrail writes them, of signatures that the embedded KMS made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kmsjose.algorithms import by_name
from kmsjose.kms import SignatureRecord

CALLER = "arn:aws:sts::111122223333:assumed-role/signer/i-0123456789abcdef0"


def sign_event(record: SignatureRecord, **changes: Any) -> dict[str, Any]:
    """The Sign event of a record; a member that is changed to None is left out."""
    event = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "arn": CALLER, "accountId": "111122223333"},
        "eventTime": record.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "kms.amazonaws.com",
        "eventName": "Sign",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.7",
        "requestParameters": {
            "keyId": record.key_arn,
            "messageType": "DIGEST",
            "signingAlgorithm": by_name(record.alg).kms_algorithm,
        },
        "responseElements": None,
        "requestID": record.request_id,
        "eventID": f"event-of-{record.request_id}",
        "readOnly": True,
        "resources": [{"accountId": "111122223333", "type": "AWS::KMS::Key", "ARN": record.key_arn}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
    }
    return {name: value for name, value in {**event, **changes}.items() if value is not None}


def delivered(events: Iterable[object]) -> str:
    """As a file in S3 has them."""
    return json.dumps({"Records": list(events)}, separators=(",", ":"))


def looked_up(events: Iterable[dict[str, Any]]) -> str:
    """As ``aws cloudtrail lookup-events`` prints them."""
    entries = [
        {
            "EventId": event["eventID"],
            "EventName": event["eventName"],
            "ReadOnly": "true",
            "EventTime": event["eventTime"],
            "EventSource": event["eventSource"],
            "Resources": [],
            "CloudTrailEvent": json.dumps(event),
        }
        for event in events
    ]
    return json.dumps({"Events": entries, "NextToken": "more"}, indent=4)


def lines(events: Iterable[object]) -> str:
    """One event a line."""
    return "".join(json.dumps(event) + "\n" for event in events)
