"""One tree of errors, grouped by what a handler would do about them.

    BcnError                     exit 1   something failed
    +-- InvalidTableFile                  a metadata or Avro file of a table cannot be parsed
    +-- InvalidRequest           exit 2   change the command or the configuration
    +-- NotFound                 exit 3   name something that exists
    |   +-- ObjectMissing                 one object of a store is not there
    |   +-- SourceDamaged                 the source's pointer names files that are gone
    +-- Conflict                 exit 4   somebody or something is in the way
    |   +-- ObjectExists                  a create-only write found the key taken
    +-- SourceChanged            exit 5   the source moved on; run again          (retryable)
    +-- DamagedRepository        exit 6   what the repository holds is not what was written
    +-- UnsupportedFormat        exit 7   a format that this version does not handle
    +-- StorageFailure           exit 8   the store did not do it; run again      (retryable)
    |   +-- StorageRefused                the store will not do it: no rights, read-only
    |       +-- StorageFull               the store has no room left
    +-- FinishedWithProblems     exit 9   the run ended, with a part missing

Signals exit with 130 (interrupt) and 143 (terminate). Every other code means failure too.
The message says what happened and to what; the hint says what to do next.
"""

from typing import ClassVar


class BcnError(Exception):
    """Base of every error that BCN raises on purpose."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the hint when an executor pickles the error on its way to another process."""
        return (_rebuild, (type(self), self.message, self.hint))

    def __str__(self) -> str:
        return f"{self.message}\nHINT: {self.hint}" if self.hint else self.message


class InvalidTableFile(BcnError):
    """A metadata file, manifest list or manifest cannot be parsed; the caller knows whose damage that is."""


class InvalidRequest(BcnError):
    """The request cannot be carried out as it was asked."""

    exit_code = 2


class NotFound(BcnError):
    """Something that was named does not exist."""

    exit_code = 3


class ObjectMissing(NotFound):
    """A store has no object under a key."""


class SourceDamaged(NotFound):
    """A table's pointer stands still, yet files it needs are gone or unreadable."""


class Conflict(BcnError):
    """Something that exists already, or somebody at work, is in the way."""

    exit_code = 4


class ObjectExists(Conflict):
    """A create-only write found its key taken."""


class SourceChanged(BcnError):
    """The source moved on while it was being read, more often than the retries allow."""

    exit_code = 5
    retryable = True


class DamagedRepository(BcnError):
    """The repository holds something other than what was written."""

    exit_code = 6


class UnsupportedFormat(BcnError):
    """A document or a table is of a format that this version does not handle."""

    exit_code = 7


class StorageFailure(BcnError):
    """A store did not carry out a call; another try may succeed."""

    exit_code = 8
    retryable = True


class StorageRefused(StorageFailure):
    """A store will not carry out a call: no rights, no space, read-only."""

    retryable = False


class StorageFull(StorageRefused):
    """A store has no room for what is to be written."""


class FinishedWithProblems(BcnError):
    """The run came to its end, but a part of the work could not be done."""

    exit_code = 9


def _rebuild(kind: type[BcnError], message: str, hint: str) -> BcnError:
    return kind(message, hint=hint)
