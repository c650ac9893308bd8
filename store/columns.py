"""What every table shares: the naming of constraints, the column of its domain, and that of its time."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def domain_column(*, primary_key: bool = False) -> Column[str]:
    """The domain that a row belongs to and goes with."""
    return Column(
        "domain_id", String, ForeignKey("domains.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key
    )


def created_column() -> Column[int]:
    """Unix time in seconds; for people only, no decision reads it."""
    return Column("created_at", Integer, nullable=False)
