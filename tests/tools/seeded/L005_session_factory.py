"""A second place that makes sessions."""

import sqlalchemy.orm as orm
from sqlalchemy.ext.asyncio import (
    async_scoped_session,  # bites
    async_sessionmaker,  # bites
)
from sqlalchemy.orm import scoped_session  # bites
from sqlalchemy.orm import sessionmaker as make  # bites

factories = (scoped_session, make, async_sessionmaker, async_scoped_session)
factory = orm.sessionmaker()  # bites
