"""The database: one unit of work a request, its repositories, and how an engine is opened."""

from workflow.persistence.engine import READING, configure, open_engine, open_owner_engine
from workflow.persistence.items import StoredItem
from workflow.persistence.unit_of_work import UnitOfWork

__all__ = ["READING", "StoredItem", "UnitOfWork", "configure", "open_engine", "open_owner_engine"]
