"""JSON inside SQL: what databases spell differently, in one place."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement, KeyedColumnElement


def is_json(column: ColumnElement[object]) -> ColumnElement[bool]:
    """Return SQL that is true where a column holds JSON that can be read."""
    return sa.func.json_valid(column) == 1


def json_field(column: ColumnElement[object], name: str) -> ColumnElement[object]:
    """Return SQL for a field of an object; `name` must not hold a quotation mark."""
    return sa.func.json_extract(column, f'$."{name}"')


def json_list(column: ColumnElement[int]) -> ColumnElement[str]:
    """Return SQL that gathers the values of all rows in one, as a JSON list: many rows take three times as long."""
    return sa.func.json_group_array(column, type_=sa.String)


def json_items(parameter: str) -> KeyedColumnElement[object]:
    """Return the column of the values of a JSON list that is bound to a parameter of that name."""
    return sa.func.json_each(sa.bindparam(parameter, type_=sa.String)).table_valued("value").c.value
