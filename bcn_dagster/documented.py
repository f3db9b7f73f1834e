"""Fields of ``defs.yaml`` that say what they mean where people look for it: in the UI, in ``dg``, in an editor."""

import dagster as dg
from pydantic import BaseModel


class Documented(dg.Model, dg.Resolvable):
    """What is written in ``defs.yaml``."""

    @classmethod
    def model(cls) -> type[BaseModel]:
        """The schema of what is written: Dagster's own, which leaves the fields' descriptions out."""
        derived = super().model()
        silent = [name for name, field in derived.model_fields.items() if not field.description]
        for name in silent:
            derived.model_fields[name].description = cls.model_fields[name].description
        if silent:
            derived.model_rebuild(force=True)
        return derived
