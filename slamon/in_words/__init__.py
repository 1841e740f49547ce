"""What was promised, in sentences a customer's manager reads. Knows the rules, and nothing of files or streams."""

from slamon.in_words.chosen import known_customers
from slamon.in_words.page import policy_in_words, promises_in_words

__all__ = ["known_customers", "policy_in_words", "promises_in_words"]
