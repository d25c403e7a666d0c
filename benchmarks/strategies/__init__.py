"""Six ways to get a Session and to end it, put to the same work by the same measurements.

`sessions` holds the ways, `app` the work, `site` serves one way on one fresh database. A measurement is a
module of its own; `measure` runs them all and `page` and `plot` show what came out.
"""
