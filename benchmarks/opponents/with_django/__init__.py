"""Django with ATOMIC_REQUESTS: a project as `startproject` lays it out, its own ORM on the same tables."""
