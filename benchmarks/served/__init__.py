"""Applications served as processes of their own, and what asks them: the wall-clock part of the benchmarks.

`contenders` says how each is served, `process` starts and ends one, `stands` all of them. `client` asks the
`questions`, and `agreement` sees that all answer alike before anybody is measured.
"""
