"""What an auditor may read at present, and by which written act."""

from dataclasses import dataclass

AUDITOR = "auditor"
"""The post that counts only while a mandate is in force."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """Only these units and workflows (empty: all of them); `private` says whether what is declared private is read as well."""

    id: str
    act: str
    units: frozenset[str] = frozenset()
    workflows: frozenset[str] = frozenset()
    private: bool = True

    @property
    def narrow(self) -> bool:
        return bool(self.units or self.workflows)
