"""Objects of the protocol as dataclasses: each field says by its type how it is read and written.

Promises: what is read has the type that its field says, or ValueError is raised. ``null`` is absence. What is absent
has the field's default; without one it is None where the type allows that, an absent list is empty, an absent bool is
False, and anything else must be there. What is absent is not written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

Self = TypeVar("Self", bound="Shape")


class Shape:
    """A dataclass of this base can be read from a frame, and written as one."""

    __slots__ = ()

    WIRE: ClassVar[Mapping[str, str]] = {}
    """Fields that have another name on the wire."""

    @classmethod
    def of(cls: type[Self], frame: Mapping[str, Any]) -> Self:
        """The object that a frame has."""
        return read(cls, frame)

    def write(self) -> dict[str, Any]:
        """The object as a frame has it."""
        values = ((wire, getattr(self, name)) for name, wire, _, _ in _plan(type(self)))
        return {
            wire: _written(value) for wire, value in values if value is not None and value != () and value is not False
        }


def read(cls: type[Self], frame: Mapping[str, Any]) -> Self:
    """The object of this kind that a frame has."""
    values: dict[str, Any] = {}
    for name, wire, of, absent in _plan(cls):
        value = frame.get(wire)
        values[name] = absent if value is None else of(value, wire)
        if values[name] is MISSING:
            raise ValueError(f"{wire} is missing")
    return cls(**values)


_Read: TypeAlias = Callable[[Any, str], Any]


_plans: dict[type[Shape], list[tuple[str, str, _Read, Any]]] = {}


def _plan(cls: type[Shape]) -> list[tuple[str, str, _Read, Any]]:
    """Of each field its name, its name on the wire, how it is read, and what it is when absent."""
    plan = _plans.get(cls)
    if plan is None:
        plan = _plans[cls] = _made(cls)
    return plan


def _made(cls: type[Shape]) -> list[tuple[str, str, _Read, Any]]:
    hints = get_type_hints(cls)
    plan = []
    for field in fields(cls):  # type: ignore[arg-type]
        kind = hints[field.name]
        absent = _absent(kind) if field.default is MISSING else field.default
        plan.append((field.name, cls.WIRE.get(field.name, field.name), _reader(kind), absent))
    return plan


def _absent(kind: Any) -> Any:
    if isinstance(kind, UnionType):
        return None
    if get_origin(kind) is tuple:
        return ()
    return False if kind is bool else MISSING


def _reader(kind: Any) -> _Read:
    if isinstance(kind, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    origin = get_origin(kind)
    if origin is tuple:
        return _list(_reader(get_args(kind)[0]))
    if origin is not None:
        kind = origin
    if issubclass(kind, Shape):
        return lambda value, name: kind.of(_exactly(dict, value, name))
    return lambda value, name: _exactly(kind, value, name)


def _list(read: _Read) -> _Read:
    return lambda value, name: tuple(read(item, name) for item in _exactly(list, value, name))


def _exactly(kind: type, value: Any, name: str) -> Any:
    # Of exactly this type: a bool is an int to Python.
    if type(value) is not kind:
        raise ValueError(f"{name} is no {kind.__name__}")
    return value


def _written(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    return value.write() if isinstance(value, Shape) else value
