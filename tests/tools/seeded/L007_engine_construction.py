"""An engine without the guards."""

import sqlalchemy as sa
from sqlalchemy import create_engine  # bites
from sqlalchemy import engine_from_config as from_config  # bites
from sqlalchemy.ext.asyncio import async_engine_from_config  # bites
from sqlalchemy.ext.asyncio import create_async_engine  # bites

made = (create_engine, from_config, async_engine_from_config, create_async_engine)
engine = sa.create_engine("sqlite://")  # bites
