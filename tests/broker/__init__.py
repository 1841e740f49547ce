"""A Kafka for the tests: the first kind that is there, told apart by how real it is.

python -m tests.broker          start one outside pytest, print its address, end it on Ctrl-C
SLAMON_TEST_BOOTSTRAP=host:port use that one
SLAMON_TEST_BROKER=KIND         force one of docker, maven, embedded (given: by the variable above)
"""

from tests.broker.choose import chosen_broker
from tests.broker.model import Broker, BrokerUnavailable

__all__ = ["Broker", "BrokerUnavailable", "chosen_broker"]
