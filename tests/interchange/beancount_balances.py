"""Print, as JSON, the units on every account as beancount's own loader computes them: a journal on stdin."""

import json
import sys

from beancount.core.convert import get_units
from beancount.core.data import Transaction
from beancount.core.inventory import Inventory
from beancount.loader import load_string

directives, errors, _ = load_string(sys.stdin.read())
if errors:
    sys.exit(str(errors[0]))
inventories: dict[str, Inventory] = {}
for directive in directives:
    if isinstance(directive, Transaction):
        for posting in directive.postings:
            inventories.setdefault(posting.account, Inventory()).add_position(posting)
balances = [
    (account, position.units.currency, f"{position.units.number:f}")
    for account, inventory in inventories.items()
    for position in inventory.reduce(get_units)
    if position.units.number
]
json.dump(balances, sys.stdout)
