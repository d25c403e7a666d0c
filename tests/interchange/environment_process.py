"""Stands in for the process that runs beancount, and answers with the names in its environment."""

import json
import os

print(json.dumps({"refusal": {"message": " ".join(os.environ), "line": None, "code": "invalid_request"}}))
