"""How many cases each property is tried with.

HARBOR_DOCTOR_CASES is the sum over all properties, 10,000 by default; `SHARES` says how ten thousand are divided.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType

ALL = 10_000
SHARES: Mapping[str, int] = MappingProxyType(
    {
        # Secrets
        "test_any_secret_is_read_and_each_of_its_entries_gets_a_verdict": 1500,
        "test_any_secret_is_mended_or_left_and_its_password_is_shown_nowhere": 800,
        "test_any_pull_with_any_secrets_is_one_problem_that_can_be_shown": 700,
        # What a kubelet says
        "test_any_message_is_read_as_one_of_the_known_causes": 1500,
        "test_any_text_is_explained": 500,
        "test_any_pod_with_any_message_is_one_problem_that_can_be_shown": 1000,
        # What a registry answers
        "test_any_answers_of_a_registry_give_a_verdict_that_can_be_shown": 800,
        "test_any_challenge_and_any_body_are_read": 1700,
        # Commands that are printed
        "test_any_words_reach_a_command_as_they_were": 500,
        "test_any_advice_holds_no_command_but_ours_and_each_gets_its_words": 500,
        "test_any_steps_become_commands_that_get_their_words": 250,
        "test_any_request_becomes_a_curl_that_gets_its_words": 250,
    }
)


def cases_of(name: str) -> int:
    """Return with how many cases the property of this name is tried."""
    chosen = int(os.environ.get("HARBOR_DOCTOR_CASES") or ALL)
    return -(-SHARES[name] * chosen // ALL)
