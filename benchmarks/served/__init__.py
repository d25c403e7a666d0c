"""Applications served as processes of their own, and what asks them: the wall-clock part of the benchmarks.

`contenders` says how each is served, `process` starts and ends it, `client` asks it, `agreement` sees that
all of them answer alike before anybody is measured.
"""
