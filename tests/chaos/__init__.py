"""The bank test: real servers are killed under load, and afterwards every cent must be where the answers say.

`python -m tests.chaos` moves money between accounts over HTTP through two `pserve` processes on one database,
while a seeded plan ends servers, and PostgreSQL itself, with SIGKILL. The clients repeat each request with
the same idempotency key until it is answered. A second part ends servers with SIGTERM under the same load.
What the clients were told is then compared with what the tables hold, on a connection of its own. The tests
beside it run within seconds: a termination with one write in flight, and a checker that must find faults.
"""
