"""The same two tables, which Django is told to leave as they are."""

from __future__ import annotations

from django.db import models


class Account(models.Model):
    """An account."""

    balance = models.IntegerField()

    class Meta:
        managed = False
        db_table = "account"


class Note(models.Model):
    """A row that a request adds."""

    body = models.TextField(unique=True)

    class Meta:
        managed = False
        db_table = "note"
