"""The one answer to "what is this expression?"."""

from porter.source.values.engine import Knowledge, Values
from porter.source.values.family import Family
from porter.source.values.holders import Holders

__all__ = ["Family", "Holders", "Knowledge", "Values"]
