from slamon.sla.policy import Policy


def policy_in_words(policy: Policy) -> str:
    return ""
