"""Break each guard of the request session once, in a copy of the project, and see its tests go red.

A test that cannot fail proves nothing. `make guards` breaks one mechanism after another, as `table.py` lists
them by invariant, and runs the tests that must notice. The checkout itself is never touched.
"""
