"""The driver's own connection."""

import sqlite3
from sqlite3 import connect as open_file

import psycopg
import psycopg_pool


def connections(path: str) -> None:
    sqlite3.connect(path)  # bites
    open_file(path)  # bites
    psycopg.connect(path)  # bites
    psycopg.Connection.connect(path)  # bites
    psycopg.AsyncConnection.connect(path)  # bites
    psycopg_pool.ConnectionPool(path)  # bites
    psycopg_pool.AsyncConnectionPool(path)  # bites
    sqlite3.Connection(path)  # bites
    creator = sqlite3.connect  # bites
    creator(path)
