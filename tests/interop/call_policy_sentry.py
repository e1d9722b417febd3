"""What policy_sentry knows of the actions of a service.

stdin is the name of the service; stdout has, by action and kind of resource ("*" for none), the condition keys.
"""

from __future__ import annotations

import json
import sys

from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.arns import get_resource_type_name_with_raw_arn
from policy_sentry.querying.conditions import get_condition_keys_available_to_raw_arn


def facts(action: str, service: str) -> dict[str, list[str]]:
    """The condition keys of an action on each kind of resource."""
    rows = get_action_data(service, action.partition(":")[2])[service]
    of_action = {name for row in rows if row["resource_arn_format"] == "*" for name in row["condition_keys"]}
    formats = {row["resource_arn_format"] for row in rows} - {"*"}
    found = {
        get_resource_type_name_with_raw_arn(raw): sorted(of_action | set(get_condition_keys_available_to_raw_arn(raw)))
        for raw in formats
    }
    return found or {"*": sorted(of_action)}


told = json.load(sys.stdin)
json.dump({action: facts(action, told) for action in get_actions_for_service(told)}, sys.stdout)
